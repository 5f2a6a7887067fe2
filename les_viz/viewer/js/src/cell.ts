// Corners and edges of the cell, and the ball that holds all there is.
import type { Vector } from "./vectors.ts";

export function corner(cell: Float32Array, i: number, j: number, k: number): Vector {
  const at = (axis: number) => i * cell[axis]! + j * cell[3 + axis]! + k * cell[6 + axis]!;
  return [at(0), at(1), at(2)];
}

/** The twelve edges as pairs of end points. */
export function cellEdges(cell: Float32Array): [Vector, Vector][] {
  const edges: [Vector, Vector][] = [];
  for (const u of [0, 1])
    for (const v of [0, 1]) {
      edges.push([corner(cell, 0, u, v), corner(cell, 1, u, v)]);
      edges.push([corner(cell, u, 0, v), corner(cell, u, 1, v)]);
      edges.push([corner(cell, u, v, 0), corner(cell, u, v, 1)]);
    }
  return edges;
}

export interface Ball {
  centre: Vector;
  radius: number;
}

/** A ball that holds all atoms (with a margin for their own size), all corners of the cell and what else there is. */
export function boundingBall(positions: Float32Array, cell: Float32Array | null, others: readonly Vector[] = []): Ball {
  const points: Vector[] = [...others];
  for (let i = 0; i < positions.length; i += 3) points.push([positions[i]!, positions[i + 1]!, positions[i + 2]!]);
  if (cell !== null) for (const edge of cellEdges(cell)) points.push(...edge);
  const middle = (axis: number) => {
    let low = Infinity;
    let high = -Infinity;
    for (const p of points) {
      low = Math.min(low, p[axis]!);
      high = Math.max(high, p[axis]!);
    }
    return (low + high) / 2;
  };
  const centre: Vector = [middle(0), middle(1), middle(2)];
  let radius = 0;
  for (const p of points) radius = Math.max(radius, Math.hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]));
  return { centre, radius: radius + 0.6 };
}
