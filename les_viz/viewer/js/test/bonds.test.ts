import assert from "node:assert/strict";
import { test } from "node:test";
import { findBonds } from "../src/bonds.ts";
import { cationsOf } from "../src/wrap.ts";

const [O, H] = [0.66, 0.31];

test("a water molecule has its two O–H bonds and no H–H bond", () => {
  const positions = Float32Array.of(0, 0, 0, 0.76, 0.59, 0, -0.76, 0.59, 0);
  assert.deepEqual(findBonds(positions, Float32Array.of(O, H, H)), [[0, 1], [0, 2]]);
});

test("a bond that would cross the boundary of the cell is not drawn", () => {
  const positions = Float32Array.of(0.2, 5, 5, 9.6, 5, 5); // 0.6 Å apart through the face of a 10 Å cell
  assert.deepEqual(findBonds(positions, Float32Array.of(O, H)), []);
});

test("boxes find what the plain double loop finds", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const n = 150;
  const positions = Float32Array.from({ length: 3 * n }, () => 16 * random() - 8);
  const radii = Float32Array.from({ length: n }, () => 0.3 + random());
  const key = (p: readonly number[]) => [...p].sort((a, b) => a - b).join("-");
  const plain = new Set<string>();
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const d = Math.hypot(...[0, 1, 2].map((c) => positions[3 * i + c]! - positions[3 * j + c]!));
      if (d > 0.3 && d < 1.25 * (radii[i]! + radii[j]!)) plain.add(key([i, j]));
    }
  assert.ok(plain.size > 20);
  assert.deepEqual(new Set(findBonds(positions, radii).map(key)), plain);
});

test("cations of a salt are not bonded to each other, atoms of a metal are", () => {
  const [Na, Cl] = [1.66, 1.02];
  // a bent face of rock salt: Na–Na 3.7 Å, closer than 1.25 times the sum of their radii
  const positions = Float32Array.of(0, 0, 0, 2.6, 0, 0, 2.6, 2.6, 0, 0, 2.6, 0);
  const count = (radii: Float32Array, metals: Uint8Array) =>
    findBonds(positions, radii, cationsOf(positions, null, radii, metals)).length;
  assert.equal(count(Float32Array.of(Na, Cl, Na, Cl), Uint8Array.of(1, 0, 1, 0)), 4);
  assert.equal(count(Float32Array.of(Na, Na, Na, Na), Uint8Array.of(1, 1, 1, 1)), 6);
});

test("an ion whose partners lie across the boundary of the cell is a cation all the same", () => {
  const [positions, cell] = [Float32Array.of(9.9, 5, 5, 2.5, 5, 5), Float32Array.of(10, 0, 0, 0, 10, 0, 0, 0, 10)];
  const [radii, metals] = [Float32Array.of(1.66, 1.02), Uint8Array.of(1, 0)];
  assert.deepEqual(cationsOf(positions, cell, radii, metals), Uint8Array.of(1, 0));
  assert.deepEqual(cationsOf(positions, null, radii, metals), Uint8Array.of(0, 0));
  assert.equal(cationsOf(positions, cell, radii, Uint8Array.of(0, 0)), null);
});
