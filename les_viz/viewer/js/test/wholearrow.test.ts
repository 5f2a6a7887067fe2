import assert from "node:assert/strict";
import { test } from "node:test";
import type { Arrows } from "../src/scene.ts";
import { isOfWhole, paintArrow } from "../src/wholearrow.ts";

type Corner = [number, number];

/** Paints an arrow in a window of 400 pixels, 10 Å high: the halo, then the faces, each with its corners and colour. */
function painted(changes: Partial<Arrows>): { halo: Corner[]; faces: { corners: Corner[]; colour: string }[] } {
  const halo: Corner[] = [];
  const faces: { corners: Corner[]; colour: string }[] = [];
  let corners: Corner[] = [];
  const context = {
    fillStyle: "",
    strokeStyle: "",
    beginPath: () => (corners = []),
    lineTo: (left: number, top: number) => corners.push([left, top]),
    closePath: () => {},
    fill() { faces.push({ corners, colour: this.fillStyle }); },
    stroke() {
      if (this.strokeStyle !== "#ffffff") return;
      assert.equal(faces.length, 0, "the halo lies below");
      halo.push(...corners);
    },
  };
  const arrow = { color: "#1f9e6e", length_per_unit: 2, is_centered: true, atoms: null, origins: new Float32Array(3) };
  const eye = { view: [0, 0, 0, 150 - 5 / Math.tan(Math.PI / 18), 0, 0, 0, 1] as never, aspect: 1, isOrthographic: false };
  paintArrow(context as never, eye, { width: 400, height: 400 }, { ...arrow, ...changes } as Arrows, "#ffffff");
  return { halo, faces };
}

const rangeOf = (corners: Corner[], k: 0 | 1): number[] => {
  const places = corners.map((corner) => Math.round(corner[k]));
  return [Math.min(...places), Math.max(...places)];
};

test("an arrow of the whole lies on a halo and reaches from tail to tip", () => {
  const { halo, faces } = painted({ vectors: Float32Array.of(2, 0, 0) }); // 4 Å, 160 pixels
  const corners = faces.flatMap((face) => face.corners);
  assert.deepEqual(rangeOf(corners, 0), [120, 280]);
  assert.deepEqual(halo, corners);
});

test("its thickness is one of the screen: the same for any long one, less for a short one, none for none", () => {
  const thickness = (length: number) => {
    const [low, high] = rangeOf(painted({ vectors: Float32Array.of(length, 0, 0) }).faces.flatMap((face) => face.corners), 1);
    return high! - low!;
  };
  assert.equal(thickness(4), thickness(2));
  assert.ok(thickness(0.15) < thickness(2) / 2);
  assert.equal(painted({ vectors: new Float32Array(3) }).faces.length, 0);
});

test("what is nearer is painted later: the head that comes, the shaft before the head that goes", () => {
  const lastAwayFromAxis = (z: number) => {
    const { corners } = painted({ vectors: Float32Array.of(0, 0, z) }).faces.at(-1)!;
    return Math.max(...corners.map(([left, top]) => Math.hypot(left - 200, top - 200)));
  };
  assert.ok(lastAwayFromAxis(2) > 9, "the side of the head");
  assert.ok(lastAwayFromAxis(-2) < 6, "the end of the shaft");
});

test("its sides are lit from one side", () => {
  assert.ok(new Set(painted({ vectors: Float32Array.of(2, 0, 0) }).faces.map((face) => face.colour)).size > 5);
});

test("arrows of atoms and arrows in numbers are no arrows of the whole", () => {
  assert.ok(isOfWhole({ atoms: null, vectors: new Float32Array(3) } as Arrows));
  assert.ok(!isOfWhole({ atoms: null, vectors: new Float32Array(6) } as Arrows));
  assert.ok(!isOfWhole({ atoms: Uint32Array.of(4), vectors: new Float32Array(3) } as Arrows));
});
