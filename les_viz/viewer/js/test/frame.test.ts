import assert from "node:assert/strict";
import { test } from "node:test";
import { boundingBall, cellEdges } from "../src/cell.ts";
import { digitsFor, signed } from "../src/format.ts";
import { atomRadius, bondRadius } from "../src/representation.ts";
import { luminance, toHexColour } from "../src/theme.ts";

test("a cell has twelve edges, four along each vector", () => {
  const cell = Float32Array.of(2, 0, 0, 1, 3, 0, 0, 0, 5);
  const lengths = cellEdges(cell).map(([p, q]) => Math.hypot(q[0] - p[0], q[1] - p[1], q[2] - p[2]).toFixed(3));
  const count = (length: number) => lengths.filter((l) => l === length.toFixed(3)).length;
  assert.deepEqual([count(2), count(Math.hypot(1, 3)), count(5)], [4, 4, 4]);
});

test("the ball holds the atoms and the cell", () => {
  const ball = boundingBall(Float32Array.of(1, 1, 1, -4, 2, 2), Float32Array.of(10, 0, 0, 0, 10, 0, 0, 0, 10));
  assert.deepEqual(ball.centre, [3, 5, 5]);
  assert.ok(ball.radius > Math.hypot(7, 5, 5));
});

test("the ball holds what lies beside the atoms", () => {
  const atoms = Float32Array.of(0, 0, 0, 1, 0, 0);
  assert.deepEqual(boundingBall(atoms, null, [[3, 0, 0]]).centre, [1.5, 0, 0]);
  assert.ok(boundingBall(atoms, null, [[3, 0, 0]]).radius > boundingBall(atoms, null).radius);
});

test("signs are written out, and digits follow the scale", () => {
  assert.deepEqual([signed(-0.5, 2), signed(0.5, 2), signed(-0.0001, 2)], ["\u22120.50", "+0.50", "0.00"]);
  assert.deepEqual([digitsFor(0.4), digitsFor(1), digitsFor(25), digitsFor(0)], [3, 2, 1, 2]);
});

test("colours of any theme are understood", () => {
  assert.equal(toHexColour(" #FFF "), "#ffffff");
  assert.equal(toHexColour("rgb(14, 17, 23)"), "#0e1117");
  assert.equal(toHexColour("#0e1117ff"), "#0e1117");
  assert.equal(toHexColour("canvas"), null);
  assert.ok(luminance("#0e1117") < 0.1 && luminance("#ffffff") > 0.99);
});

test("sizes grow with the atom, and spheres hide the bonds", () => {
  assert.ok(atomRadius("ball-and-stick", 0.66) > atomRadius("ball-and-stick", 0.31));
  assert.ok(atomRadius("spheres", 0.66) > atomRadius("ball-and-stick", 0.66));
  assert.equal(bondRadius("spheres"), null);
});
