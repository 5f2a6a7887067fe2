import assert from "node:assert/strict";
import { test } from "node:test";
import { type Eye, type View, project, turnAbout } from "../src/camera.ts";
import { follow, movedPositions } from "../src/drag.ts";
import { plus } from "../src/vectors.ts";

const TURN = turnAbout([1, 2, -0.5], 1.1);
const VIEW: View = [-1, -2, -3, 90, ...TURN];
const PLACE = [2, 1.5, 4] as const;

for (const isOrthographic of [false, true])
  test(`a dragged atom stays below the pointer (orthographic: ${isOrthographic})`, () => {
    const eye: Eye = { view: VIEW, aspect: 1.6, isOrthographic };
    const before = project(eye, PLACE);
    const to = { x: before.x + 0.21, y: before.y - 0.13 };
    const after = project(eye, plus(PLACE, follow(eye, PLACE, before, to)));
    assert.ok(Math.abs(after.x - to.x) < 1e-12);
    assert.ok(Math.abs(after.y - to.y) < 1e-12);
    assert.ok(Math.abs(after.depth - before.depth) < 1e-12, "it moves in the plane of the screen");
  });

test("one atom moves, and the scene's own places stay", () => {
  const places = Float32Array.of(0, 0, 0, 1, 1, 1);
  assert.deepEqual([...movedPositions(places, { atom: 1, by: [0.5, 0, -1] })], [0, 0, 0, 1.5, 1, 0]);
  assert.deepEqual([...places], [0, 0, 0, 1, 1, 1]);
});
