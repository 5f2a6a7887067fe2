// The ring around the picked atom: drawn above the picture, so that no other atom hides it.
import { type Vector, type View, projectedRadius, project } from "./camera.ts";
import { makeSvg } from "./dom.ts";

export class Mark {
  private readonly svg: SVGElement;
  private readonly rings: SVGElement[];

  constructor(parent: HTMLElement) {
    this.svg = makeSvg("svg", { class: "les-mark", width: "100%", height: "100%", "aria-hidden": "true" }, parent);
    this.rings = ["les-ring-edge", "les-ring"].map((name) => makeSvg("circle", { class: name }, this.svg));
  }

  hide(): void {
    this.svg.classList.add("les-hidden");
  }

  /** Circle a ball of this radius at this place, seen in a window of this size in pixels. */
  circle(view: View, place: Vector, radius: number, window: { width: number; height: number }): void {
    this.svg.classList.remove("les-hidden");
    const { x, y } = project(view, window.width / Math.max(1, window.height), place);
    const size = projectedRadius(view, place, radius) * (window.height / 2) + 3;
    for (const ring of this.rings) {
      ring.setAttribute("cx", `${((x + 1) / 2) * window.width}`);
      ring.setAttribute("cy", `${((1 - y) / 2) * window.height}`);
      ring.setAttribute("r", `${size}`);
    }
  }
}
