// The arrow of something that the whole structure has, such as its dipole: painted over the picture, for it lies inside,
// where the atoms of a liquid or a crystal would hide it.
import { type Eye, project } from "./camera.ts";
import type { Arrows } from "./scene.ts";
import { type Vector, length, plus, row, times } from "./vectors.ts";

const THICK = 9; // pixels at most, at any zoom: it is no part of the structure
const SLENDER = 8; // times as long as thick is the shortest
const [HEAD_LENGTH, HEAD_WIDTH] = [2.4, 1.25]; // in thicknesses; the width from the axis
const SHORTEST = 2; // pixels: shorter arrows are a point
const HALO = 2.5; // pixels around it

/** Whether there is one arrow that belongs to no atom. */
export const isOfWhole = ({ atoms, vectors }: Arrows): boolean => atoms === null && vectors.length === 3;

/** A point on the screen, in pixels, how far away it is, and the pixels of one Å there. */
interface Spot {
  left: number;
  top: number;
  depth: number;
  scale: number;
}

/** Where an arrow begins and ends, Å. */
export function endsOf(arrows: Arrows, i: number): [Vector, Vector] {
  const vector = times(arrows.length_per_unit, row(arrows.vectors, i));
  const tail = plus(row(arrows.origins, i), times(arrows.is_centered ? -0.5 : 0, vector));
  return [tail, plus(tail, vector)];
}

export function paintArrow(
  context: CanvasRenderingContext2D,
  eye: Eye,
  { width, height }: { width: number; height: number },
  arrows: Arrows,
  halo: string,
): void {
  const spotOf = (point: Vector): Spot => {
    const { x, y, depth, scale } = project(eye, point);
    return { left: ((x + 1) / 2) * width, top: ((1 - y) / 2) * height, depth, scale: (scale * height) / 2 };
  };
  const [tail, tip] = endsOf(arrows, 0);
  const long = length(plus(tip, times(-1, tail))) * spotOf(tip).scale;
  if (long < SHORTEST) return;
  const thick = Math.min(THICK, long / SLENDER);
  const part = 1 - (HEAD_LENGTH * thick) / long;
  const [from, base, end] = [tail, plus(times(1 - part, tail), times(part, tip)), tip].map(spotOf) as [Spot, Spot, Spot];
  const head = headOf(base, end, thick);
  context.lineCap = context.lineJoin = "round";
  for (const [colour, more] of [[halo, 2 * HALO], [arrows.color, 0]] as const) {
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = thick + more;
    context.beginPath();
    context.moveTo(from.left, from.top);
    context.lineTo(base.left, base.top);
    context.stroke();
    context.lineWidth = more;
    for (const outline of head) {
      context.fill(outline);
      if (more > 0) context.stroke(outline);
    }
  }
  if (!isComing(base, end, thick)) return;
  context.fillStyle = halo;
  context.beginPath();
  context.arc(end.left, end.top, thick / 3, 0, 2 * Math.PI);
  context.fill();
}

/** Whether the tip lies before its base, as seen by the viewer: then it is marked, as physicists do. */
function isComing(base: Spot, end: Spot, thick: number): boolean {
  return end.depth < base.depth && Math.hypot(end.left - base.left, end.top - base.top) < HEAD_WIDTH * thick;
}

/** A cone as it is seen: the ellipse of its base and the triangle up to its tip. */
function headOf(base: Spot, end: Spot, thick: number): [Path2D, Path2D] {
  const [right, down] = [end.left - base.left, end.top - base.top];
  const [angle, wide] = [Math.atan2(down, right), HEAD_WIDTH * thick];
  const narrow = wide * Math.sqrt(Math.max(0, 1 - (Math.hypot(right, down) / (HEAD_LENGTH * thick)) ** 2));
  const [x, y] = [-wide * Math.sin(angle), wide * Math.cos(angle)];
  const [disc, side] = [new Path2D(), new Path2D()];
  disc.ellipse(base.left, base.top, narrow, wide, angle, 0, 2 * Math.PI);
  side.moveTo(end.left, end.top);
  side.lineTo(base.left + x, base.top + y);
  side.lineTo(base.left - x, base.top - y);
  side.closePath();
  return [disc, side];
}
