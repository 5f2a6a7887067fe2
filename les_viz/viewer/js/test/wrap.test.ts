import assert from "node:assert/strict";
import { test } from "node:test";
import { wrapMolecules } from "../src/wrap.ts";

const CELL = Float32Array.of(10, 0, 0, 2, 9, 0, 1, 1, 8); // triclinic
const [O, H] = [0.66, 0.31];
const lattice = (i: number, j: number, k: number) =>
  [0, 1, 2].map((axis) => i * CELL[axis]! + j * CELL[3 + axis]! + k * CELL[6 + axis]!);
const distance = (p: Float32Array, i: number, j: number) =>
  Math.hypot(...[0, 1, 2].map((axis) => p[3 * i + axis]! - p[3 * j + axis]!));

test("a molecule cut by the boundary becomes whole, with its centre in the cell", () => {
  const whole = [5, 4, 0.1, 5.76, 4.59, 0.1, 4.24, 4.59, 0.1];
  const moved = [lattice(0, 0, 0), lattice(1, 0, 0), lattice(-2, 1, 3)];
  const cut = Float32Array.from(whole, (x, i) => x + moved[Math.floor(i / 3)]![i % 3]!);
  const wrapped = wrapMolecules(cut, CELL, Float32Array.of(O, H, H));
  wrapped.forEach((x, i) => assert.ok(Math.abs(x - whole[i]!) < 1e-4));
});

test("a network is wrapped atom by atom, and atoms on a face stay", () => {
  const cell = Float32Array.of(3, 0, 0, 0, 3, 0, 0, 0, 3);
  const radii = Float32Array.of(0.8, 0.8); // bonded along x both ways round
  const wrapped = wrapMolecules(Float32Array.of(0, 0, 0, 4.5, 0, -3), cell, radii);
  assert.deepEqual([...wrapped], [0, 0, 0, 1.5, 0, 0]);
});

test("atoms of a network that shake about a face stay together", () => {
  const cell = Float32Array.of(3, 0, 0, 0, 3, 0, 0, 0, 3);
  const wrapped = wrapMolecules(Float32Array.of(-0.25, 0.25, 2.5, 1.5, 2.75, -0.25), cell, Float32Array.of(0.8, 0.8));
  assert.deepEqual([...wrapped], [-0.25, 0.25, -0.5, 1.5, -0.25, -0.25]);
});

test("many molecules keep their inner distances, through boxes and boundaries", () => {
  const positions: number[] = [];
  for (let m = 0; m < 12; m++) {
    const centre = lattice((m % 3) / 3 + 0.01, Math.floor(m / 3) / 4 + 0.01, (m % 2) / 2 + 0.01);
    for (const d of [[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]]) {
      const shift = lattice((m % 4) - 2, m % 2, d[0]! > 0 ? 1 : 0);
      positions.push(...[0, 1, 2].map((axis) => centre[axis]! + d[axis]! + shift[axis]!));
    }
  }
  const wrapped = wrapMolecules(Float32Array.from(positions), CELL, Float32Array.from(positions.filter((_, i) => i % 3 === 0), (_, i) => (i % 3 === 0 ? O : H)));
  for (let m = 0; m < 12; m++)
    for (const h of [1, 2]) assert.ok(Math.abs(distance(wrapped, 3 * m, 3 * m + h) - Math.hypot(0.76, 0.59)) < 1e-4);
});
