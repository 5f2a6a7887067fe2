// Where the atoms of a scene are drawn: molecules whole or as the file has them, the cell repeated or not.
import { corner } from "./cell.ts";
import { type Scene, metalsOf } from "./scene.ts";
import { type Vector, minus, plus, row } from "./vectors.ts";
import { type Molecules, cationsOf, findMolecules, wrapAtoms } from "./wrap.ts";

/** Molecules whole with their middle in the cell, each atom in the cell by itself, or all as the file has them. */
export type Places = "whole" | "wrapped" | "given";

export interface Arrangement {
  places: Places;
  /** How often the cell is repeated along a, b and c. */
  supercell: readonly [number, number, number];
}

export interface Placed {
  scene: Scene;
  /** Atoms of one cell; atom i of image k is drawn atom k · count + i. */
  count: number;
  /** The translation of each image, the first of them zero. */
  images: Vector[];
  /** Of all images. */
  positions: Float32Array;
  /** Of this frame, where each has its own. */
  cell: Float32Array | null;
  /** 1 for each atom of one cell that is a metal bonded to a non-metal; null where there is no metal. */
  cations: Uint8Array | null;
}

/** Places the atoms of a scene, frame after frame, with the molecules and cations of the first. */
export class Placer {
  private molecules: Molecules | null = null;
  private cations: Uint8Array | null | undefined;
  private readonly scene: Scene;
  private readonly radii: Float32Array;
  private readonly arrangement: Arrangement;

  constructor(scene: Scene, radii: Float32Array, arrangement: Arrangement) {
    [this.scene, this.radii, this.arrangement] = [scene, radii, arrangement];
  }

  /** `own`: the cell of a frame, if it is not the scene's; what is open stays open. */
  place(positions: Float32Array, own: Float32Array | null = null): Placed {
    const { scene } = this;
    const cell = scene.cell === null ? null : (own ?? scene.cell);
    const images = imagesOf(cell, this.arrangement.supercell);
    const first = cell === null ? positions : this.arranged(positions, cell);
    const all = new Float32Array(images.length * first.length);
    images.forEach((shift, k) => {
      for (let i = 0; i < first.length; i++) all[k * first.length + i] = first[i]! + shift[i % 3]!;
    });
    if (this.cations === undefined) this.cations = cationsOf(positions, cell, this.radii, metalsOf(scene));
    return { scene, count: scene.numbers.length, images, positions: all, cell, cations: this.cations };
  }

  private arranged(positions: Float32Array, cell: Float32Array): Float32Array {
    const { places } = this.arrangement;
    if (places === "given") return positions;
    if (places === "wrapped") return wrapAtoms(positions, cell);
    this.molecules ??= findMolecules(positions, cell, this.radii, metalsOf(this.scene));
    return this.molecules.wrap(positions, cell);
  }
}

export function imagesOf(cell: Float32Array | null, [na, nb, nc]: Arrangement["supercell"]): Vector[] {
  if (cell === null) return [[0, 0, 0]];
  const images: Vector[] = [];
  for (let i = 0; i < na; i++)
    for (let j = 0; j < nb; j++) for (let k = 0; k < nc; k++) images.push(corner(cell, i, j, k));
  return images;
}

/** How far an atom is drawn from where Python has it. */
export const displacement = ({ scene, positions }: Placed, atom: number): Vector =>
  minus(row(positions, atom), row(scene.positions, atom));

export const placeOf = ({ positions, images }: Placed, atom: number, image = 0): Vector =>
  image === 0 ? row(positions, atom) : plus(row(positions, atom), images[image]!);
