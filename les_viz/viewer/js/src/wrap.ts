// Where the atoms of a crystal are drawn: molecules whole and with their centre in the cell, networks atom by atom.
// A molecule is what bonds (through the boundary too) hold together without reaching its own image.
import { type Pair, TOLERANCE, SMALLEST_DISTANCE, cationsAmong, findBonds } from "./bonds.ts";

type Triple = [number, number, number];

interface Link {
  to: number;
  /** Lattice vectors to add to the other atom so that it lies next to this one. */
  shift: Triple;
}

const ORIGIN: Triple = [0, 0, 0];
const NEAR_IMAGES: Triple[] = [-1, 0, 1].flatMap((i) => [-1, 0, 1].flatMap((j) => [-1, 0, 1].map((k): Triple => [i, j, k])));
const EDGE = 1e-6; // an atom on the lower face stays there
const LEDGE = 0.7; // Å before a face that atoms of networks may lie: a crystal that shakes stays in one piece

/** Molecules of a crystal, found once and then made whole wherever their atoms go. */
export interface Molecules {
  wrap(positions: Float32Array, cell: Float32Array): Float32Array;
}

export function findMolecules(
  positions: Float32Array,
  cell: Float32Array,
  radii: Float32Array,
  metals: Uint8Array = new Uint8Array(radii.length),
): Molecules {
  const groups = groupsOf(withoutCationPairs(linksOf(fractionalIn(cell, positions), cell, radii), metals));
  return { wrap: (moved, now) => wrapped(fractionalIn(now, moved), now, groups) };
}

/** Each atom in the cell, whatever becomes of its molecule. */
export function wrapAtoms(positions: Float32Array, cell: Float32Array): Float32Array {
  const placed = new Float32Array(positions.length);
  fractionalIn(cell, positions).forEach((place, i) => placed.set(cartesian(cell, plus(place, floors(place), -1)), 3 * i));
  return placed;
}

export const wrapMolecules = (positions: Float32Array, cell: Float32Array, radii: Float32Array): Float32Array =>
  findMolecules(positions, cell, radii).wrap(positions, cell);

function wrapped(fractional: Triple[], cell: Float32Array, groups: Group[]): Float32Array {
  const placed = new Float32Array(3 * fractional.length);
  const ledge = heights(cell).map((height) => LEDGE / height) as Triple;
  for (const { members, isNetwork } of groups) {
    const places = isNetwork ? null : wholeOf(fractional, members);
    const offset = places === null ? null : floors(middle(places));
    members.forEach(({ atom }, k) => {
      const place = places === null ? fractional[atom]! : places[k]!;
      placed.set(cartesian(cell, plus(place, offset ?? floors(plus(place, ledge)), -1)), 3 * atom);
    });
  }
  return placed;
}

/** Each atom next to the one it was reached from. */
function wholeOf(fractional: Triple[], members: Member[]): Triple[] {
  const places: Triple[] = [];
  for (const { atom, from } of members) {
    const near = from === null ? fractional[atom]! : places[from]!;
    const difference = plus(fractional[atom]!, near, -1);
    places.push(plus(fractional[atom]!, difference.map((x) => 0 - Math.round(x)) as Triple));
  }
  return places;
}

function groupsOf(links: Link[][]): Group[] {
  const seen = new Array<boolean>(links.length).fill(false);
  const groups: Group[] = [];
  for (let start = 0; start < links.length; start++) if (!seen[start]) groups.push(follow(start, links, seen));
  return groups;
}

interface Member {
  atom: number;
  /** Which member of the group it was reached from. */
  from: number | null;
}

interface Group {
  members: Member[];
  isNetwork: boolean;
}

function follow(start: number, links: Link[][], seen: boolean[]): Group {
  const shifts = new Map<number, Triple>([[start, [0, 0, 0]]]);
  const members: Member[] = [{ atom: start, from: null }];
  let isNetwork = false;
  seen[start] = true;
  for (let next = 0; next < members.length; next++) {
    const { atom } = members[next]!;
    for (const { to, shift } of links[atom]!) {
      const wanted = plus(shifts.get(atom)!, shift);
      const known = shifts.get(to);
      if (known !== undefined) {
        if (known.some((s, axis) => s !== wanted[axis])) isNetwork = true;
        continue;
      }
      seen[to] = true;
      shifts.set(to, wanted);
      members.push({ atom: to, from: next });
    }
  }
  return { members, isNetwork };
}

