// What Python sends: a picture of one structure. `les_viz/viewer/payload.py` writes it; a test compares the names.
import type { Grid } from "./grid.ts";
import type { Plane } from "./slice.ts";

export const SCENE_VERSION = 2;

/** Keys of the JSON header, each required. */
export const HEADER_KEYS = [
  "version",
  "viewer",
  "digest",
  "label",
  "unit",
  "limit",
  "selected",
  "selection",
  "look",
  "species",
  "arrows",
  "tensors",
  "volume",
  "run",
  "is_movable",
  "height",
  "arrays",
] as const;

export interface Species {
  number: number;
  symbol: string;
  /** Covalent radius in Å. */
  radius: number;
  is_metal: boolean;
}

/** What Python wants of the looks; null leaves what the visitor chose. */
export interface Look {
  representation: "ball-and-stick" | "spheres" | "sticks";
  labels: "none" | "element" | "index" | "value";
  supercell: [number, number, number];
  is_orthographic: boolean;
  has_toolbar: boolean;
  has_legend: boolean;
}

export interface ArrowHeader {
  label: string;
  unit: string;
  /** Å drawn for one unit. */
  length_per_unit: number;
  color: string;
  /** The origin is the middle of the arrow instead of its tail. */
  is_centered: boolean;
}

export interface Arrows extends ArrowHeader {
  origins: Float32Array;
  vectors: Float32Array;
  /** The atom that each arrow moves with; null for arrows that stay. */
  atoms: Uint32Array | null;
}

export interface TensorHeader {
  label: string;
  unit: string;
  length_per_unit: number;
  /** Eigenvalue at which the colours saturate. */
  limit: number;
}

export interface Tensors extends TensorHeader {
  atoms: Uint32Array;
  /** Nine numbers a tensor, row after row. */
  values: Float32Array;
}

export interface VolumeHeader {
  label: string;
  unit: string;
  limit: number;
  isovalue: number | null;
  slice: Plane | null;
  is_periodic: boolean;
  cell: number[];
  origin: number[];
  /** Digest of the values, which may come apart from the scene. */
  grid: string;
}

export interface Volume extends VolumeHeader {
  values: GridValues | null;
}

export interface GridValues {
  values: Float32Array;
  shape: Grid["shape"];
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
  selection: number[];
  look: Look | null;
  species: Map<number, Species>;
  numbers: Uint8Array;
  /** x, y, z of each atom in Å. */
  positions: Float32Array;
  /** Three lattice vectors, row after row, in Å; null for an open system. */
  cell: Float32Array | null;
  /** One value an atom; null colours by element. */
  values: Float32Array | null;
  arrows: Arrows[];
  tensors: Tensors | null;
  volume: Volume | null;
  /** The trajectory whose frames are shown; null for none. */
  run: string | null;
  /** Whether Python wants to hear of atoms that were dragged. */
  isMovable: boolean;
  /** Of the place on the page, in pixels; null where the host sets it. */
  height: number | null;
}

const SWAPPED = 0.1; // of the atoms may be of another element, or one
const STRAINED = 0.35; // of the longest part of the cell may each part differ

/** Whether the camera may stay where it is: the same atoms moved, a strained cell, an element swapped. */
export function sameSubject(previous: Scene | null, next: Scene): boolean {
  if (previous === null || previous.numbers.length !== next.numbers.length) return false;
  const swapped = next.numbers.filter((number, i) => number !== previous.numbers[i]).length;
  return swapped <= Math.max(1, SWAPPED * next.numbers.length) && nearlySame(previous.cell, next.cell);
}

/** Whether the same atoms, in no cell, came among a potential, which reaches far beyond them, or were left by it. */
export const reachesElsewhere = (previous: Scene | null, next: Scene): boolean =>
  next.cell === null && (previous?.volume == null) !== (next.volume === null);

function nearlySame(a: Float32Array | null, b: Float32Array | null): boolean {
  if (a === null || b === null) return a === b;
  const longest = a.reduce((most, part) => Math.max(most, Math.abs(part)), 0);
  return b.every((part, i) => Math.abs(part - a[i]!) <= STRAINED * longest);
}

export function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export const symbolOf = (scene: Scene, atom: number): string => scene.species.get(scene.numbers[atom]!)?.symbol ?? "?";

export const covalentRadii = (scene: Scene): Float32Array =>
  Float32Array.from(scene.numbers, (number) => scene.species.get(number)?.radius ?? 1);

/** 1 for each atom of a metal. */
export const metalsOf = (scene: Scene): Uint8Array =>
  Uint8Array.from(scene.numbers, (number) => Number(scene.species.get(number)?.is_metal === true));
