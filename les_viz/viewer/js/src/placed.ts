// Where the atoms of a scene are drawn: molecules whole or as the file has them, the cell repeated or not.
import { corner } from "./cell.ts";
import { type Scene, metalsOf } from "./scene.ts";
import { type Vector, minus, plus, row } from "./vectors.ts";
import { type Molecules, findMolecules } from "./wrap.ts";

export interface Arrangement {
  /** Molecules whole and in the cell, rather than atoms where the file has them. */
  isWhole: boolean;
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
}

/** Places the atoms of a scene, frame after frame, with the molecules of the first. */
export class Placer {
  private molecules: Molecules | null = null;
  private readonly scene: Scene;
  private readonly radii: Float32Array;
  private readonly isWhole: boolean;
  private readonly images: Vector[];

  constructor(scene: Scene, radii: Float32Array, arrangement: Arrangement) {
    [this.scene, this.radii, this.isWhole] = [scene, radii, arrangement.isWhole];
    this.images = imagesOf(scene.cell, arrangement.supercell);
  }

  place(positions: Float32Array): Placed {
    const { scene, images } = this;
    const first = scene.cell !== null && this.isWhole ? this.whole(positions, scene.cell) : positions;
    const all = new Float32Array(images.length * first.length);
    images.forEach((shift, k) => {
      for (let i = 0; i < first.length; i++) all[k * first.length + i] = first[i]! + shift[i % 3]!;
    });
    return { scene, count: scene.numbers.length, images, positions: all };
  }

  private whole(positions: Float32Array, cell: Float32Array): Float32Array {
    this.molecules ??= findMolecules(positions, cell, this.radii, metalsOf(this.scene));
    return this.molecules.wrap(positions);
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
