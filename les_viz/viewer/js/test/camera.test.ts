import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CAMERA_Z,
  type Eye,
  type View,
  fittingDistance,
  inOtherProjection,
  multiply,
  pickAtom,
  project,
  rotate,
  turnAbout,
  turnTowardsViewer,
} from "../src/camera.ts";
import type { Vector } from "../src/vectors.ts";

const close = (p: readonly number[], q: readonly number[], tolerance = 1e-9) =>
  p.forEach((x, i) => assert.ok(Math.abs(x - q[i]!) < tolerance, `${p} against ${q}`));

test("turns turn", () => {
  close(rotate(turnAbout([0, 0, 1], Math.PI / 2), [1, 0, 0]), [0, 1, 0]);
  const [p, q] = [turnAbout([1, 2, 3], 0.7), turnAbout([-1, 0.5, 0], 1.9)];
  close(rotate(multiply(p, q), [0.3, -2, 1]), rotate(p, rotate(q, [0.3, -2, 1])));
  for (const d of [[1, 2, 3], [0, 0, 1], [0, 0, -2], [-1, 0, 0]] as Vector[])
    close(rotate(turnTowardsViewer(d), d), [0, 0, Math.hypot(...d)]);
});

for (const isOrthographic of [false, true]) {
  const kind = isOrthographic ? "parallel" : "perspective";

  test(`what is drawn at a place is picked at that place, ${kind}`, () => {
    const view: View = [-5, -5, -5, CAMERA_Z - 60, ...turnAbout([1, 2, 0.5], 0.8)];
    const eye: Eye = { view, aspect: 1.6, isOrthographic };
    const positions = Float32Array.of(1, 2, 3, 9, 8, 7, 5, 1, 9, 2, 9, 4);
    const radii = new Float32Array(4).fill(0.4);
    for (let i = 0; i < 4; i++) {
      const place = project(eye, positions.subarray(3 * i, 3 * i + 3) as unknown as Vector);
      assert.equal(pickAtom(eye, place, positions, radii), i);
      assert.equal(pickAtom(eye, { x: place.x, y: place.y + 0.39 * place.scale }, positions, radii), i);
    }
    assert.equal(pickAtom(eye, { x: 0.99, y: 0.99 }, positions, radii), null);
  });

  test(`of two atoms in line the nearer one is picked, ${kind}`, () => {
    const eye: Eye = { view: [0, 0, 0, CAMERA_Z - 30, 0, 0, 0, 1], aspect: 1, isOrthographic };
    assert.equal(pickAtom(eye, { x: 0, y: 0 }, Float32Array.of(0, 0, -3, 0, 0, 3), Float32Array.of(0.5, 0.5)), 1);
  });

  test(`a fitted ball touches the edge of the smaller side, ${kind}`, () => {
    for (const aspect of [0.5, 1, 2]) {
      const distance = fittingDistance(7, aspect, isOrthographic);
      const eye: Eye = { view: [0, 0, 0, CAMERA_Z - distance, 0, 0, 0, 1], aspect, isOrthographic };
      const reach = isOrthographic ? 7 : 7 / Math.sqrt(1 - (7 / distance) ** 2); // the silhouette of a near ball is larger
      const edge = project(eye, aspect < 1 ? [reach, 0, 0] : [0, reach, 0]);
      close([Math.max(edge.x, edge.y)], [1]);
    }
  });
}

test("atoms behind the camera are not picked", () => {
  const eye: Eye = { view: [0, 0, 0, CAMERA_Z - 30, 0, 0, 0, 1], aspect: 1, isOrthographic: false };
  assert.equal(pickAtom(eye, { x: 0, y: 0 }, Float32Array.of(0, 0, 40, 0, 0, 45), Float32Array.of(0.5, 0.5)), null);
});

test("the other projection shows the middle as large", () => {
  const eye: Eye = { view: [0, 0, 0, CAMERA_Z - 40, 0, 0, 0, 1], aspect: 1.5, isOrthographic: false };
  const flat: Eye = { ...eye, view: inOtherProjection(eye), isOrthographic: true };
  close([project(flat, [0, 2, 0]).y], [project(eye, [0, 2, 0]).y]);
  close(inOtherProjection(flat), eye.view);
});
