// Bonds by covalent radii, between the atoms as they are given: no bond is drawn across the boundary of the cell.
// Radii of metals are so large that cations of a salt would seem bonded: two metals are not, where both are bonded to a
// non-metal.

export const TOLERANCE = 1.25;
export const SMALLEST_DISTANCE = 0.3; // Å: closer atoms are the same site twice, not a bond

export type Pair = readonly [number, number];

/** Pairs i < j closer than 1.25 times the sum of their covalent radii, two cations excepted; linear in the number of atoms. */
export function findBonds(positions: Float32Array, radii: Float32Array, cations: Uint8Array | null = null): Pair[] {
  const pairs = closePairs(positions, radii);
  return cations === null ? pairs : pairs.filter(([i, j]) => cations[i] === 0 || cations[j] === 0);
}

/** Which atoms are metals bonded to a non-metal; null where there is no metal. */
export function cationsAmong(pairs: Iterable<Pair>, metals: Uint8Array): Uint8Array | null {
  if (!metals.includes(1)) return null;
  const cations = new Uint8Array(metals.length);
  for (const [i, j] of pairs) if (metals[i] !== metals[j]) cations[metals[i] === 1 ? i : j] = 1;
  return cations;
}

function closePairs(positions: Float32Array, radii: Float32Array): Pair[] {
  const n = radii.length;
  const width = 2 * TOLERANCE * radii.reduce((a, b) => Math.max(a, b), 0.1);
  const boxes = new Map<string, number[]>();
  const box = (i: number, axis: number) => Math.floor(positions[3 * i + axis]! / width);
  const pairs: Pair[] = [];
  for (let j = 0; j < n; j++) {
    const [bx, by, bz] = [box(j, 0), box(j, 1), box(j, 2)];
    for (let dx = -1; dx <= 1; dx++)
      for (let dy = -1; dy <= 1; dy++)
        for (let dz = -1; dz <= 1; dz++)
          for (const i of boxes.get(`${bx + dx},${by + dy},${bz + dz}`) ?? [])
            if (isBonded(positions, radii, i, j)) pairs.push([i, j]);
    const key = `${bx},${by},${bz}`;
    const members = boxes.get(key);
    if (members === undefined) boxes.set(key, [j]);
    else members.push(j);
  }
  return pairs;
}

function isBonded(positions: Float32Array, radii: Float32Array, i: number, j: number): boolean {
  const distance = distanceBetween(positions, i, j);
  return distance > SMALLEST_DISTANCE && distance < TOLERANCE * (radii[i]! + radii[j]!);
}

const EVERY_FRAME = 600; // atoms: beyond, bonds are searched less often
const SELDOM = 10; // frames
const STRETCH = 1.15; // a known bond is drawn until it is this much longer than bonds are

/** Atoms of one cell and of its images, and which of the cell's are cations. */
interface Drawn {
  positions: Float32Array;
  count: number;
  cations?: Uint8Array | null;
}

/** Bonds of a moving structure: searched at every frame of a small one, of a large one now and then. */
export class Bonds {
  private pairs: Pair[] = [];
  private age = Infinity;

  forget(): void {
    this.age = Infinity;
  }

  /** Bonds between all drawn atoms, images included. */
  between({ positions, count, cations = null }: Drawn, cellRadii: Float32Array): Pair[] {
    const total = positions.length / 3;
    const radii = total === count ? cellRadii : Float32Array.from({ length: total }, (_, i) => cellRadii[i % count]!);
    this.age += 1;
    if (total <= EVERY_FRAME || this.age >= SELDOM) {
      this.age = 0;
      this.pairs = findBonds(positions, radii, cations === null ? null : Uint8Array.from(radii, (_, i) => cations[i % count]!));
      return this.pairs;
    }
    return this.pairs.filter(([i, j]) => distanceBetween(positions, i, j) < STRETCH * TOLERANCE * (radii[i]! + radii[j]!));
  }
}

function distanceBetween(positions: Float32Array, i: number, j: number): number {
  return Math.hypot(
    positions[3 * i]! - positions[3 * j]!,
    positions[3 * i + 1]! - positions[3 * j + 1]!,
    positions[3 * i + 2]! - positions[3 * j + 2]!,
  );
}
