// The arrow of something that the whole structure has, such as its dipole: painted over the picture, for it lies inside,
// where the atoms of a liquid or a crystal would hide it.
import { addArrow } from "./arrow.ts";
import { type Eye, project, quaternionOf, rotate } from "./camera.ts";
import { Mesh } from "./mesh.ts";
import { parseColour } from "./overlays.ts";
import type { Arrows } from "./scene.ts";
import { type Vector, dot, plus, row, times, unit } from "./vectors.ts";

const RADIUS = 4.5; // pixels of the shaft at most, at any zoom: it is no part of the structure
const SIDES = 16;
const HALO = 2.5; // pixels around it
const LIGHT: Vector = unit([-0.4, 0.7, 0.6]);
const [DARKEST, SEAM] = [0.6, 0.8];

/** Whether there is one arrow that belongs to no atom. */
export const isOfWhole = ({ atoms, vectors }: Arrows): boolean => atoms === null && vectors.length === 3;

/** Where an arrow begins and ends, Å. */
export function endsOf(arrows: Arrows, i: number): [Vector, Vector] {
  const vector = times(arrows.length_per_unit, row(arrows.vectors, i));
  const tail = plus(row(arrows.origins, i), times(arrows.is_centered ? -0.5 : 0, vector));
  return [tail, plus(tail, vector)];
}

/** A triangle on the screen. */
interface Face {
  corners: [number, number][];
  depth: number;
  colour: string;
}

export function paintArrow(
  context: CanvasRenderingContext2D,
  eye: Eye,
  size: { width: number; height: number },
  arrows: Arrows,
  halo: string,
): void {
  const [tail, tip] = endsOf(arrows, 0);
  const mesh = new Mesh();
  const pixels = (project(eye, tip).scale * size.height) / 2; // of an Å
  addArrow(mesh, tail, tip, { radius: RADIUS / pixels, colour: parseColour(arrows.color), sides: SIDES });
  const faces = facesOf(mesh, eye, size);
  context.lineJoin = "round";
  for (const { corners } of faces) {
    outline(context, corners);
    context.lineWidth = 2 * HALO;
    context.strokeStyle = halo;
    context.stroke();
  }
  for (const { corners, colour } of faces) {
    outline(context, corners);
    context.lineWidth = SEAM; // or the background would shine through between them
    context.fillStyle = context.strokeStyle = colour;
    context.fill();
    context.stroke();
  }
}

/** From far to near. */
function facesOf(mesh: Mesh, eye: Eye, { width, height }: { width: number; height: number }): Face[] {
  const turn = quaternionOf(eye.view);
  const spots = Array.from({ length: mesh.size }, (_, i) => project(eye, row(mesh.positions, i)));
  const faces = Array.from({ length: mesh.faces.length / 3 }, (_, f): Face => {
    const points = [0, 1, 2].map((k) => mesh.faces[3 * f + k]!);
    const normal = unit(points.map((i) => row(mesh.normals, i)).reduce(plus));
    const light = DARKEST + (1 - DARKEST) * Math.max(0, dot(rotate(turn, normal), LIGHT));
    return {
      corners: points.map((i) => [((spots[i]!.x + 1) / 2) * width, ((1 - spots[i]!.y) / 2) * height]),
      depth: points.reduce((sum, i) => sum + spots[i]!.depth, 0),
      colour: `rgb(${row(mesh.colours, points[0]!).map((c) => Math.round(c * light)).join(",")})`,
    };
  });
  return faces.sort((a, b) => b.depth - a.depth);
}

function outline(context: CanvasRenderingContext2D, corners: [number, number][]): void {
  context.beginPath();
  for (const [left, top] of corners) context.lineTo(left, top);
  context.closePath();
}
