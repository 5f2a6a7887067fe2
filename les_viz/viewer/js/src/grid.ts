// A scalar on a grid in a cell of any shape, periodic or with its last planes on the far faces.
import { type Vector, cross, dot, row, times } from "./vectors.ts";

export interface Grid {
  values: Float32Array;
  shape: readonly [number, number, number];
  /** Three edges, row after row, Å. */
  cell: ArrayLike<number>;
  origin: Vector;
  isPeriodic: boolean;
}

/** Number of steps from one face to the other. */
export function stepsOf({ shape: [nx, ny, nz], isPeriodic }: Grid): Vector {
  return isPeriodic ? [nx, ny, nz] : [nx - 1, ny - 1, nz - 1];
}

/** Value at a point of the grid, counted in steps; the first plane of a periodic grid comes again after the last. */
export function valueAt({ values, shape, isPeriodic }: Grid, [i, j, k]: Vector): number {
  const [nx, ny, nz] = shape;
  return isPeriodic ? values[((i % nx) * ny + (j % ny)) * nz + (k % nz)]! : values[(i * ny + j) * nz + k]!;
}

/** Place of a point counted in steps. */
export function pointAt(grid: Grid, [i, j, k]: Vector): Vector {
  const { cell, origin } = grid;
  const [nx, ny, nz] = stepsOf(grid);
  const [u, v, w] = [i / nx, j / ny, k / nz];
  const at = (axis: number) => origin[axis]! + u * cell[axis]! + v * cell[3 + axis]! + w * cell[6 + axis]!;
  return [at(0), at(1), at(2)];
}

/** The slope per Å at points of the grid, from their neighbours. */
export function gradientOf(grid: Grid): (at: Vector) => Vector {
  const steps = stepsOf(grid);
  const rows = reciprocal(grid.cell);
  const slope = (at: Vector, axis: number): number => {
    const [low, high] = [neighbour(grid, at, axis, -1), neighbour(grid, at, axis, 1)];
    const span = grid.isPeriodic ? 2 : high[axis]! - low[axis]! || 1;
    return ((valueAt(grid, high) - valueAt(grid, low)) / span) * steps[axis]!;
  };
  return (at) => {
    const [u, v, w] = [slope(at, 0), slope(at, 1), slope(at, 2)];
    const along = (axis: number) => u * rows[0][axis]! + v * rows[1][axis]! + w * rows[2][axis]!;
    return [along(0), along(1), along(2)];
  };
}

function neighbour(grid: Grid, [i, j, k]: Vector, axis: number, by: number): Vector {
  const next: [number, number, number] = [i, j, k];
  const n = grid.shape[axis]!;
  next[axis] = grid.isPeriodic ? (next[axis]! + by + n) % n : Math.min(n - 1, Math.max(0, next[axis]! + by));
  return next;
}

/** Value between the points of the grid, by linear interpolation; `at` in steps. */
export function interpolate(grid: Grid, at: Vector): number {
  const steps = stepsOf(grid);
  const low = at.map((x, d) => Math.min(Math.max(0, Math.floor(x)), steps[d]! - 1)) as unknown as Vector;
  let sum = 0;
  for (let bits = 0; bits < 8; bits++) {
    const corner = low.map((x, d) => x + ((bits >> d) & 1)) as unknown as Vector;
    const weight = [0, 1, 2].reduce((w, d) => w * (((bits >> d) & 1) === 1 ? at[d]! - low[d]! : 1 - (at[d]! - low[d]!)), 1);
    if (weight !== 0) sum += weight * valueAt(grid, corner);
  }
  return sum;
}

/** Rows r_i with r_i · (edge j) = δ_ij. */
export function reciprocal(cell: ArrayLike<number>): [Vector, Vector, Vector] {
  const [a, b, c] = [row(cell, 0), row(cell, 1), row(cell, 2)];
  const inverse = 1 / dot(a, cross(b, c));
  return [times(inverse, cross(b, c)), times(inverse, cross(c, a)), times(inverse, cross(a, b))];
}
