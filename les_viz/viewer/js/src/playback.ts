// A trajectory on the stage: takes pieces, runs the clock, hands out frames, asks for more.
import { type Frame, FrameStore, type Piece, type Seek } from "./frames.ts";
import { Player } from "./player.ts";
import { sameNumbers } from "./scene.ts";
import { Transport } from "./transport.ts";

const PATIENCE = 200; // ms before an empty answer is asked again
const STILL = 1500; // ms without another frame after which a moving picture counts as resting
const WHILE_HELD = 2000; // ms between questions for more of a run that goes on while the picture rests
const WORDS_OF_LIVE = 250; // ms between words below a moving picture: the page around them is painted again each time
const SETTLED = 150; // ms without another move until a chosen frame is told

export type OnTick = (question: { run: string; have: number }) => void;
/** A frame to draw; `isMoving` if the next one follows at once. */
export type OnFrame = (frame: Frame, isMoving: boolean) => void;
export type OnShow = (choice: { run: string; frame: number | null }) => void;

export class Playback {
  onTick: OnTick = () => {};
  onShow: OnShow = () => {};
  private readonly store = new FrameStore();
  private readonly player = new Player();
  private readonly transport: Transport;
  private readonly onFrame: OnFrame;
  private readonly isAlive: () => boolean;
  private lastPiece = 0;
  private sought: Seek | null = null;
  private home: Seek | null = null;
  private telling: ReturnType<typeof setTimeout> | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private request = 0;
  private scrubbing = 0;
  private drawnAt = 0;
  private saidAt = 0;
  private isMoving = false;

  constructor(parent: HTMLElement, before: Element, onFrame: OnFrame, isAlive: () => boolean) {
    [this.onFrame, this.isAlive] = [onFrame, isAlive];
    this.transport = new Transport(parent, before, {
      play: () => this.play(),
      goLive: () => this.goLive(),
      goTo: (frame) => this.choose(frame),
      setSpeed: (speed) => this.player.setSpeed(speed),
    });
  }

  get frame(): Frame | null {
    return this.store.at(this.player.state.frame);
  }

  get isPlaying(): boolean {
    return this.player.state.isPlaying;
  }

  /** Take a piece of a run, or (null) show none any more. */
  take(piece: Piece | null): void {
    if (piece === null) {
      this.store.clear();
      return this.refresh();
    }
    const isNew = piece.run !== this.store.run;
    const before = isNew ? 0 : this.store.count;
    if (!this.store.add(piece)) return;
    if (isNew) this.player.begin(piece.isLive || piece.isPlaying === true);
    if (isNew && this.home?.run === piece.run) this.player.goTo(this.home.frame ?? 0, this.store.count);
    if (this.store.count > before) this.lastPiece = this.store.count - before;
    else setTimeout(() => this.player.askAgain(), PATIENCE);
    if (piece.isLive) this.player.arrived(performance.now(), this.store.count - before);
    if (isNew) this.draw();
    if (this.sought !== null) this.seek(this.sought);
    this.refresh();
    this.run();
  }

  /** Whether no other frame is shown than the structure with these positions. */
  restsAt(positions: Float32Array): boolean {
    return this.frame === null || (!this.isPlaying && sameNumbers(this.frame.positions, positions));
  }

  /** Go to a frame that Python wishes to see, as soon as it is there; an old wish says where to begin again. */
  seek(seek: Seek, isNew = true): void {
    this.home = seek;
    if (!isNew) return;
    this.sought = seek;
    if (seek.run !== this.store.run || (seek.frame ?? 0) >= this.store.count) return;
    this.sought = null;
    if (seek.frame === null) {
      this.player.goLive(this.store.count);
      return this.run();
    }
    if (seek.isHeld) this.player.hold();
    this.goTo(seek.frame);
  }

  play(): void {
    if (this.store.count === 0) return;
    this.player.toggle(this.store.count, this.store.isLive);
    if (this.player.state.isPlaying) this.tellThatItMoves();
    else {
      this.draw();
      this.tell();
    }
    this.refresh();
    this.run();
  }

