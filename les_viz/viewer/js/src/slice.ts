// A plane through a grid, coloured by its values.
import { diverging } from "./colormap.ts";
import { type Grid, interpolate, pointAt, stepsOf } from "./grid.ts";
import type { Mesh } from "./mesh.ts";
import type { Vector } from "./vectors.ts";

const FINEST = 72; // points along an edge: enough that colours change smoothly on a coarse grid

export interface Plane {
  axis: number;
  /** 0 to 1 along the axis. */
  position: number;
}

export function addSlice(mesh: Mesh, grid: Grid, { axis, position }: Plane, limit: number): void {
  const steps = stepsOf(grid);
  const [u, v] = [0, 1, 2].filter((d) => d !== axis) as [number, number];
  const [nu, nv] = [Math.max(FINEST, steps[u]!), Math.max(FINEST, steps[v]!)];
  const start = mesh.size;
  for (let i = 0; i <= nu; i++)
    for (let j = 0; j <= nv; j++) {
      const at = [0, 0, 0];
      [at[axis], at[u], at[v]] = [position * steps[axis]!, (i / nu) * steps[u]!, (j / nv) * steps[v]!];
      const place = at as unknown as Vector;
      mesh.point(pointAt(grid, place), [0, 0, 1], diverging(interpolate(grid, place), limit));
    }
  for (let i = 0; i < nu; i++)
    for (let j = 0; j < nv; j++) {
      const a = start + i * (nv + 1) + j;
      mesh.sheet(a, a + nv + 1, a + nv + 2, a + 1);
    }
}
