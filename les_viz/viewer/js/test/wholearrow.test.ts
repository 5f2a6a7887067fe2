import assert from "node:assert/strict";
import { test } from "node:test";
import type { Arrows } from "../src/scene.ts";
import { isOfWhole, paintArrow } from "../src/wholearrow.ts";

class FakePath {
  readonly points: [number, number][] = [];
  ellipse(left: number, top: number, narrow: number): void { this.points.push([left, top], [narrow, 0]); }
  moveTo(left: number, top: number): void { this.points.push([left, top]); }
  lineTo(left: number, top: number): void { this.points.push([left, top]); }
  closePath(): void {}
}
Object.assign(globalThis, { Path2D: FakePath });

interface Stroke {
  colour: string;
  width: number;
  from: [number, number];
}

/** Paints an arrow in a window of 400 pixels, 10 Å high, and says how. */
function painted(changes: Partial<Arrows>): { shafts: Stroke[]; heads: FakePath[]; dots: number } {
  const [shafts, heads]: [Stroke[], FakePath[]] = [[], []];
  let dots = 0;
  let from: [number, number] = [0, 0];
  const context = {
    strokeStyle: "",
    lineWidth: 0,
    beginPath: () => {},
    moveTo: (left: number, top: number) => (from = [left, top]),
    lineTo: () => {},
    arc: () => dots++,
    stroke(path?: FakePath) { if (path === undefined) shafts.push({ colour: this.strokeStyle, width: this.lineWidth, from }); },
    fill: (path?: FakePath) => path !== undefined && heads.push(path),
  };
  const arrow = { color: "#1f9e6e", length_per_unit: 2, is_centered: true, atoms: null, origins: new Float32Array(3) };
  const eye = { view: [0, 0, 0, 150 - 5 / Math.tan(Math.PI / 18), 0, 0, 0, 1] as never, aspect: 1, isOrthographic: false };
  paintArrow(context as never, eye, { width: 400, height: 400 }, { ...arrow, ...changes } as Arrows, "#ffffff");
  return { shafts, heads, dots };
}

test("an arrow of the whole lies on a halo and ends where it should", () => {
  const { shafts, heads } = painted({ vectors: Float32Array.of(2, 0, 0) }); // 4 Å, 160 pixels
  assert.deepEqual(shafts.map(({ colour }) => colour), ["#ffffff", "#1f9e6e"]);
  assert.ok(shafts[0]!.width > shafts[1]!.width);
  assert.deepEqual(shafts[1]!.from.map(Math.round), [120, 200]);
  assert.deepEqual(heads[1]!.points[0]!.map(Math.round), [280, 200]);
});

test("its thickness is one of the screen: at most nine pixels, less for a short one", () => {
  assert.equal(painted({ vectors: Float32Array.of(0, 4, 0) }).shafts[1]!.width, 9);
  assert.ok(Math.abs(painted({ vectors: Float32Array.of(0, 0.5, 0) }).shafts[1]!.width - 40 / 8) < 0.01);
  assert.equal(painted({ vectors: new Float32Array(3) }).shafts.length, 0);
});

test("a head that points at the viewer is round and has a dot, one that points away has none", () => {
  const narrow = (vector: number[]) => painted({ vectors: Float32Array.from(vector) }).heads[0]!.points[1]![0];
  assert.ok(narrow([2, 0, 0]) < 1);
  assert.ok(narrow([0, 0, 2]) > 11);
  const dots = (z: number) => painted({ vectors: Float32Array.of(0.2, 0, z) }).dots;
  assert.deepEqual([dots(2), dots(-2), dots(0)], [1, 0, 0]);
});

test("arrows of atoms and arrows in numbers are no arrows of the whole", () => {
  assert.ok(isOfWhole({ atoms: null, vectors: new Float32Array(3) } as Arrows));
  assert.ok(!isOfWhole({ atoms: null, vectors: new Float32Array(6) } as Arrows));
  assert.ok(!isOfWhole({ atoms: Uint32Array.of(4), vectors: new Float32Array(3) } as Arrows));
});
