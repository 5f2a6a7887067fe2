// The surface where a grid has a value: each box of the grid cut into six tetrahedra, corners of the triangles by linear
// interpolation. (3Dmol's own puts them at the middle of the grid's edges and smooths them afterwards, which moves the
// surface by up to half a step.)
import type { Rgb } from "./colormap.ts";
import { type Grid, gradientOf, pointAt, stepsOf, valueAt } from "./grid.ts";
import type { Mesh } from "./mesh.ts";
import { type Vector, plus, times, unit } from "./vectors.ts";

/** Corners of the six tetrahedra: bit 0 of a corner is one step along the first axis, bit 1 the second, bit 2 the third. */
const TETRAHEDRA = [[0, 1, 3, 7], [0, 1, 5, 7], [0, 2, 3, 7], [0, 2, 6, 7], [0, 4, 5, 7], [0, 4, 6, 7]] as const;

/** Add the surface of this value; its front is where the grid is smaller in size. */
export function addIsosurface(mesh: Mesh, grid: Grid, value: number, colour: Rgb): void {
  const [nx, ny, nz] = stepsOf(grid);
  const found = new Map<number, number>();
  const gradient = gradientOf(grid);
  const level = (corner: Vector) => valueAt(grid, corner) - value;
  const number = ([i, j, k]: Vector) => (i * (ny + 1) + j) * (nz + 1) + k;

  const vertex = (low: Vector, high: Vector): number => {
    const key = 8 * number(low) + (high[0] - low[0]) + 2 * (high[1] - low[1]) + 4 * (high[2] - low[2]);
    const known = found.get(key);
    if (known !== undefined) return known;
    const [from, to] = [level(low), level(high)];
    const t = from / (from - to);
    const between = (p: Vector, q: Vector) => plus(times(1 - t, p), times(t, q));
    const slope = between(gradient(low), gradient(high));
    const made = mesh.point(pointAt(grid, between(low, high)), unit(times(value > 0 ? -1 : 1, slope)), colour);
    found.set(key, made);
    return made;
  };

  const inside = new Uint8Array((nx + 1) * (ny + 1) * (nz + 1));
  for (let i = 0; i <= nx; i++)
    for (let j = 0; j <= ny; j++)
      for (let k = 0; k <= nz; k++) inside[number([i, j, k])] = value > 0 === level([i, j, k]) > 0 ? 1 : 0;
  const offsets = CORNERS.map(number);

  for (let i = 0; i < nx; i++)
    for (let j = 0; j < ny; j++)
      for (let k = 0; k < nz; k++) {
        const first = number([i, j, k]);
        let within = 0;
        for (const offset of offsets) within += inside[first + offset]!;
        if (within === 0 || within === 8) continue;
        const corners = CORNERS.map((bits): Vector => [i + bits[0], j + bits[1], k + bits[2]]);
        const isInside = offsets.map((offset) => inside[first + offset] === 1);
        for (const four of TETRAHEDRA) cut(mesh, four, isInside, (a, b) => vertex(corners[Math.min(a, b)]!, corners[Math.max(a, b)]!));
      }
}

const CORNERS = [0, 1, 2, 3, 4, 5, 6, 7].map((bits): Vector => [bits & 1, (bits >> 1) & 1, (bits >> 2) & 1]);

function cut(mesh: Mesh, four: readonly number[], inside: boolean[], vertex: (a: number, b: number) => number): void {
  const [a, b, c, d] = four as [number, number, number, number];
  const count = four.reduce((sum, corner) => sum + (inside[corner] ? 1 : 0), 0);
  if (count === 0 || count === 4) return;
  if (count === 2) {
    const partner = inside[a] === inside[b] ? b : inside[a] === inside[c] ? c : d;
    const [p, q] = partner === b ? [c, d] : partner === c ? [b, d] : [b, c];
    return mesh.quad(vertex(a, p), vertex(a, q), vertex(partner, q), vertex(partner, p));
  }
  const alone = four.find((corner) => inside[corner] === (count === 1))!;
  const [p, q, r] = four.filter((corner) => corner !== alone).map((other) => vertex(alone, other));
  mesh.triangle(p!, q!, r!);
}
