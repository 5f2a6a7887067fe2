// The clock of a trajectory: which frame is shown when. Knows nothing of pictures.

export const SPEEDS = [1, 2, 5, 10, 15, 30, 60] as const; // frames a second
const FIRST_SPEED = 15;
const LOW = 0.5; // ask for more when less than this part of the last piece is left

export interface PlayerState {
  frame: number;
  isPlaying: boolean;
  /** Frames a second. */
  speed: number;
}

export class Player {
  readonly state: PlayerState = { frame: 0, isPlaying: false, speed: FIRST_SPEED };
  private due = 0;
  private askedAt = -1;

  /** Start anew: a live run plays at once. */
  begin(isLive: boolean): void {
    this.state.frame = 0;
    this.state.isPlaying = isLive;
    this.due = 0;
    this.askedAt = -1;
  }

  toggle(count: number, isLive: boolean): void {
    this.state.isPlaying = !this.state.isPlaying;
    this.due = 0;
    if (this.state.isPlaying && !isLive && this.state.frame >= count - 1) this.state.frame = 0;
  }

  goTo(frame: number, count: number): void {
    this.state.frame = Math.min(Math.max(0, frame), Math.max(0, count - 1));
  }

  /** The clock says `now` (ms): step on if it is time; say whether the frame changed. A slow picture skips frames. */
  tick(now: number, count: number, isLive: boolean): boolean {
    if (!this.state.isPlaying || count === 0) return false;
    if (this.due === 0) this.due = now;
    if (now < this.due) return false;
    const interval = 1000 / this.state.speed;
    const steps = 1 + Math.floor((now - this.due) / interval);
    this.due += steps * interval;
    const before = this.state.frame;
    this.goTo(before + steps, count);
    if (!isLive && before >= count - 1) this.state.isPlaying = false;
    return this.state.frame !== before;
  }

  /** Whether a live run should send more: once for each state of the store. */
  wantsMore(count: number, lastPiece: number, isLive: boolean): boolean {
    if (!isLive || !this.state.isPlaying || this.askedAt === count) return false;
    if (count - 1 - this.state.frame > LOW * lastPiece) return false;
    this.askedAt = count;
    return true;
  }

  /** The answer to the last question was empty: ask again. */
  askAgain(): void {
    this.askedAt = -1;
  }
}