/** Bonds of every atom: to the nearest image of another, in small cells to every image within reach. */
function linksOf(fractional: Triple[], cell: Float32Array, radii: Float32Array): Link[][] {
  const links: Link[][] = Array.from(radii, () => []);
  const width = 2 * TOLERANCE * radii.reduce((a, b) => Math.max(a, b), 0.1);
  const counts = heights(cell).map((height) => Math.max(1, Math.floor(height / width))) as Triple;
  const images = 2 * width < Math.min(...heights(cell)) ? [ORIGIN] : NEAR_IMAGES;
  const boxOf = (f: Triple) => f.map((x, d) => Math.min(counts[d]! - 1, Math.floor((x - Math.floor(x)) * counts[d]!)));
  const boxes = new Map<string, number[]>();
  fractional.forEach((f, j) => {
    const [a, b, c] = boxOf(f) as Triple;
    for (const key of around([a, b, c], counts))
      for (const i of boxes.get(key) ?? []) {
        const reach = TOLERANCE * (radii[i]! + radii[j]!);
        for (const shift of bondedImages(fractional[i]!, f, cell, reach, images)) {
          links[i]!.push({ to: j, shift });
          links[j]!.push({ to: i, shift: plus(ORIGIN, shift, -1) });
        }
      }
    const key = `${a},${b},${c}`;
    const members = boxes.get(key);
    if (members === undefined) boxes.set(key, [j]);
    else members.push(j);
  });
  return links;
}

/** Which atoms are metals bonded to a non-metal, be it through the boundary; null where there is no metal. */
export function cationsOf(positions: Float32Array, cell: Float32Array | null, radii: Float32Array, metals: Uint8Array): Uint8Array | null {
  if (!metals.includes(1)) return null;
  const pairs = cell === null ? findBonds(positions, radii) : pairsOf(linksOf(fractionalIn(cell, positions), cell, radii));
  return cationsAmong(pairs, metals);
}

const pairsOf = (links: Link[][]): Pair[] => links.flatMap((own, i) => own.map(({ to }): Pair => [i, to]));

function withoutCationPairs(links: Link[][], metals: Uint8Array): Link[][] {
  const cations = cationsAmong(pairsOf(links), metals);
  return cations === null ? links : links.map((own, i) => own.filter(({ to }) => cations[i] === 0 || cations[to] === 0));
}

/** The boxes next to one, through the boundary, each once. */
function around([a, b, c]: Triple, [na, nb, nc]: Triple): Set<string> {
  const keys = new Set<string>();
  for (const i of [-1, 0, 1])
    for (const j of [-1, 0, 1])
      for (const k of [-1, 0, 1]) keys.add(`${(a + i + na) % na},${(b + j + nb) % nb},${(c + k + nc) % nc}`);
  return keys;
}

function bondedImages(from: Triple, to: Triple, cell: Float32Array, reach: number, images: Triple[]): Triple[] {
  const difference = plus(to, from, -1);
  const nearest = difference.map((x) => 0 - Math.round(x)) as Triple;
  return images
    .map((image) => plus(nearest, image))
    .filter((shift) => {
      const distance = Math.hypot(...cartesian(cell, plus(difference, shift)));
      return distance > SMALLEST_DISTANCE && distance < reach;
    });
}

const at = (positions: Float32Array, i: number): Triple => [
  positions[3 * i]!,
  positions[3 * i + 1]!,
  positions[3 * i + 2]!,
];
const plus = (p: Triple, q: Triple, sign = 1): Triple => [p[0] + sign * q[0], p[1] + sign * q[1], p[2] + sign * q[2]];
const floors = (p: Triple): Triple => p.map((x) => Math.floor(x + EDGE)) as Triple;
const middle = (places: Triple[]): Triple =>
  [0, 1, 2].map((axis) => places.reduce((sum, p) => sum + p[axis]!, 0) / places.length) as Triple;

function cartesian(cell: Float32Array, [x, y, z]: Triple): Triple {
  return [0, 1, 2].map((axis) => x * cell[axis]! + y * cell[3 + axis]! + z * cell[6 + axis]!) as Triple;
}

/** Rows r_i with r_i · p = fractional coordinate i of p. */
function invert(cell: Float32Array): Triple[] {
  const [a, b, c] = [at(cell, 0), at(cell, 1), at(cell, 2)];
  const volume = dot(a, cross(b, c));
  return [cross(b, c), cross(c, a), cross(a, b)].map((v) => v.map((x) => x / volume) as Triple);
}

function fractionalIn(cell: Float32Array, positions: Float32Array): Triple[] {
  const inverse = invert(cell);
  return Array.from({ length: positions.length / 3 }, (_, i) => times(inverse, at(positions, i)));
}

const heights = (cell: Float32Array): number[] => invert(cell).map((row) => 1 / Math.hypot(...row));
const times = (rows: Triple[], p: Triple): Triple => rows.map((row) => dot(row, p)) as Triple;
const dot = (p: Triple, q: Triple): number => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
const cross = (p: Triple, q: Triple): Triple => [
  p[1] * q[2] - p[2] * q[1],
  p[2] * q[0] - p[0] * q[2],
  p[0] * q[1] - p[1] * q[0],
];
