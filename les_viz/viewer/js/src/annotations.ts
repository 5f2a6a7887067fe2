// What is painted over the picture: arrows of the whole, rings around selected atoms, labels, measured distances and
// angles. On a canvas of its own, so that no atom hides a ring and the picture that is saved shows it too.
import { type Eye, type Projected, project } from "./camera.ts";
import { make } from "./dom.ts";
import { digitsFor, signed } from "./format.ts";
import { describeMeasure } from "./measure.ts";
import { type Placed, placeOf } from "./placed.ts";
import type { Labels } from "./representation.ts";
import { symbolOf } from "./scene.ts";
import type { Theme } from "./theme.ts";
import { isOfWhole, paintArrow } from "./wholearrow.ts";

const GOLD = "#f5b400";
const MOST_LABELS = 1500;

export interface Annotated {
  placed: Placed;
  values: Float32Array | null;
  /** Of the atoms of one cell, as drawn. */
  radii: Float32Array;
  atoms: readonly number[];
  labels: Labels;
}

interface Spot extends Projected {
  /** Pixels. */
  left: number;
  top: number;
  radius: number;
}

export class Annotations {
  readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private isEmpty = true;
  private drawn = "";

  constructor(parent: HTMLElement) {
    this.canvas = make("canvas", "les-notes", parent);
    this.canvas.setAttribute("aria-hidden", "true");
    this.context = this.canvas.getContext("2d")!;
  }

  show(eye: Eye, size: { width: number; height: number }, theme: Theme, what: Annotated): void {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const arrows = what.placed.scene.arrows.filter(isOfWhole);
    const isAboutAtoms = what.atoms.length > 0 || what.labels !== "none";
    const hasNothing = !isAboutAtoms && arrows.length === 0;
    if (hasNothing && this.isEmpty) return;
    this.isEmpty = hasNothing;
    const drawn = isAboutAtoms ? "" : JSON.stringify([eye, size, ratio, theme, arrows]); // stays while atoms move
    if (drawn !== "" && drawn === this.drawn) return;
    this.drawn = drawn;
    this.canvas.classList.toggle("les-hidden", hasNothing); // a layer less to lay over each frame
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, size.width, size.height);
    for (const arrow of arrows) paintArrow(this.context, eye, size, arrow, theme.background);
    if (!isAboutAtoms) return;
    const spots = spotsOf(eye, size, what);
    if (what.labels !== "none") this.label(spots, theme, what);
    this.ring(spots, what);
    this.measure(spots, theme, what);
  }

  private ring(spots: Spot[], { placed, atoms }: Annotated): void {
    for (let image = 0; image < placed.images.length; image++)
      for (const atom of atoms) {
        const spot = spots[image * placed.count + atom]!;
        for (const [width, colour] of [[5, "#000a"], [3, GOLD]] as const) {
          this.context.lineWidth = width;
          this.context.strokeStyle = colour;
          this.context.beginPath();
          this.context.arc(spot.left, spot.top, spot.radius + 3, 0, 2 * Math.PI);
          this.context.stroke();
        }
      }
  }

  private label(spots: Spot[], theme: Theme, what: Annotated): void {
    const chosen = what.atoms.length > 0 && spots.length > MOST_LABELS ? what.atoms : spots.map((_, i) => i);
    const shown = visibleOf(spots, chosen.slice(0, MOST_LABELS));
    this.context.font = "600 12px system-ui, sans-serif";
    this.context.textAlign = "center";
    this.context.textBaseline = "middle";
    for (const i of shown) this.write(labelOf(what, i % what.placed.count), spots[i]!.left, spots[i]!.top, theme);
  }

  private measure(spots: Spot[], theme: Theme, { placed, atoms }: Annotated): void {
    const text = describeMeasure(atoms.slice(0, 5).map((atom) => placeOf(placed, atom)), placed.cell);
    if (text === null) return;
    const at = atoms.map((atom) => spots[atom]!);
    this.context.setLineDash([6, 4]);
    this.context.lineWidth = 2;
    this.context.strokeStyle = GOLD;
    this.context.beginPath();
    at.forEach(({ left, top }, i) => (i === 0 ? this.context.moveTo(left, top) : this.context.lineTo(left, top)));
    this.context.stroke();
    this.context.setLineDash([]);
    const middle = (key: "left" | "top") => at.reduce((sum, spot) => sum + spot[key], 0) / at.length;
    this.context.font = "600 14px system-ui, sans-serif";
    this.context.textAlign = "center";
    this.context.textBaseline = "bottom";
    this.write(text, middle("left"), middle("top") - 6, theme);
  }

  private write(text: string, left: number, top: number, theme: Theme): void {
    this.context.lineWidth = 3.5;
    this.context.lineJoin = "round";
    this.context.strokeStyle = theme.background;
    this.context.strokeText(text, left, top);
    this.context.fillStyle = theme.text;
    this.context.fillText(text, left, top);
  }
}

function labelOf({ placed, values, labels }: Annotated, atom: number): string {
  if (labels === "element") return symbolOf(placed.scene, atom);
  if (labels === "index" || values === null) return String(atom);
  return signed(values[atom]!, digitsFor(placed.scene.limit));
}

function spotsOf(eye: Eye, { width, height }: { width: number; height: number }, { placed, radii }: Annotated): Spot[] {
  return Array.from({ length: placed.positions.length / 3 }, (_, k) => {
    const seen = project(eye, [placed.positions[3 * k]!, placed.positions[3 * k + 1]!, placed.positions[3 * k + 2]!]);
    const radius = radii[k % placed.count]! * seen.scale * (height / 2);
    return { ...seen, left: ((seen.x + 1) / 2) * width, top: ((1 - seen.y) / 2) * height, radius };
  });
}

const BOX = 48; // pixels

/** Those of the chosen atoms whose middle no nearer atom hides. */
export function visibleOf(spots: readonly { left: number; top: number; radius: number; depth: number }[], chosen: readonly number[]): number[] {
  const boxes = new Map<string, number[]>();
  const boxOf = (x: number) => Math.floor(x / BOX);
  spots.forEach(({ left, top, radius }, i) => {
    for (let x = boxOf(left - radius); x <= boxOf(left + radius); x++)
      for (let y = boxOf(top - radius); y <= boxOf(top + radius); y++) {
        const members = boxes.get(`${x},${y}`);
        if (members === undefined) boxes.set(`${x},${y}`, [i]);
        else members.push(i);
      }
  });
  return chosen.filter((i) => {
    const { left, top, depth } = spots[i]!;
    const near = boxes.get(`${boxOf(left)},${boxOf(top)}`) ?? [];
    return !near.some((k) => spots[k]!.depth < depth - 1e-6 && Math.hypot(spots[k]!.left - left, spots[k]!.top - top) < spots[k]!.radius);
  });
}
