import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_DRAWING } from "../src/representation.ts";
import type { Placed } from "../src/placed.ts";
import type { Scene } from "../src/scene.ts";
import { Sketch, canSketch } from "../src/sketch.ts";

/** What is painted, in order: balls by their place, lines and areas by their colour. */
const painted: string[] = [];

function fakeContext(canvas: { width: number; height: number }, isScreen: boolean): object {
  const note = (text: string) => isScreen && painted.push(text);
  return {
    canvas,
    fillStyle: "",
    strokeStyle: "",
    fillRect: () => {},
    beginPath: () => {},
    moveTo: () => {},
    lineTo: () => {},
    arc: () => {},
    createRadialGradient: () => ({ addColorStop: () => {} }),
    stroke() { note(`line ${this.strokeStyle}`); },
    fill() { note(`area ${this.fillStyle}`); },
    drawImage: (_: unknown, x: number, y: number) => note(`ball ${x > 50 ? "right" : "left"} ${y}`),
  };
}

function fakeElement(isScreen: boolean): object {
  const element = { width: 0, height: 0, className: "", style: {}, classList: { add: () => {}, remove: () => {} } };
  return { ...element, setAttribute: () => {}, getContext() { return fakeContext(this as never, isScreen); } };
}

let made = 0;
Object.assign(globalThis, {
  window: { devicePixelRatio: 1 },
  document: { createElement: () => fakeElement(made++ === 0) }, // the first is the one on the screen
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

test("from far to near: the atom behind, its bond, the atom in front; arrows of atoms are left out", () => {
  const parent = { appendChild: () => {} } as unknown as HTMLElement;
  const sketch = new Sketch(parent, { style: {} } as HTMLElement);
  const arrow = { label: "", unit: "", color: "#8000ff", length_per_unit: 1, is_centered: false };
  const vectors = Float32Array.of(0, 3, 0);
  const arrows = [
    { ...arrow, origins: Float32Array.of(0, 0, 9), vectors, atoms: null },
    { ...arrow, color: "#00ff00", origins: Float32Array.of(0, 0, 9), vectors, atoms: Uint32Array.of(0) },
  ];
  const placed = {
    scene: scene({ arrows } as unknown as Partial<Scene>),
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
  assert.equal(painted.filter((what) => what.startsWith("area")).length, 1);
  assert.match(painted.at(-1)!, /^area rgb\(\d+,0,2\d\d\)$/); // in front of all
});

test("a sketch stands in only where it shows all that there is", () => {
  const values = Float32Array.of(1, 2);
  assert.ok(canSketch(scene(), values));
  assert.ok(!canSketch(scene(), null)); // colours of the elements are 3Dmol's
  assert.ok(!canSketch(scene({ volume: {} as never }), values));
  assert.ok(!canSketch(scene({ tensors: {} as never }), values));
});
