import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CAMERA_Z,
  type Vector,
  type View,
  fittingDistance,
  multiply,
  pickAtom,
  project,
  rotate,
  turnAbout,
  turnTowardsViewer,
} from "../src/camera.ts";

const close = (p: readonly number[], q: readonly number[], tolerance = 1e-9) =>
  p.forEach((x, i) => assert.ok(Math.abs(x - q[i]!) < tolerance, `${p} against ${q}`));

test("turns turn", () => {
  close(rotate(turnAbout([0, 0, 1], Math.PI / 2), [1, 0, 0]), [0, 1, 0]);
  const [p, q] = [turnAbout([1, 2, 3], 0.7), turnAbout([-1, 0.5, 0], 1.9)];
  close(rotate(multiply(p, q), [0.3, -2, 1]), rotate(p, rotate(q, [0.3, -2, 1])));
  for (const d of [[1, 2, 3], [0, 0, 1], [0, 0, -2], [-1, 0, 0]] as Vector[])
    close(rotate(turnTowardsViewer(d), d), [0, 0, Math.hypot(...d)]);
});

test("what is drawn at a place is picked at that place", () => {
  const rotation = turnAbout([1, 2, 0.5], 0.8);
  const view: View = [-5, -5, -5, CAMERA_Z - 60, ...rotation];
  const positions = Float32Array.of(1, 2, 3, 9, 8, 7, 5, 1, 9, 2, 9, 4);
  const radii = new Float32Array(4).fill(0.4);
  for (let i = 0; i < 4; i++) {
    const place = project(view, 1.6, positions.subarray(3 * i, 3 * i + 3) as unknown as Vector);
    assert.equal(pickAtom(view, { ...place, aspect: 1.6 }, positions, radii), i);
  }
  assert.equal(pickAtom(view, { x: 0.99, y: 0.99, aspect: 1.6 }, positions, radii), null);
});

test("of two atoms in line the nearer one is picked, and none behind the camera", () => {
  const view: View = [0, 0, 0, CAMERA_Z - 30, 0, 0, 0, 1];
  const radii = Float32Array.of(0.5, 0.5);
  const centre = { x: 0, y: 0, aspect: 1 };
  assert.equal(pickAtom(view, centre, Float32Array.of(0, 0, -3, 0, 0, 3), radii), 1);
  assert.equal(pickAtom(view, centre, Float32Array.of(0, 0, 40, 0, 0, 45), radii), null);
});

test("a fitted ball touches the edge of the smaller side", () => {
  for (const aspect of [0.5, 1, 2]) {
    const distance = fittingDistance(7, aspect);
    const half = Math.asin(7 / distance);
    const window = Math.atan(Math.tan((10 * Math.PI) / 180) * Math.min(1, aspect));
    assert.ok(Math.abs(half - window) < 1e-12);
  }
});
