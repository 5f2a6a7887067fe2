// Play, scrub and speed below the picture.
import { make } from "./dom.ts";
import { type PlayerState, SPEEDS } from "./player.ts";

const SELDOM = 250; // ms between two looks of the bar while frames play: each costs the browser as much as a frame

export interface TransportActions {
  play(): void;
  goLive(): void;
  goTo(frame: number): void;
  setSpeed(speed: number): void;
}

export class Transport {
  private readonly row: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly slider: HTMLInputElement;
  private readonly speed: HTMLSelectElement;
  private readonly words: HTMLElement;
  private readonly live: HTMLButtonElement;
  private shown = "";
  private shownAt = -Infinity;
  private wasPlaying = false;

  constructor(parent: HTMLElement, before: Element, actions: TransportActions) {
    this.row = make("div", "les-tools les-transport les-hidden", parent);
    parent.insertBefore(this.row, before);
    this.row.setAttribute("role", "group");
    this.row.setAttribute("aria-label", "Trajectory");
    this.button = make("button", "les-play", this.row);
    this.button.type = "button";
    this.button.addEventListener("click", () => actions.play());
    this.slider = make("input", "les-scrub", this.row);
    Object.assign(this.slider, { type: "range", min: "0", step: "1" });
    this.slider.setAttribute("aria-label", "Frame");
    this.slider.addEventListener("input", () => actions.goTo(Number(this.slider.value)));
    this.words = make("span", "les-frame", this.row);
    this.live = make("button", "les-live les-hidden", this.row);
    this.live.type = "button";
    this.live.textContent = "Back to live";
    this.live.title = "Show the newest frame of the run, and go on with it";
    this.live.addEventListener("click", () => actions.goLive());
    this.speed = make("select", "", this.row);
    this.speed.title = "Frames a second";
    this.speed.setAttribute("aria-label", "Frames a second");
    for (const speed of SPEEDS) make("option", "", this.speed).textContent = `${speed}/s`;
    this.speed.addEventListener("change", () => actions.setSpeed(SPEEDS[this.speed.selectedIndex]!));
  }

  /** `isBehind`: null of a run that is not live. */
  show(state: PlayerState, count: number, time: number | null, isBehind: boolean | null): void {
    const key = `${isBehind} ${state.frame} ${state.isPlaying} ${state.speed} ${count} ${time}`;
    const now = performance.now();
    const isPressed = state.isPlaying !== this.wasPlaying;
    if (key === this.shown || (state.isPlaying && !isPressed && now - this.shownAt < SELDOM)) return;
    [this.shown, this.shownAt, this.wasPlaying] = [key, now, state.isPlaying];
    this.row.classList.toggle("les-hidden", count === 0);
    if (count === 0) return;
    this.button.textContent = state.isPlaying ? "Pause" : "Play";
    this.button.setAttribute("aria-pressed", String(state.isPlaying));
    this.slider.max = String(count - 1);
    this.slider.value = String(state.frame);
    const isHeld = isBehind !== null && !state.isPlaying;
    this.words.textContent = `${isHeld ? "held at " : ""}${time === null ? "" : `${timeInWords(time)} \u00b7 `}${state.frame + 1} / ${count}`;
    this.live.classList.toggle("les-hidden", isBehind !== true);
    this.speed.selectedIndex = SPEEDS.findIndex((speed) => speed === state.speed);
  }
}

export const timeInWords = (fs: number): string => (Math.abs(fs) < 10_000 ? `${fs.toFixed(1)} fs` : `${(fs / 1000).toFixed(2)} ps`);
