// Keys on the stage.
import type { Vector } from "./vectors.ts";

const TURN_STEP = Math.PI / 24;

export interface KeyActions {
  turn(axis: Vector, angle: number): void;
  zoom(factor: number): void;
  step(by: number): void;
  letGo(): void;
  lookAlong(direction: "a" | "b" | "c"): void;
  reset(): void;
  toggleOrthographic(): void;
  toggleMeasuring(): void;
  toggleMoving(): void;
  nextLabels(): void;
  play(): void;
  stepFrame(by: number): void;
}

export const KEYS_IN_WORDS =
  "Arrow keys turn it, plus and minus zoom, 1, 2 and 3 look along the axes, N and P step through the atoms, " +
  "Space plays, comma and point step through frames, M measures, V moves atoms, L labels, O switches the perspective, R shows everything, Escape lets go of the atoms.";

/** Act on a key; say whether it meant something. */
export function press(key: string, actions: KeyActions): boolean {
  const meanings: Record<string, () => void> = {
    ArrowLeft: () => actions.turn([0, 1, 0], -TURN_STEP),
    ArrowRight: () => actions.turn([0, 1, 0], TURN_STEP),
    ArrowUp: () => actions.turn([1, 0, 0], -TURN_STEP),
    ArrowDown: () => actions.turn([1, 0, 0], TURN_STEP),
    "+": () => actions.zoom(0.9),
    "=": () => actions.zoom(0.9),
    "-": () => actions.zoom(1 / 0.9),
    n: () => actions.step(1),
    p: () => actions.step(-1),
    Escape: () => actions.letGo(),
    1: () => actions.lookAlong("a"),
    2: () => actions.lookAlong("b"),
    3: () => actions.lookAlong("c"),
    r: () => actions.reset(),
    o: () => actions.toggleOrthographic(),
    m: () => actions.toggleMeasuring(),
    v: () => actions.toggleMoving(),
    l: () => actions.nextLabels(),
    " ": () => actions.play(),
    ",": () => actions.stepFrame(-1),
    ".": () => actions.stepFrame(1),
  };
  const act = meanings[key];
  act?.();
  return act !== undefined;
}
