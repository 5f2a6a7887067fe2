import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleOf } from "../src/annotations.ts";
import { Bonds } from "../src/bonds.ts";
import { plainNumber } from "../src/format.ts";
import { press } from "../src/keyboard.ts";
import { roundScale } from "../src/legend.ts";
import { describeAtom } from "../src/describe.ts";
import { angle, describeMeasure, dihedral, nearestDistance } from "../src/measure.ts";
import { Placer, displacement, imagesOf } from "../src/placed.ts";
import type { Scene } from "../src/scene.ts";
import { NOTHING, type Selection, clicked, selectionAfter } from "../src/selection.ts";

const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-5, `${a} against ${b}`);

test("a click selects one, an adding click more, and one beside all lets go", () => {
  let now: Selection = clicked(NOTHING, 3, "alone");
  now = clicked(now, 5, "add");
  assert.deepEqual(now, { atoms: [3, 5], picked: 5 });
  assert.deepEqual(clicked(now, 5, "add"), { atoms: [3], picked: 3 });
  assert.deepEqual(clicked(now, 9, "alone"), { atoms: [9], picked: 9 });
  assert.equal(clicked(now, null, "add"), now);
  assert.deepEqual(clicked(now, null, "alone"), NOTHING);
});

test("measuring starts again after four atoms", () => {
  let now: Selection = NOTHING;
  for (const atom of [1, 2, 3, 4, 5]) now = clicked(now, atom, "measure");
  assert.deepEqual(now.atoms, [5]);
});

test("Python's selection counts, and a picked atom that is known keeps the others", () => {
  const before: Selection = { atoms: [1, 2], picked: 2 };
  assert.deepEqual(selectionAfter(before, { selected: 2, selection: [] }), before);
  assert.deepEqual(selectionAfter(before, { selected: 1, selection: [] }), { atoms: [1], picked: 1 });
  assert.deepEqual(selectionAfter(before, { selected: 2, selection: [4, 5] }), { atoms: [4, 5], picked: 2 });
  assert.deepEqual(selectionAfter(before, { selected: null, selection: [] }), NOTHING);
});

test("angles and dihedrals", () => {
  close(angle([1, 0, 0], [0, 0, 0], [0, 2, 0]), 90);
  close(dihedral([1, 0, 0], [0, 0, 0], [0, 0, 1], [1, 0, 1]), 0);
  close(dihedral([1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 1]), 90);
  close(dihedral([1, 0, 0], [0, 0, 0], [0, 0, 1], [0, -1, 1]), -90);
  close(Math.abs(dihedral([1, 0, 0], [0, 0, 0], [0, 0, 1], [-1, 0, 1])), 180);
});

test("a distance through the boundary is named beside the drawn one", () => {
  const cell = Float32Array.of(10, 0, 0, 3, 10, 0, 0, 0, 10);
  close(nearestDistance([0.5, 0, 0], [9.5, 0, 0], cell), 1);
  assert.equal(describeMeasure([[0.5, 0, 0], [9.5, 0, 0]], cell), "9.000 Å (nearest image 1.000 Å)");
  assert.equal(describeMeasure([[0, 0, 0], [1, 0, 0]], cell), "1.000 Å");
  assert.equal(describeMeasure([[0, 0, 0], [9, 0, 0]], null), "9.000 Å");
  assert.equal(describeMeasure([[0, 0, 0]], cell), null);
});

test("an atom behind another has no label", () => {
  const at = (left: number, depth: number) => ({ left, top: 0, radius: 10, depth });
  const spots = [at(0, 5), at(3, 9), at(40, 9), at(13, 1)];
  assert.deepEqual(visibleOf(spots, [0, 1, 2, 3]), [0, 2, 3]);
});

test("scales are round and fit", () => {
  for (const pixels of [0.3, 7, 41, 900]) {
    const scale = roundScale(pixels);
    assert.ok(scale.pixels <= 70 && scale.pixels > 25, `${scale.pixels}`);
    assert.match(String(Number(scale.value.toPrecision(3))), /^0*\.?0*[125]0*$/);
  }
  assert.deepEqual([plainNumber(0.05), plainNumber(200), plainNumber(0.0002)], ["0.05", "200", "2 × 10⁻⁴"]);
  assert.deepEqual([plainNumber(-1.234e-12), plainNumber(123456)], ["\u22121.23 × 10⁻¹²", "1.23 × 10⁵"]);
});

