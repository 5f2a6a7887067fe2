// A 3×3 tensor taken apart: symmetric and antisymmetric part, eigenvalues and eigenvectors of the symmetric one.
import type { Vector } from "./vectors.ts";

/** Row after row. */
export type Tensor = readonly [number, number, number, number, number, number, number, number, number];

export const symmetricPart = (t: Tensor): Tensor => {
  const [xy, xz, yz] = [(t[1] + t[3]) / 2, (t[2] + t[6]) / 2, (t[5] + t[7]) / 2];
  return [t[0], xy, xz, xy, t[4], yz, xz, yz, t[8]];
};

/** The axial vector a_k = ½ Σ_ij ε_kij T_ij of the antisymmetric part. */
export const axialVector = (t: Tensor): Vector => [(t[5] - t[7]) / 2, (t[6] - t[2]) / 2, (t[1] - t[3]) / 2];

export interface Eigen {
  values: Vector;
  /** Orthonormal; vector i belongs to value i. */
  vectors: readonly [Vector, Vector, Vector];
}

/** Eigenvalues and eigenvectors of a symmetric tensor, by Jacobi's rotations. */
export function eigenOf(symmetric: Tensor): Eigen {
  const a = [0, 1, 2].map((i) => [0, 1, 2].map((j) => symmetric[3 * i + j]!));
  const v = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : 0)));
  const scale = Math.max(...symmetric.map(Math.abs), 1e-300);
  for (let sweep = 0; sweep < 30; sweep++) {
    if (Math.abs(a[0]![1]!) + Math.abs(a[0]![2]!) + Math.abs(a[1]![2]!) < 1e-14 * scale) break;
    for (const [p, q] of [[0, 1], [0, 2], [1, 2]] as const) rotateAway(a, v, p, q);
  }
  const column = (i: number): Vector => [v[0]![i]!, v[1]![i]!, v[2]![i]!];
  return { values: [a[0]![0]!, a[1]![1]!, a[2]![2]!], vectors: [column(0), column(1), column(2)] };
}

function rotateAway(a: number[][], v: number[][], p: number, q: number): void {
  if (a[p]![q] === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const turn = (m: number[][], get: (k: number) => [number, number], set: (k: number, x: number, y: number) => void) => {
    for (let k = 0; k < m.length; k++) {
      const [x, y] = get(k);
      set(k, c * x - s * y, s * x + c * y);
    }
  };
  const columns = (m: number[][]) =>
    turn(m, (k) => [m[k]![p]!, m[k]![q]!], (k, x, y) => ([m[k]![p], m[k]![q]] = [x, y]));
  columns(a);
  turn(a, (k) => [a[p]![k]!, a[q]![k]!], (k, x, y) => ([a[p]![k], a[q]![k]] = [x, y]));
  columns(v);
}
