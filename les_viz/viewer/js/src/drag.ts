// Dragging an atom in the plane of the screen: the picture follows the pointer, Python hears of it when it is let go.
import { type Eye, type Pointer, project, quaternionOf, rotate } from "./camera.ts";
import { placeIn } from "./pointer.ts";
import { type Vector, plus, row } from "./vectors.ts";

export interface Move {
  readonly atom: number;
  /** Å. */
  readonly by: Vector;
}

export interface Grip {
  atom: number;
  /** Where it is drawn. */
  place: Vector;
}

export interface DragHost {
  eye(): Eye;
  /** The atom below the pointer, if it may be moved. */
  grip(at: Pointer): Grip | null;
  /** Draw it there. */
  show(move: Move): void;
  drop(move: Move): void;
}

const SLACK = 4; // pixels that a click may tremble
const PATIENCE = 300; // ms until a scene can be an answer
const DIGITS = 1e3; // Å are told with three of them

/** How far a place must move, at its own depth, to follow the pointer. */
export function follow(eye: Eye, place: Vector, from: Pointer, to: Pointer): Vector {
  const { scale } = project(eye, place);
  const [x, y, z, w] = quaternionOf(eye.view);
  return rotate([-x, -y, -z, w], [((to.x - from.x) * eye.aspect) / scale, (to.y - from.y) / scale, 0]);
}

export class Drag {
  /** Every drag that begins on an atom moves it; otherwise those with Alt held. */
  isOn = false;
  private droppedAt = 0;
  private held: (Grip & { from: Pointer; x: number; y: number; by: Vector | null }) | null = null;
  private readonly stage: HTMLElement;
  private readonly host: DragHost;

  constructor(stage: HTMLElement, host: DragHost) {
    [this.stage, this.host] = [stage, host];
    stage.addEventListener("pointerdown", (event) => this.grab(event), true);
    stage.addEventListener("pointermove", (event) => this.pull(event), true);
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, () => this.letGo(), true);
    for (const start of ["mousedown", "touchstart"]) stage.addEventListener(start, (event) => this.keepFromTurning(event), true);
  }

  private grab(event: PointerEvent): void {
    if (event.button !== 0 || !(this.isOn || event.altKey)) return;
    const from = placeIn(this.stage, event);
    const grip = this.host.grip(from);
    this.held = grip === null ? null : { ...grip, from, x: event.clientX, y: event.clientY, by: null };
    if (grip !== null) this.stage.setPointerCapture(event.pointerId);
  }

  private pull(event: PointerEvent): void {
    const { held } = this;
    if (held === null) return;
    event.stopImmediatePropagation();
    if (held.by === null && Math.hypot(event.clientX - held.x, event.clientY - held.y) < SLACK) return;
    held.by = follow(this.host.eye(), held.place, held.from, placeIn(this.stage, event));
    this.host.show({ atom: held.atom, by: held.by });
  }

  private letGo(): void {
    const { held } = this;
    this.held = null;
    if (held === null || held.by === null) return;
    const by = held.by.map((part) => Math.round(part * DIGITS) / DIGITS) as unknown as Vector;
    this.droppedAt = performance.now();
    this.host.drop({ atom: held.atom, by });
  }

  /** Python answered with another scene. */
  wasAnswered(): void {
    this.droppedAt = 0;
  }

  /** Python answered with the scene that it had sent before: say whether the picture shows a move that it refused. */
  wasRefused(): boolean {
    const isOpen = this.droppedAt > 0 && performance.now() - this.droppedAt > PATIENCE;
    if (isOpen) this.droppedAt = 0;
    return isOpen;
  }

  /** 3Dmol turns the structure after these. */
  private keepFromTurning(event: Event): void {
    if (this.held !== null) event.stopImmediatePropagation();
  }
}

/** Places of all atoms after a move of one. */
export function movedPositions(positions: Float32Array, { atom, by }: Move): Float32Array {
  const moved = positions.slice();
  moved.set(plus(row(positions, atom), by), 3 * atom);
  return moved;
}
