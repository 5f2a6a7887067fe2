// Mouse, pen and finger on the stage: what is below them, and clicks (a press that did not move).
import type { Pointer } from "./camera.ts";

const CLICK_SLACK = 4; // pixels a hand may tremble between press and release
const FINGER_SLACK = 12;

export interface PointerEvents {
  click(at: Pointer, isAdding: boolean): void;
  /** Null when the pointer left or is busy turning. */
  hover(at: Pointer | null, left: number, top: number): void;
}

export function listenToPointer(stage: HTMLElement, events: PointerEvents): void {
  let pressed: { x: number; y: number } | null = null;
  stage.addEventListener("pointerdown", (event) => (pressed = { x: event.clientX, y: event.clientY }), true);
  stage.addEventListener(
    "pointerup",
    (event) => {
      const moved = pressed === null ? Infinity : Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y);
      pressed = null;
      const slack = event.pointerType === "touch" ? FINGER_SLACK : CLICK_SLACK;
      if (moved > slack || event.button !== 0) return;
      events.click(placeIn(stage, event), event.shiftKey || event.ctrlKey || event.metaKey);
    },
    true,
  );
  stage.addEventListener("pointermove", (event) => {
    const box = stage.getBoundingClientRect();
    const isFree = event.buttons === 0 && event.pointerType !== "touch";
    events.hover(isFree ? placeIn(stage, event) : null, event.clientX - box.left, event.clientY - box.top);
  });
  stage.addEventListener("pointerleave", () => events.hover(null, 0, 0));
}

export function placeIn(stage: HTMLElement, event: MouseEvent): Pointer {
  const box = stage.getBoundingClientRect();
  return { x: (2 * (event.clientX - box.left)) / box.width - 1, y: 1 - (2 * (event.clientY - box.top)) / box.height };
}