const scene = (change: Partial<Scene>): Scene =>
  ({
    numbers: Uint8Array.of(8, 1),
    species: new Map([[8, { number: 8, symbol: "O", radius: 0.66, is_metal: false }], [1, { number: 1, symbol: "H", radius: 0.31, is_metal: false }]]),
    cell: Float32Array.of(10, 0, 0, 0, 10, 0, 0, 0, 10),
    positions: Float32Array.of(9.8, 5, 5, 0.6, 5, 5),
    ...change,
  }) as Scene;

test("an atom in words has three digits of what is about one, as numbers on the page have", () => {
  const said = (value: number, limit: number) => describeAtom(scene({ label: "charge", unit: "e", limit }), 0, Float32Array.of(value, 0));
  assert.equal(said(-0.6969, 0.7), "O · atom 0 · charge −0.697 e");
  assert.equal(said(1.9876, 2), "O · atom 0 · charge +1.988 e");
  assert.equal(said(12.3456, 20), "O · atom 0 · charge +12.35 e");
  assert.equal(said(0.01234, 0.02), "O · atom 0 · charge +0.0123 e");
});

test("the cell is repeated, and every image holds the same molecules", () => {
  const placed = new Placer(scene({}), Float32Array.of(0.66, 0.31), { places: "whole", supercell: [2, 1, 1] }).place(scene({}).positions);
  const x = [0, 3, 6, 9].map((i) => placed.positions[i]!);
  close(Math.abs(x[0]! - x[1]!), 0.8);
  close(x[2]! - x[0]!, 10);
  assert.equal(placed.images.length, 2);
  assert.equal(Math.abs(Math.round(displacement(placed, 0)[0] - displacement(placed, 1)[0])), 10);
  assert.deepEqual(imagesOf(null, [3, 3, 3]), [[0, 0, 0]]);
});

test("molecules stay whole when their atoms move on through the boundary", () => {
  const placer = new Placer(scene({}), Float32Array.of(0.66, 0.31), { places: "whole", supercell: [1, 1, 1] });
  placer.place(scene({}).positions);
  const later = placer.place(Float32Array.of(0.3, 5, 5, 1.1, 5, 5)).positions;
  close(later[3]! - later[0]!, 0.8);
});

test("atoms are wrapped one by one, or left where the file has them", () => {
  const positions = Float32Array.of(-0.2, 5, 5, 10.6, 25, -5);
  const at = (places: "wrapped" | "given") =>
    new Placer(scene({}), Float32Array.of(0.66, 0.31), { places, supercell: [1, 1, 1] }).place(positions).positions;
  at("wrapped").forEach((x, i) => close(x, [9.8, 5, 5, 0.6, 5, 5][i]!));
  assert.deepEqual(at("given"), positions);
});

test("a frame with its own cell repeats and wraps by it; an open scene stays open", () => {
  const radii = Float32Array.of(0.66, 0.31);
  const wide = Float32Array.of(12, 0, 0, 0, 10, 0, 0, 0, 10);
  const placer = new Placer(scene({}), radii, { places: "whole", supercell: [2, 1, 1] });
  placer.place(scene({}).positions);
  const placed = placer.place(Float32Array.of(11.8, 5, 5, 0.6, 5, 5), wide);
  assert.deepEqual(placed.cell, wide);
  close(placed.positions[6]! - placed.positions[0]!, 12);
  close(Math.abs(placed.positions[3]! - placed.positions[0]!), 0.8);
  const open = new Placer(scene({ cell: null }), radii, { places: "whole", supercell: [2, 1, 1] });
  assert.equal(open.place(scene({}).positions, wide).cell, null);
});

test("bonds of a large moving structure break when they are stretched", () => {
  const n = 700;
  const positions = Float32Array.from({ length: 3 * n }, (_, i) => (i % 3 === 0 ? Math.floor(i / 6) * 5 + (Math.floor(i / 3) % 2) : 0));
  const [bonds, radii] = [new Bonds(), new Float32Array(n).fill(0.5)];
  const before = bonds.between({ positions, count: n }, radii).length;
  assert.equal(before, n / 2);
  positions[0] = -3;
  assert.equal(bonds.between({ positions, count: n }, radii).length, before - 1);
});

test("keys without a meaning are left alone", () => {
  const called: string[] = [];
  const actions = new Proxy({}, { get: (_, name) => (...given: unknown[]) => called.push(`${String(name)} ${given.join()}`) });
  assert.equal(press("q", actions as never), false);
  assert.equal(press("2", actions as never), true);
  assert.deepEqual(called, ["lookAlong b"]);
});
