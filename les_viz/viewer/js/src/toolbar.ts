// Buttons below the picture. What they change is a matter of looking, so it stays in the browser.
import { make } from "./dom.ts";
import { type Drawing, LABELS, PLACES, REPRESENTATIONS, SUPERCELLS } from "./representation.ts";

export type Direction = "a" | "b" | "c";

export interface ToolbarActions {
  redraw(change: Partial<Drawing>): void;
  toggleMeasuring(): void;
  toggleMoving(): void;
  lookAlong(direction: Direction): void;
  reset(): void;
  savePicture(): void;
}

/** What a click or a drag on an atom does. */
export interface Modes {
  isMeasuring: boolean;
  isMoving: boolean;
  canMove: boolean;
}

type Flag = "showCell" | "isOrthographic";

export class Toolbar {
  private readonly actions: ToolbarActions;
  readonly row: HTMLElement;
  private readonly kinds = new Map<string, HTMLButtonElement>();
  private readonly flags = new Map<Flag, HTMLButtonElement>();
  private readonly directions: HTMLButtonElement[];
  private readonly measure: HTMLButtonElement;
  private readonly move: HTMLButtonElement;
  private readonly labels: HTMLSelectElement;
  private readonly places: HTMLSelectElement;
  private readonly supercell: HTMLSelectElement;
  private drawing: Drawing | null = null;

  constructor(parent: HTMLElement, actions: ToolbarActions) {
    this.actions = actions;
    this.row = make("div", "les-tools", parent);
    this.row.setAttribute("role", "toolbar");
    this.row.setAttribute("aria-label", "Look of the structure");
    const atoms = make("div", "les-half", this.row); // a row of its own where both do not fit side by side
    const kinds = make("div", "les-joined", atoms);
    for (const { name, title } of REPRESENTATIONS)
      this.kinds.set(
        name,
        button(kinds, title, `Draw atoms as ${name.replaceAll("-", " ")}`, () => actions.redraw({ representation: name })),
      );
    this.labels = choice(atoms, "What is written at the atoms", LABELS.map(({ title }) => title), (i) =>
      actions.redraw({ labels: LABELS[i]!.name }),
    );
    this.measure = button(atoms, "Measure", "Click two, three or four atoms: distance, angle, dihedral (M)", () =>
      actions.toggleMeasuring(),
    );
    this.move = button(atoms, "Move", "Drag atoms with the mouse or a finger (V); or hold Alt while you drag", () =>
      actions.toggleMoving(),
    );
    const space = make("div", "les-half", this.row);
    this.flag(space, "showCell", "Cell", "Show or hide the cell");
    const where = "Where atoms are drawn: molecules whole, each atom inside the cell, or where the file has them";
    this.places = choice(space, where, PLACES.map(({ title }) => title), (i) => actions.redraw({ places: PLACES[i]!.name }));
    this.supercell = choice(space, "Repeat the cell", SUPERCELLS.map((n) => n.join("\u00d7")), (i) =>
      actions.redraw({ supercell: SUPERCELLS[i]! }),
    );
    const views = make("div", "les-joined", space);
    this.directions = (["a", "b", "c"] as const).map((name) => button(views, name, "", () => actions.lookAlong(name)));
    this.flag(space, "isOrthographic", "Flat", "Parallel lines stay parallel (O)");
    button(space, "Reset", "Show the whole structure again (R)", () => actions.reset());
    button(space, "PNG", "Save this picture", () => actions.savePicture());
  }

  show(drawing: Drawing, hasCell: boolean, { isMeasuring, isMoving, canMove }: Modes): void {
    this.drawing = drawing;
    this.row.classList.toggle("les-hidden", !drawing.hasToolbar);
    for (const [name, button] of this.kinds) press(button, name === drawing.representation);
    for (const [name, button] of this.flags) press(button, drawing[name]);
    press(this.measure, isMeasuring);
    press(this.move, isMoving);
    this.move.classList.toggle("les-hidden", !canMove);
    this.labels.selectedIndex = LABELS.findIndex(({ name }) => name === drawing.labels);
    this.supercell.selectedIndex = SUPERCELLS.findIndex((n) => n.join() === drawing.supercell.join());
    this.places.selectedIndex = PLACES.findIndex(({ name }) => name === drawing.places);
    for (const element of [this.flags.get("showCell")!, this.places, this.supercell])
      element.classList.toggle("les-hidden", !hasCell);
    this.directions.forEach((button, i) => {
      button.textContent = (hasCell ? "abc" : "xyz")[i]!;
      button.title = `Look along ${button.textContent} (${i + 1})`;
    });
  }

  private flag(parent: HTMLElement, name: Flag, text: string, title: string): void {
    const toggle = () => this.actions.redraw({ [name]: this.drawing?.[name] !== true });
    this.flags.set(name, button(parent, text, title, toggle));
  }
}

function button(parent: HTMLElement, text: string, title: string, onClick: () => void): HTMLButtonElement {
  const element = make("button", "", parent);
  element.type = "button";
  element.textContent = text;
  element.title = title;
  element.addEventListener("click", onClick);
  return element;
}

function choice(
  parent: HTMLElement,
  title: string,
  texts: readonly string[],
  onChoose: (index: number) => void,
): HTMLSelectElement {
  const element = make("select", "", parent);
  element.title = title;
  element.setAttribute("aria-label", title);
  for (const text of texts) make("option", "", element).textContent = text;
  element.addEventListener("change", () => onChoose(element.selectedIndex));
  return element;
}

const press = (button: HTMLElement, isOn: boolean): void => button.setAttribute("aria-pressed", String(isOn));
