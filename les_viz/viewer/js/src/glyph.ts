// A tensor as a glyph: an ellipsoid whose semi-axes are the sizes of the eigenvalues of the symmetric part and whose
// colour along each axis is the signed eigenvalue (u·T·u in the directions between); the antisymmetric part as an axial
// arrow with a collar, on the same scale, from the surface outwards.
import { addArrow, addDisc } from "./arrow.ts";
import { type Rgb, diverging } from "./colormap.ts";
import { type Eigen, type Tensor, axialVector, eigenOf, symmetricPart } from "./eigen.ts";
import type { Mesh } from "./mesh.ts";
import { type Vector, dot, length, plus, times, unit } from "./vectors.ts";

export const AXIAL: Rgb = [142, 91, 208];
const THINNEST = 0.025; // Å: an eigenvalue of zero is drawn as a thin disc
const SHAFT = 0.045;
const SIDES = 8;
const COLLAR = 0.13;

export interface GlyphScale {
  /** Å for one unit of the tensor. */
  lengthPerUnit: number;
  /** Eigenvalue at which the colours saturate. */
  limit: number;
  /** Points around the equator. */
  around: number;
}

export function addGlyph(mesh: Mesh, centre: Vector, tensor: Tensor, scale: GlyphScale): void {
  const { lengthPerUnit } = scale;
  const eigen = eigenOf(symmetricPart(tensor));
  const axes = eigen.values.map((value) => Math.max(THINNEST, Math.abs(value) * lengthPerUnit));
  addEllipsoid(mesh, centre, eigen, axes as unknown as Vector, scale);
  const axial = times(lengthPerUnit, axialVector(tensor));
  if (length(axial) === 0) return;
  const direction = unit(axial);
  const tail = plus(centre, times(reachAlong(eigen, axes as unknown as Vector, direction), direction));
  addArrow(mesh, tail, plus(tail, axial), { radius: SHAFT, colour: AXIAL, sides: SIDES });
  for (const side of [1, -1]) addDisc(mesh, plus(tail, times(0.02 * side, direction)), times(side, direction), { radius: collar(axial), colour: AXIAL, sides: SIDES });
}

const collar = (axial: Vector): number => Math.min(COLLAR, length(axial));

/** Distance from the centre to the surface of the ellipsoid. */
function reachAlong(eigen: Eigen, axes: Vector, direction: Vector): number {
  const sum = eigen.vectors.reduce((total, axis, i) => total + (dot(axis, direction) / axes[i]!) ** 2, 0);
  return 1 / Math.sqrt(sum);
}

function addEllipsoid(mesh: Mesh, centre: Vector, eigen: Eigen, axes: Vector, { limit, around }: GlyphScale): void {
  const start = mesh.size;
  const down = Math.round(0.6 * around);
  const combine = (parts: readonly number[]): Vector =>
    eigen.vectors.reduce((sum: Vector, axis, i) => plus(sum, times(parts[i]!, axis)), [0, 0, 0]);
  for (let j = 0; j <= down; j++)
    for (let i = 0; i < around; i++) {
      const [theta, phi] = [(Math.PI * j) / down, (2 * Math.PI * i) / around];
      const u = [Math.sin(theta) * Math.cos(phi), Math.sin(theta) * Math.sin(phi), Math.cos(theta)];
      const value = u.reduce((sum, x, k) => sum + x * x * eigen.values[k]!, 0);
      const out = combine(u.map((x, k) => x * axes[k]!));
      mesh.point(plus(centre, out), unit(combine(u.map((x, k) => x / axes[k]!))), diverging(value, limit));
    }
  for (let j = 0; j < down; j++)
    for (let i = 0; i < around; i++) {
      const [a, b] = [start + j * around + i, start + j * around + ((i + 1) % around)];
      mesh.quad(a, a + around, b + around, b);
    }
}
