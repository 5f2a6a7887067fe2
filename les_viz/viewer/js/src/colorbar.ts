// The colour bar: what the colours mean, with the unit. The scale is symmetric about zero; one side is shown where no
// value lies on the other.
import { cssGradient, shownPart } from "./colormap.ts";
import { make } from "./dom.ts";
import { digitsFor, signed } from "./format.ts";
import type { Scene } from "./scene.ts";

export class Colorbar {
  private readonly panel: HTMLElement;
  private readonly title: HTMLElement;
  private readonly ramp: HTMLElement;
  private readonly ticks: HTMLElement[];

  constructor(parent: HTMLElement) {
    this.panel = make("div", "les-panel les-bar", parent);
    this.panel.setAttribute("role", "img");
    this.title = make("div", "les-bar-title", this.panel);
    this.ramp = make("div", "les-bar-ramp", this.panel);
    const row = make("div", "les-bar-ticks", this.panel);
    this.ticks = [0, 1, 2].map(() => make("span", "", row));
  }

  show(scene: Scene): void {
    this.panel.classList.toggle("les-hidden", scene.values === null);
    const digits = digitsFor(scene.limit);
    const title = captionOf(scene);
    this.title.textContent = title;
    const part = shownPart(scene.values);
    this.ramp.style.background = cssGradient(part);
    const middle = (part[0] + part[1]) / 2;
    const words = [part[0], middle, part[1]].map((at) => signed(at * scene.limit, at === 0 ? 0 : digits));
    words.forEach((text, i) => (this.ticks[i]!.textContent = text));
    const named = [part[0], part[1]].map((at) => `${signed(at * scene.limit, at === 0 ? 0 : digits)} (${nameOf(at)})`);
    this.panel.setAttribute("aria-label", `colours: ${title}, from ${named.join(middle === 0 ? " over 0 (white) to " : " to ")}`);
  }
}

const nameOf = (at: number): string => (at < 0 ? "blue" : at > 0 ? "red" : "white");

export const captionOf = (scene: Scene): string => (scene.unit === "" ? scene.label : `${scene.label} (${scene.unit})`);
