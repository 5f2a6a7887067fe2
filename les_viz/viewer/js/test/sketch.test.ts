import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_DRAWING } from "../src/representation.ts";
import type { Placed } from "../src/placed.ts";
import type { Scene } from "../src/scene.ts";
import { Sketch, canSketch } from "../src/sketch.ts";

/** What is painted, in order: balls by their place, lines by their colour. */
const painted: string[] = [];

function fakeContext(canvas: { width: number; height: number }, isPainted: boolean): object {
  const note = (text: string) => isPainted && painted.push(text);
  return {
    canvas,
    fillStyle: "",
    strokeStyle: "",
    fillRect: () => {},
    beginPath: () => {},
    moveTo: () => {},
    lineTo: () => {},
    arc: () => {},
    fill: () => {},
    getImageData: () => ({}),
    putImageData: () => {},
    createRadialGradient: () => ({ addColorStop: () => {} }),
    stroke() { note(`line ${this.strokeStyle}`); },
    drawImage: (_: unknown, x: number, y: number) => note(`ball ${x > 50 ? "right" : "left"} ${y}`),
  };
}

function fakeElement(isPainted: boolean): object {
  const element = { width: 0, height: 0, className: "", style: {}, classList: { add: () => {}, remove: () => {} } };
  return { ...element, setAttribute: () => {}, getContext() { return fakeContext(this as never, isPainted); } };
}

let made = 0;
Object.assign(globalThis, {
  window: { devicePixelRatio: 1 },
  document: { createElement: () => fakeElement(made++ === 1) }, // the first shows what is painted on the second
});

const scene = (changes: Partial<Scene> = {}): Scene =>
  ({
    numbers: Uint8Array.of(8, 1),
    species: new Map([[8, { symbol: "O", radius: 0.66 }], [1, { symbol: "H", radius: 0.31 }]]),
    cell: null,
    arrows: [],
    tensors: null,
    volume: null,
    limit: 1,
    ...changes,
  }) as unknown as Scene;

test("from far to near: the atom behind, its bond, the atom in front", () => {
  const parent = { appendChild: () => {} } as unknown as HTMLElement;
  const sketch = new Sketch(parent, { style: {} } as HTMLElement);
  const placed = {
    scene: scene(),
    count: 2,
    images: [[0, 0, 0]],
    cell: null,
    positions: Float32Array.of(-2, 0, 1, 2, 0, -1), // the first is nearer to the camera
  } as unknown as Placed;
  const eye = { view: [0, 0, 0, 110, 0, 0, 0, 1] as never, aspect: 1, isOrthographic: false };
  const what = { placed, drawing: FIRST_DRAWING, values: Float32Array.of(-1, 1), pairs: [[0, 1]] as const, background: "#ffffff" };
  sketch.draw(eye, { width: 100, height: 100 }, what);
  const balls = painted.filter((what) => what.startsWith("ball"));
  assert.deepEqual(balls.map((ball) => ball.split(" ")[1]), ["right", "left"]);
  assert.ok(painted[0]!.startsWith("ball right"));
  assert.ok(painted.indexOf(balls[1]!) > painted.findIndex((what) => what.startsWith("line")));
});

test("a sketch stands in only where it shows all that there is", () => {
  const values = Float32Array.of(1, 2);
  assert.ok(canSketch(scene(), values));
  assert.ok(!canSketch(scene(), null)); // colours of the elements are 3Dmol's
  assert.ok(!canSketch(scene({ volume: {} as never }), values));
  assert.ok(!canSketch(scene({ tensors: {} as never }), values));
  const arrows = (count: number, atoms: Uint32Array | null) => [{ vectors: new Float32Array(3 * count), atoms }] as never;
  assert.ok(canSketch(scene({ arrows: arrows(2, Uint32Array.of(0, 1)) }), values)); // hidden while the atoms move
  assert.ok(canSketch(scene({ arrows: arrows(1, null) }), values)); // painted over either picture
  assert.ok(!canSketch(scene({ arrows: arrows(2, null) }), values));
});
