// The clock of a trajectory: which frame is shown when. Knows nothing of pictures.

export const SPEEDS = [1, 2, 5, 10, 15, 30, 60] as const; // frames a second
const FIRST_SPEED = 15;
const SMOOTH = 15; // pictures a second of a live run: between its frames where it brings fewer, without some where more
const PAUSE = 1000 / SMOOTH - 8; // ms between pictures: a screen counts in steps of twice as much
const LOW = 0.5; // ask for more when less than this part of the last piece is left
const RESERVE = 0.9; // s of frames that a live run keeps in hand, so that it moves evenly
const CATCH_UP = 1.15; // times the rate at which frames come, while there are more in hand than that
const FALL_BACK = 0.9;
const CATCHING_UP = 3; // s of frames in hand from which on a live run is shown at
const AT_FULL_SPEED = 3; // times the rate at which frames come
const LAGGING = 6; // s of frames in hand from which on the way back to the newest is offered
const RATE_OVER = 4000; // ms
const BETWEEN_QUESTIONS = 600; // ms: each costs the server a run of the page
const LOST = 4000; // ms without an answer: the page was run again in the middle of it

export interface PlayerState {
  frame: number;
  isPlaying: boolean;
  /** Frames a second. */
  speed: number;
}

export class Player {
  readonly state: PlayerState = { frame: 0, isPlaying: false, speed: FIRST_SPEED };
  private due = 0;
  private interval = 1;
  private pictureAt = -Infinity;
  private isSpeedChosen = false;
  private askedAt = -1;
  private askedWhen = -Infinity;
  private readonly arrivals: { when: number; count: number }[] = [];

  /** Start anew: a live run plays at once. */
  begin(isLive: boolean): void {
    this.state.frame = 0;
    this.state.isPlaying = isLive;
    this.due = 0;
    this.askedAt = -1;
    this.arrivals.length = 0;
  }

  /** Frames of a live run came in: remember how fast they do. */
  arrived(now: number, count: number): void {
    this.arrivals.push({ when: now, count });
    while (this.arrivals.length > 2 && now - this.arrivals[0]!.when > RATE_OVER) this.arrivals.shift();
  }

  /** Go on from the newest frame. */
  goLive(count: number): void {
    this.goTo(count - 1, count);
    this.state.isPlaying = true;
    this.due = 0;
  }

  /** Hold the picture. */
  hold(): void {
    this.state.isPlaying = false;
  }

  /** The visitor wants so many frames a second; of a live run, at most so many. */
  setSpeed(speed: number): void {
    this.state.speed = speed;
    this.isSpeedChosen = true;
  }

  /** Frames a second that a live run brings, or null while nothing is known. */
  private get rate(): number | null {
    const [first, last] = [this.arrivals[0], this.arrivals.at(-1)];
    if (first === undefined || last === undefined || last.when === first.when) return null;
    const came = this.arrivals.slice(1).reduce((sum, arrival) => sum + arrival.count, 0);
    return (1000 * came) / (last.when - first.when);
  }

  /** Frames a second to show now: what was chosen, but those of a live run as fast as they come. */
  pace(count: number, isLive: boolean): number {
    const { rate } = this;
    if (!isLive || rate === null) return this.state.speed;
    const inHand = count - 1 - this.state.frame;
    const haste = inHand > CATCHING_UP * rate ? AT_FULL_SPEED : inHand > RESERVE * rate ? CATCH_UP : FALL_BACK;
    return Math.min(this.isSpeedChosen ? this.state.speed : Infinity, Math.max(1, haste * rate));
  }

  /** Whether a live run has gone on beyond what is shown. */
  isBehind(count: number): boolean {
    return !this.state.isPlaying || count - 1 - this.state.frame > LAGGING * Math.max(this.state.speed, this.rate ?? 0);
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
    const interval = 1000 / this.pace(count, isLive);
    const isTooSoon = isLive && interval < 1000 / SMOOTH && now - this.pictureAt < PAUSE;
    if (now < this.due || isTooSoon) return false;
    const steps = 1 + Math.floor((now - this.due) / interval);
    this.due += steps * interval;
    this.interval = interval;
    const before = this.state.frame;
    this.goTo(before + steps, count);
    if (!isLive && before >= count - 1) this.state.isPlaying = false;
    return this.state.frame !== before;
  }

  /** How far between this frame and the next a picture is due now (above 0 to 1), or null if none is. */
  tween(now: number, count: number, isLive: boolean): number | null {
    const isSlow = this.interval > 1000 / SMOOTH;
    if (!isLive || !this.state.isPlaying || !isSlow || this.state.frame >= count - 1) return null;
    if (now - this.pictureAt < PAUSE) return null;
    return Math.min(1, Math.max(0, 1 - (this.due - now) / this.interval));
  }

  /** A picture was drawn. */
  drawn(now: number): void {
    this.pictureAt = now;
  }

  /** Whether a live run should send more: once for each state of the store, and not too often. */
  wantsMore(now: number, count: number, lastPiece: number, isLive: boolean): boolean {
    if (!isLive || !this.state.isPlaying) return false;
    if (now - this.askedWhen < (this.askedAt === count ? LOST : BETWEEN_QUESTIONS)) return false;
    if (count - 1 - this.state.frame > Math.max(LOW * lastPiece, RESERVE * this.pace(count, isLive))) return false;
    this.askedWhen = now;
    this.askedAt = count;
    return true;
  }

  /** The answer to the last question was empty: ask again. */
  askAgain(): void {
    this.askedAt = -1;
  }
}