  /** Hold the picture of a run at the frame nearest to a time, fs. */
  holdAt(run: string, time: number): void {
    const frame = run === this.store.run ? this.store.nearest(time) : null;
    if (frame === null) return;
    this.player.hold();
    this.choose(frame);
  }

  private goLive(): void {
    this.player.goLive(this.store.count);
    this.tellThatItMoves();
    this.draw();
    this.refresh();
    this.run();
  }

  stepFrame(by: number): void {
    this.choose(this.player.state.frame + by);
  }

  /** Stop the clock for good. */
  dispose(): void {
    cancelAnimationFrame(this.request);
    cancelAnimationFrame(this.scrubbing);
    clearTimeout(this.telling);
    clearTimeout(this.waiting);
  }

  /** The visitor moves to a frame. */
  private choose(frame: number): void {
    if (this.store.isLive) this.player.hold();
    this.player.goTo(frame, this.store.count);
    this.refresh();
    cancelAnimationFrame(this.scrubbing); // a slider moves more often than the browser paints
    this.scrubbing = requestAnimationFrame(() => this.draw(true));
    this.tell();
    this.run();
  }

  /** Say where the picture rests, once it does. */
  private tell(): void {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      if (this.isMoving && !this.isPlaying) this.draw();
      this.onShow({ run: this.store.run, frame: this.player.state.frame });
    }, SETTLED);
  }

  /** The picture of a live run is held no more. */
  private tellThatItMoves(): void {
    clearTimeout(this.telling);
    if (this.store.isLive) this.onShow({ run: this.store.run, frame: null });
  }

  private goTo(frame: number): void {
    this.player.goTo(frame, this.store.count);
    this.draw();
    this.refresh();
  }

  private draw(isMoving = this.player.state.isPlaying, now = performance.now()): void {
    const { frame } = this;
    this.isMoving = isMoving;
    this.drawnAt = now;
    this.player.drawn(now);
    if (frame !== null) this.onFrame(frame, this.isMoving);
  }

  /** A picture between two frames of a run that brings few. */
  private drawBetween(part: number | null, now: number): void {
    const frame = part === null ? null : this.store.between(this.player.state.frame, part);
    if (frame === null) return;
    [this.isMoving, this.drawnAt] = [true, now];
    this.player.drawn(now);
    this.onFrame(frame, true);
  }

  /** A picture that rests may be a better one: of a run that has ended, or that brings no more frames just now. */
  private settle(now: number): void {
    if (!this.isMoving || (this.player.state.isPlaying && now - this.drawnAt < STILL)) return;
    this.isMoving = false;
    if (this.frame !== null) this.onFrame(this.frame, false);
  }

  private refresh(): void {
    const isBehind = this.store.isLive ? this.player.isBehind(this.store.count) : null;
    this.transport.show(this.player.state, this.store.count, this.frame?.time ?? null, isBehind);
  }

  private run(): void {
    cancelAnimationFrame(this.request);
    clearTimeout(this.waiting);
    if (!this.player.state.isPlaying) return this.wait();
    const step = (now: number) => {
      const { store, player } = this;
      if (this.isAlive()) {
        if (player.tick(now, store.count, store.isLive)) this.draw(player.state.isPlaying, now);
        else this.drawBetween(player.tween(now, store.count, store.isLive), now);
        this.settle(now);
        if (player.wantsMore(now, store.count, this.lastPiece, store.isLive)) this.onTick({ run: store.run, have: store.count });
        if (!store.isLive || now - this.saidAt > WORDS_OF_LIVE) {
          this.saidAt = now;
          this.refresh();
        }
      }
      if (player.state.isPlaying) this.request = requestAnimationFrame(step);
      else this.rest();
    };
    this.request = requestAnimationFrame(step);
  }

  private rest(): void {
    this.tell();
    this.wait();
  }

  /** While the picture of a live run is held, keep what can be gone back to. */
  private wait(): void {
    if (!this.store.isLive) return;
    this.waiting = setTimeout(() => {
      if (this.isAlive()) this.onTick({ run: this.store.run, have: this.store.count });
      this.wait();
    }, WHILE_HELD);
  }
}
