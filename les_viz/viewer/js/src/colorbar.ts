// The colour bar: what the colours mean, symmetric about zero, with the unit.
import { cssGradient } from "./colormap.ts";
import { make } from "./dom.ts";
import { digitsFor, signed } from "./format.ts";
import type { Scene } from "./scene.ts";

export class Colorbar {
  private readonly panel: HTMLElement;
  private readonly title: HTMLElement;
  private readonly ticks: HTMLElement[];

  constructor(parent: HTMLElement) {
    this.panel = make("div", "les-panel les-bar", parent);
    this.panel.setAttribute("role", "img");
    this.title = make("div", "les-bar-title", this.panel);
    make("div", "les-bar-ramp", this.panel).style.background = cssGradient();
    const row = make("div", "les-bar-ticks", this.panel);
    this.ticks = [0, 1, 2].map(() => make("span", "", row));
  }

  show(scene: Scene): void {
    this.panel.classList.toggle("les-hidden", scene.values === null);
    const digits = digitsFor(scene.limit);
    const title = captionOf(scene);
    this.title.textContent = title;
    [-scene.limit, 0, scene.limit].forEach((value, i) => (this.ticks[i]!.textContent = signed(value, i === 1 ? 0 : digits)));
    this.panel.setAttribute(
      "aria-label",
      `colours: ${title}, from ${signed(-scene.limit, digits)} (blue) over 0 (white) to ${signed(scene.limit, digits)} (red)`,
    );
  }
}

export const captionOf = (scene: Scene): string => (scene.unit === "" ? scene.label : `${scene.label} (${scene.unit})`);
