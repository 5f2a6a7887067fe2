// The camera of 3Dmol as plain numbers: what is under the pointer, how far away the whole structure fits, and turns.

import type { Vector } from "./vectors.ts";

/** 3Dmol's view: translation of the model, z of the rotation centre, rotation as a quaternion (x, y, z, w). */
export type View = [number, number, number, number, number, number, number, number];
export type Quaternion = readonly [number, number, number, number];

/** Distance of 3Dmol's camera from the origin and its vertical opening angle. */
export const CAMERA_Z = 150;
export const HALF_OPENING = (10 * Math.PI) / 180;

export const quaternionOf = (view: View): Quaternion => [view[4], view[5], view[6], view[7]];

export function rotate([x, y, z, w]: Quaternion, [a, b, c]: Vector): Vector {
  const tx = 2 * (y * c - z * b);
  const ty = 2 * (z * a - x * c);
  const tz = 2 * (x * b - y * a);
  return [a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz, c + w * tz + x * ty - y * tx];
}

export function multiply(p: Quaternion, q: Quaternion): Quaternion {
  const [a, b, c, d] = p;
  const [x, y, z, w] = q;
  return [
    d * x + a * w + b * z - c * y,
    d * y - a * z + b * w + c * x,
    d * z + a * y - b * x + c * w,
    d * w - a * x - b * y - c * z,
  ];
}

export function turnAbout(axis: Vector, angle: number): Quaternion {
  const length = Math.hypot(...axis) || 1;
  const s = Math.sin(angle / 2) / length;
  return [axis[0] * s, axis[1] * s, axis[2] * s, Math.cos(angle / 2)];
}

/** Turned about an axis of the screen. */
export const turned = (view: View, axis: Vector, angle: number): View => [
  view[0],
  view[1],
  view[2],
  view[3],
  ...multiply(turnAbout(axis, angle), quaternionOf(view)),
];

/** From so many times the distance. */
export const zoomed = (view: View, factor: number): View => [
  view[0],
  view[1],
  view[2],
  CAMERA_Z - Math.max(1, distanceOf(view) * factor),
  ...quaternionOf(view),
];

/** The turn after which `direction` points at the viewer. */
export function turnTowardsViewer(direction: Vector): Quaternion {
  const length = Math.hypot(...direction) || 1;
  const [x, y, z] = direction.map((c) => c / length) as unknown as Vector;
  if (z > 1 - 1e-9) return [0, 0, 0, 1];
  if (z < -1 + 1e-9) return [0, 1, 0, 0];
  return turnAbout([y, -x, 0], Math.acos(z));
}

/** Where somebody looks from, and how. */
export interface Eye {
  view: View;
  /** Width over height of the window. */
  aspect: number;
  isOrthographic: boolean;
}

/** 3Dmol's orthographic window is as wide as twice the distance times this. */
const FLAT_SLOPE = Math.tan(2 * HALF_OPENING);

const distanceOf = (view: View): number => CAMERA_Z - view[3];

/** Half the height of what is seen at this distance from the camera. */
function halfHeight({ view, aspect, isOrthographic }: Eye, depth: number): number {
  return isOrthographic ? (distanceOf(view) * FLAT_SLOPE) / aspect : depth * Math.tan(HALF_OPENING);
}

/** Distance from which a sphere of this radius fills the smaller side of the window. */
export function fittingDistance(radius: number, aspect: number, isOrthographic: boolean): number {
  if (isOrthographic) return (radius * Math.max(1, aspect)) / FLAT_SLOPE;
  const half = Math.atan(Math.tan(HALF_OPENING) * Math.min(1, aspect));
  return radius / Math.sin(half);
}

/** The view in the other projection that shows the middle as large as this one does. */
export function inOtherProjection({ view, aspect, isOrthographic }: Eye): View {
  const ratio = (Math.tan(HALF_OPENING) * aspect) / FLAT_SLOPE;
  const distance = distanceOf(view) * (isOrthographic ? 1 / ratio : ratio);
  return [view[0], view[1], view[2], CAMERA_Z - distance, view[4], view[5], view[6], view[7]];
}

/** A place in the window: −1 (left, bottom) to 1 (right, top). */
export interface Pointer {
  x: number;
  y: number;
}

/** A place as the camera has it: right, up, and the distance in front of it. */
function inFront(view: View, point: Vector): Vector {
  const [x, y, z] = rotate(quaternionOf(view), [point[0] + view[0], point[1] + view[1], point[2] + view[2]]);
  return [x, y, CAMERA_Z - z - view[3]];
}

/** The atom whose sphere is hit first by the ray through the pointer, or null. */
export function pickAtom(eye: Eye, pointer: Pointer, positions: Float32Array, radii: Float32Array): number | null {
  let best: number | null = null;
  let nearest = Infinity;
  for (let i = 0; i < radii.length; i++) {
    const place: Vector = [positions[3 * i]!, positions[3 * i + 1]!, positions[3 * i + 2]!];
    const hit = hitDepth(eye, pointer, inFront(eye.view, place), radii[i]!);
    if (hit !== null && hit < nearest) [nearest, best] = [hit, i];
  }
  return best;
}

/** Depth at which the ray through the pointer enters a sphere, or null if it misses. */
function hitDepth(eye: Eye, pointer: Pointer, [x, y, depth]: Vector, radius: number): number | null {
  const scale = halfHeight(eye, 1);
  const [right, up] = [pointer.x * scale * eye.aspect, pointer.y * scale];
  if (eye.isOrthographic) {
    const inside = radius ** 2 - (x - right) ** 2 - (y - up) ** 2;
    return inside < 0 ? null : depth - Math.sqrt(inside);
  }
  const norm = right ** 2 + up ** 2 + 1;
  const along = (x * right + y * up + depth) / norm; // closest approach, in units of the ray
  const inside = radius ** 2 - (x * x + y * y + depth * depth - along * along * norm);
  return along <= 0 || inside < 0 ? null : along - Math.sqrt(inside / norm);
}

export interface Projected {
  x: number;
  y: number;
  depth: number;
  /** Half the height of the window over one Å at that depth. */
  scale: number;
}

/** Where a point lies in the window, in the units of `Pointer`. */
export function project(eye: Eye, point: Vector): Projected {
  const [x, y, depth] = inFront(eye.view, point);
  const scale = 1 / halfHeight(eye, depth);
  return { x: (x * scale) / eye.aspect, y: y * scale, depth, scale };
}
