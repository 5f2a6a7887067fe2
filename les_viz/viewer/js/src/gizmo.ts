// The axes in the corner: lattice vectors a, b, c of a crystal, x, y, z of a molecule.
import { type Quaternion, rotate } from "./camera.ts";
import { makeSvg } from "./dom.ts";
import { type Vector, unit } from "./vectors.ts";

const SIZE = 76;
const REACH = 25;
const COLOURS = ["#c0392b", "#2e8b57", "#3b6fd4"];

export class Gizmo {
  private readonly svg: SVGElement;
  private axes: Vector[] = [];
  private names = "xyz";
  private drawn = "";

  constructor(parent: HTMLElement) {
    this.svg = makeSvg("svg", { class: "les-gizmo", width: `${SIZE}`, height: `${SIZE}`, "aria-hidden": "true" }, parent);
  }

  setCell(cell: Float32Array | null): void {
    this.names = cell === null ? "xyz" : "abc";
    const rows = cell ?? Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    this.axes = [0, 3, 6].map((i) => unit([rows[i]!, rows[i + 1]!, rows[i + 2]!]));
  }

  turn(rotation: Quaternion): void {
    const key = `${rotation.join()} ${this.axes.join()} ${this.names}`;
    if (key === this.drawn) return;
    this.drawn = key;
    this.svg.replaceChildren();
    const turned = this.axes.map((axis, i) => ({ i, tip: rotate(rotation, axis) }));
    turned.sort((p, q) => p.tip[2] - q.tip[2]); // far ones first
    for (const { i, tip } of turned) this.drawAxis(COLOURS[i]!, this.names[i]!, tip);
  }

  private drawAxis(colour: string, name: string, tip: Vector): void {
    const middle = SIZE / 2;
    const end = (reach: number) => ({ x: `${middle + reach * tip[0]}`, y: `${middle - reach * tip[1]}` });
    const { x, y } = end(REACH);
    makeSvg("line", { x1: `${middle}`, y1: `${middle}`, x2: x, y2: y, stroke: colour, "stroke-width": "3" }, this.svg);
    const label = makeSvg("text", { ...end(REACH + 8), fill: colour }, this.svg);
    label.textContent = name;
  }
}
