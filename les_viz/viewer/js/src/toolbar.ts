// Buttons below the picture. What they change is a matter of looking, so it stays in the browser.
import { make } from "./dom.ts";
import { type Drawing, REPRESENTATIONS, type Representation } from "./representation.ts";

export type Direction = "a" | "b" | "c";

export interface ToolbarActions {
  represent(representation: Representation): void;
  toggleCell(): void;
  toggleWhole(): void;
  lookAlong(direction: Direction): void;
  reset(): void;
  savePicture(): void;
}

export class Toolbar {
  private readonly kinds = new Map<Representation, HTMLButtonElement>();
  private readonly cell: HTMLButtonElement;
  private readonly whole: HTMLButtonElement;
  private readonly directions = new Map<Direction, HTMLButtonElement>();

  constructor(parent: HTMLElement, actions: ToolbarActions) {
    const row = make("div", "les-tools", parent);
    row.setAttribute("role", "toolbar");
    row.setAttribute("aria-label", "Look of the structure");
    const button = (text: string, title: string, onClick: () => void) => {
      const element = make("button", "", row);
      element.type = "button";
      element.textContent = text;
      element.title = title;
      element.addEventListener("click", onClick);
      return element;
    };
    for (const { name, title } of REPRESENTATIONS)
      this.kinds.set(name, button(title, `Draw atoms as ${name.replaceAll("-", " ")}`, () => actions.represent(name)));
    make("span", "les-gap", row);
    this.cell = button("Cell", "Show or hide the cell", () => actions.toggleCell());
    this.whole = button("Whole", "Draw molecules whole and inside the cell, or atoms where the file has them", () =>
      actions.toggleWhole(),
    );
    for (const name of ["a", "b", "c"] as const)
      this.directions.set(name, button(name, `Look along ${name}`, () => actions.lookAlong(name)));
    button("Reset", "Show the whole structure again", () => actions.reset());
    button("PNG", "Save this picture", () => actions.savePicture());
  }

  show({ representation, showCell, isWhole }: Drawing, hasCell: boolean): void {
    for (const [name, button] of this.kinds) button.setAttribute("aria-pressed", String(name === representation));
    this.cell.setAttribute("aria-pressed", String(showCell));
    this.whole.setAttribute("aria-pressed", String(isWhole));
    for (const button of [this.cell, this.whole]) button.classList.toggle("les-hidden", !hasCell);
    const names = hasCell ? ["a", "b", "c"] : ["x", "y", "z"];
    [...this.directions.values()].forEach((button, i) => {
      button.textContent = names[i]!;
      button.title = `Look along ${names[i]!}`;
    });
  }
}
