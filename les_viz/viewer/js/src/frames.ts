// The frames of a trajectory, as they come in: all at once, or piece by piece while they are computed.
import type { Container } from "./container.ts";

/** Keys of the JSON header of a piece, each required. */
/** `turn` is not read: it makes answers that hold the same frames differ, so that Streamlit delivers each. */
export const FRAMES_KEYS = ["version", "viewer", "run", "first", "is_live", "is_playing", "turn", "digest", "arrays"] as const;

export interface Piece {
  run: string;
  first: number;
  isLive: boolean;
  /** Plays at once although it is not live. */
  isPlaying?: boolean;
  digest: string;
  count: number;
  atoms: number;
  positions: Float32Array;
  values: Float32Array | null;
  times: Float32Array | null;
  /** Nine numbers a frame; null where the cell does not change. */
  cells: Float32Array | null;
}

/** A frame to go to. */
export interface Seek {
  run: string;
  /** Its number; null for the newest, and on from there. */
  frame: number | null;
  isHeld: boolean;
  /** Tells one wish from the next. */
  turn: number;
}

export function seekIn({ header }: Container): Seek {
  const sought = header["seek"] as { frame: number | null; is_held: boolean; turn: number };
  return { run: String(header["run"]), frame: sought.frame, isHeld: sought.is_held, turn: sought.turn };
}

export function pieceIn(box: Container): Piece {
  box.require(FRAMES_KEYS);
  const [count, atoms] = box.shape("frames.positions") as [number, number, number];
  return {
    run: String(box.header["run"]),
    first: Number(box.header["first"]),
    isLive: box.header["is_live"] === true,
    isPlaying: box.header["is_playing"] === true,
    digest: String(box.header["digest"]),
    count,
    atoms,
    positions: box.floats("frames.positions")!,
    values: box.floats("frames.values"),
    times: box.floats("frames.times"),
    cells: box.floats("frames.cells"),
  };
}

export interface Frame {
  positions: Float32Array;
  values: Float32Array | null;
  /** fs, or null. */
  time: number | null;
  /** Null where it is that of the scene. */
  cell: Float32Array | null;
}

/** Frames in the order of their numbers; pieces that overlap what is there, or leave a gap, add nothing twice. */
export class FrameStore {
  run = "";
  isLive = false;
  atoms = 0;
  private readonly pieces: Piece[] = [];
  private readonly seen = new Set<string>();

  get count(): number {
    const last = this.pieces.at(-1);
    return last === undefined ? 0 : last.first + last.count;
  }

  /** Take a piece; say whether anything changed. */
  add(piece: Piece): boolean {
    if (piece.run !== this.run) {
      this.clear();
      this.run = piece.run;
      this.atoms = piece.atoms;
    }
    if (this.seen.has(piece.digest)) return false;
    this.seen.add(piece.digest);
    this.isLive = piece.isLive;
    const fresh = piece.first <= this.count ? cutHead(piece, this.count - piece.first) : null;
    if (fresh !== null && fresh.count > 0 && fresh.atoms === this.atoms) this.pieces.push(fresh);
    return true;
  }

  at(number: number): Frame | null {
    let last = this.pieces.length - 1;
    while (last >= 0 && this.pieces[last]!.first > number) last--; // mostly the newest piece is asked for
    const piece = this.pieces[last];
    if (piece === undefined || number >= piece.first + piece.count) return null;
    const [i, n] = [number - piece.first, piece.atoms];
    return {
      positions: piece.positions.subarray(3 * n * i, 3 * n * (i + 1)),
      values: piece.values?.subarray(n * i, n * (i + 1)) ?? null,
      time: piece.times?.[i] ?? null,
      cell: piece.cells?.subarray(9 * i, 9 * (i + 1)) ?? null,
    };
  }

  /** Between a frame and the next one; the frame itself where there is no next one. */
  between(number: number, part: number): Frame | null {
    const [from, to] = [this.at(number), this.at(number + 1)];
    if (from === null || to === null || part <= 0) return from;
    const mix = (p: Float32Array, q: Float32Array) => p.map((x, i) => x + part * (q[i]! - x));
    const values = from.values === null || to.values === null ? from.values : mix(from.values, to.values);
    const cell = from.cell === null || to.cell === null ? from.cell : mix(from.cell, to.cell);
    return { positions: mix(from.positions, to.positions), values, time: from.time, cell };
  }

  /** The number of the frame nearest to a time; null where frames have no times. */
  nearest(time: number): number | null {
    let [found, distance]: [number | null, number] = [null, Infinity];
    for (const { first, times } of this.pieces) {
      times?.forEach((t, i) => {
        if (Math.abs(t - time) < distance) [found, distance] = [first + i, Math.abs(t - time)];
      });
    }
    return found;
  }

  clear(): void {
    this.pieces.length = 0;
    this.seen.clear();
    this.run = "";
    this.isLive = false;
  }
}

function cutHead(piece: Piece, by: number): Piece {
  const skip = Math.min(by, piece.count);
  if (skip === 0) return piece;
  const { atoms } = piece;
  return {
    ...piece,
    first: piece.first + skip,
    count: piece.count - skip,
    positions: piece.positions.subarray(3 * atoms * skip),
    values: piece.values?.subarray(atoms * skip) ?? null,
    times: piece.times?.subarray(skip) ?? null,
    cells: piece.cells?.subarray(9 * skip) ?? null,
  };
}
