// The layers over the atoms as meshes: arrows, tensors, surfaces and slice of a grid.
import { addArrow } from "./arrow.ts";
import { type Rgb, diverging } from "./colormap.ts";
import type { Tensor } from "./eigen.ts";
import { addGlyph } from "./glyph.ts";
import type { Grid } from "./grid.ts";
import { addIsosurface } from "./isosurface.ts";
import { Mesh } from "./mesh.ts";
import { type Placed, displacement, placeOf } from "./placed.ts";
import type { Arrows, Tensors, Volume } from "./scene.ts";
import { addSlice } from "./slice.ts";
import { type Vector, length, plus, row, times, unit } from "./vectors.ts";

const SHAFT = 0.07; // Å
const [FINE, COARSE] = [1, 0.55]; // many things are drawn with fewer triangles each
const MANY = 60;

const detailOf = (count: number): number => (count > MANY ? COARSE : FINE);

/** All arrows of one set; those of atoms start at the surface of the atom, so that short ones show and lengths stay. */
export function arrowMesh(placed: Placed, arrows: Arrows, radii: Float32Array): Mesh {
  const mesh = new Mesh();
  const round = { radius: SHAFT, colour: parseColour(arrows.color), sides: Math.round(14 * detailOf(arrows.vectors.length / 3)) };
  for (let i = 0; 3 * i < arrows.vectors.length; i++) {
    const vector = times(arrows.length_per_unit, row(arrows.vectors, i));
    const atom = arrows.atoms?.[i] ?? null;
    const images = atom === null ? placed.images.slice(0, 1) : placed.images;
    for (const image of images) {
      const tail = plus(plus(row(arrows.origins, i), image), tailShift(placed, arrows, vector, atom, radii));
      addArrow(mesh, tail, plus(tail, vector), round);
    }
  }
  return mesh;
}

function tailShift({ scene, ...rest }: Placed, arrows: Arrows, vector: Vector, atom: number | null, radii: Float32Array): Vector {
  const moved: Vector = atom === null ? [0, 0, 0] : displacement({ scene, ...rest }, atom);
  if (arrows.is_centered) return plus(moved, times(-0.5, vector));
  return atom === null || length(vector) === 0 ? moved : plus(moved, times(radii[atom]!, unit(vector)));
}

export function tensorMesh(placed: Placed, tensors: Tensors): Mesh {
  const mesh = new Mesh();
  const scale = { lengthPerUnit: tensors.length_per_unit, limit: tensors.limit, around: Math.round(28 * detailOf(3 * tensors.atoms.length)) };
  tensors.atoms.forEach((atom, i) => {
    const tensor = Array.from(tensors.values.subarray(9 * i, 9 * i + 9)) as unknown as Tensor;
    for (let image = 0; image < placed.images.length; image++) addGlyph(mesh, placeOf(placed, atom, image), tensor, scale);
  });
  return mesh;
}

export function gridOf(volume: Volume): Grid | null {
  if (volume.values === null) return null;
  const { cell, origin, is_periodic: isPeriodic } = volume;
  return { ...volume.values, cell, origin: row(origin, 0), isPeriodic };
}

/** The surface at plus (sign 1) or minus (sign −1) the isovalue. */
export function surfaceMesh(volume: Volume, grid: Grid, sign: 1 | -1): Mesh {
  const mesh = new Mesh();
  if (volume.isovalue !== null) addIsosurface(mesh, grid, sign * volume.isovalue, diverging(sign, 1));
  return mesh;
}

export function sliceMesh(volume: Volume, grid: Grid): Mesh {
  const mesh = new Mesh();
  if (volume.slice !== null) addSlice(mesh, grid, volume.slice, volume.limit);
  return mesh;
}

/** `#rrggbb` as three numbers; grey for anything else. */
export function parseColour(text: string): Rgb {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  return found === null ? [128, 128, 128] : (found.slice(1, 4).map((x) => parseInt(x, 16)) as unknown as Rgb);
}
