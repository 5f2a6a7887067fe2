// What Python sends: a picture of one structure. `les_viz/viewer/payload.py` writes it; a test compares the names.

export const SCENE_VERSION = 1;

/** Keys of the JSON header, each required. */
export const HEADER_KEYS = [
  "version",
  "viewer",
  "digest",
  "label",
  "unit",
  "limit",
  "selected",
  "species",
  "arrays",
] as const;

export interface Species {
  number: number;
  symbol: string;
  /** Covalent radius in Å. */
  radius: number;
}

export interface Scene {
  /** Which viewer of the page this is for: it keeps its camera and its WebGL context. */
  viewer: string;
  /** Hash of the content: the same digest is drawn once. */
  digest: string;
  /** What the colours mean, with its unit, and the value at which they saturate on both sides of zero. */
  label: string;
  unit: string;
  limit: number;
  selected: number | null;
  species: Map<number, Species>;
  numbers: Uint8Array;
  /** x, y, z of each atom in Å. */
  positions: Float32Array;
  /** Three lattice vectors, row after row, in Å; null for an open system. */
  cell: Float32Array | null;
  /** One value an atom; null colours by element. */
  values: Float32Array | null;
}

/** Whether the camera may stay where it is when `next` replaces `previous`. */
export function sameSubject(previous: Scene | null, next: Scene): boolean {
  if (previous === null) return false;
  return sameNumbers(previous.numbers, next.numbers) && sameNumbers(previous.cell ?? [], next.cell ?? []);
}

function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
