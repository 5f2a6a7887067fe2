// The camera of 3Dmol as plain numbers: what is under the pointer, how far away the whole structure fits, and turns.

/** 3Dmol's view: translation of the model, z of the rotation centre, rotation as a quaternion (x, y, z, w). */
export type View = [number, number, number, number, number, number, number, number];
export type Quaternion = readonly [number, number, number, number];
export type Vector = readonly [number, number, number];

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

/** The turn after which `direction` points at the viewer. */
export function turnTowardsViewer(direction: Vector): Quaternion {
  const length = Math.hypot(...direction) || 1;
  const [x, y, z] = direction.map((c) => c / length) as unknown as Vector;
  if (z > 1 - 1e-9) return [0, 0, 0, 1];
  if (z < -1 + 1e-9) return [0, 1, 0, 0];
  return turnAbout([y, -x, 0], Math.acos(z));
}

/** Distance from which a sphere of this radius fills the smaller side of the window. */
export function fittingDistance(radius: number, aspect: number): number {
  const half = Math.atan(Math.tan(HALF_OPENING) * Math.min(1, aspect));
  return radius / Math.sin(half);
}

export interface Pointer {
  /** −1 (left, bottom) to 1 (right, top). */
  x: number;
  y: number;
  /** Width over height of the window. */
  aspect: number;
}

/** The atom whose sphere is hit first by the ray through the pointer, or null. */
export function pickAtom(view: View, pointer: Pointer, positions: Float32Array, radii: Float32Array): number | null {
  const slope = Math.tan(HALF_OPENING);
  const ray: Vector = [pointer.x * slope * pointer.aspect, pointer.y * slope, -1];
  const norm = ray[0] ** 2 + ray[1] ** 2 + 1;
  const q = quaternionOf(view);
  let best: number | null = null;
  let nearest = Infinity;
  for (let i = 0; i < radii.length; i++) {
    const p: Vector = [positions[3 * i]! + view[0], positions[3 * i + 1]! + view[1], positions[3 * i + 2]! + view[2]];
    const [x, y, z] = rotate(q, p);
    const depth = CAMERA_Z - (z + view[3]);
    const along = (x * ray[0] + y * ray[1] + depth) / norm; // closest approach, in units of the ray
    const miss = x * x + y * y + depth * depth - along * along * norm;
    const inside = radii[i]! ** 2 - miss;
    if (along <= 0 || inside < 0) continue;
    const hit = along - Math.sqrt(inside / norm);
    if (hit < nearest) [nearest, best] = [hit, i];
  }
  return best;
}

/** Where a point lies in the window, in the units of `Pointer`. */
export function project(view: View, aspect: number, point: Vector): { x: number; y: number } {
  const [x, y, z] = rotate(quaternionOf(view), [point[0] + view[0], point[1] + view[1], point[2] + view[2]]);
  const scale = 1 / (Math.tan(HALF_OPENING) * (CAMERA_Z - z - view[3]));
  return { x: (x * scale) / aspect, y: y * scale };
}

/** How large a ball looks, as a part of half the window's height. */
export function projectedRadius(view: View, centre: Vector, radius: number): number {
  const [, , z] = rotate(quaternionOf(view), [centre[0] + view[0], centre[1] + view[1], centre[2] + view[2]]);
  return radius / (Math.tan(HALF_OPENING) * (CAMERA_Z - z - view[3]));
}
