// Vectors of three numbers.

export type Vector = readonly [number, number, number];

export const plus = (p: Vector, q: Vector): Vector => [p[0] + q[0], p[1] + q[1], p[2] + q[2]];
export const minus = (p: Vector, q: Vector): Vector => [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
export const times = (s: number, p: Vector): Vector => [s * p[0], s * p[1], s * p[2]];
export const dot = (p: Vector, q: Vector): number => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
export const cross = (p: Vector, q: Vector): Vector => [
  p[1] * q[2] - p[2] * q[1],
  p[2] * q[0] - p[0] * q[2],
  p[0] * q[1] - p[1] * q[0],
];
export const length = (p: Vector): number => Math.hypot(p[0], p[1], p[2]);

/** The same direction with length one; zero stays zero. */
export function unit(p: Vector): Vector {
  const size = length(p);
  return size > 0 ? times(1 / size, p) : [0, 0, 0];
}

/** Two directions that stand on p and on each other. */
export function across(p: Vector): [Vector, Vector] {
  const along = unit(p);
  const other: Vector = Math.abs(along[0]) < 0.6 ? [1, 0, 0] : [0, 1, 0];
  const first = unit(cross(along, other));
  return [first, cross(along, first)];
}

/** The i-th row of a flat array of threes. */
export const row = (array: ArrayLike<number>, i: number): Vector => [array[3 * i]!, array[3 * i + 1]!, array[3 * i + 2]!];
