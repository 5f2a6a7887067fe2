import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeScene } from "../src/codec.ts";
import { fromHalf } from "../src/container.ts";
import { legendLines } from "../src/legend.ts";
import { type Scene, reachesElsewhere, sameSubject } from "../src/scene.ts";

const OXYGEN = { number: 8, symbol: "O", radius: 0.66, is_metal: false };

function payload(change: Record<string, unknown> = {}, drop?: string): Uint8Array {
  const positions = Float32Array.of(0, 1, 2, 3, 4, 5);
  const header: Record<string, unknown> = {
    version: 2, viewer: "v", digest: "d", label: "charge", unit: "e", limit: 0.5, selected: null, selection: [], look: null,
    species: [OXYGEN], arrows: [], tensors: null, volume: null, run: null, is_movable: false, height: null,
    arrays: {
      numbers: { dtype: "u1", shape: [2], offset: 0 },
      positions: { dtype: "f4", shape: [2, 3], offset: 8 },
    },
    ...change,
  };
  if (drop !== undefined) delete header[drop];
  const text = new TextEncoder().encode(JSON.stringify(header));
  const base = (4 + text.length + 7) & ~7;
  const bytes = new Uint8Array(base + 8 + 24);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set([8, 8], base);
  bytes.set(new Uint8Array(positions.buffer), base + 8);
  return bytes;
}

test("a payload becomes a scene, whatever its alignment", () => {
  const shifted = new Uint8Array(payload().length + 3);
  shifted.set(payload(), 3);
  for (const bytes of [payload(), shifted.subarray(3), new DataView(shifted.buffer, 3)]) {
    const scene = decodeScene(bytes);
    assert.deepEqual([...scene.numbers], [8, 8]);
    assert.deepEqual([...scene.positions], [0, 1, 2, 3, 4, 5]);
    assert.equal(scene.cell, null);
    assert.deepEqual(scene.species.get(8), OXYGEN);
  }
});

test("a missing key, another version and a short buffer are refused by name", () => {
  assert.throws(() => decodeScene(payload({}, "unit")), /lacks unit/);
  assert.throws(() => decodeScene(payload({ version: 3 })), /version 3/);
  assert.throws(() => decodeScene(payload().subarray(0, payload().length - 4)), /ends behind the payload/);
});

test("the camera may stay where atoms moved, the cell was strained or an element swapped", () => {
  const scene = decodeScene(payload());
  assert.equal(sameSubject(null, scene), false);
  assert.equal(sameSubject(scene, { ...scene, positions: Float32Array.of(9, 9, 9, 9, 9, 9) }), true);
  assert.equal(sameSubject(scene, { ...scene, numbers: Uint8Array.of(8, 1) }), true);
  assert.equal(sameSubject(scene, { ...scene, numbers: Uint8Array.of(1, 1) }), false);
  assert.equal(sameSubject(scene, { ...scene, numbers: Uint8Array.of(8) }), false);
  assert.equal(sameSubject(scene, { ...scene, cell: new Float32Array(9) }), false);
  const crystal = { ...scene, cell: Float32Array.of(12, 0, 0, 0, 12, 0, 0, 0, 12) };
  assert.equal(sameSubject(crystal, { ...crystal, cell: Float32Array.of(14, 0, 0, 0, 12, 0, 1, 0, 12) }), true);
  assert.equal(sameSubject(crystal, { ...crystal, cell: Float32Array.of(24, 0, 0, 0, 12, 0, 0, 0, 12) }), false);
});

test("only the potential of what lies in no cell reaches elsewhere", () => {
  const open = { cell: null, volume: null } as unknown as Scene;
  const among = { ...open, volume: {} } as unknown as Scene;
  assert.deepEqual([reachesElsewhere(open, among), reachesElsewhere(among, open)], [true, true]);
  assert.deepEqual([reachesElsewhere(among, among), reachesElsewhere(open, open), reachesElsewhere(null, open)], [false, false, false]);
  assert.equal(reachesElsewhere({ ...open, cell: new Float32Array(9) }, { ...among, cell: new Float32Array(9) }), false);
});

test("arrows and tensors are read, and those without vectors refused", () => {
  const arrays = {
    numbers: { dtype: "u1", shape: [2], offset: 0 },
    positions: { dtype: "f4", shape: [2, 3], offset: 8 },
    "arrows0.origins": { dtype: "f4", shape: [1, 3], offset: 8 },
    "arrows0.vectors": { dtype: "f4", shape: [1, 3], offset: 20 },
    "tensors.atoms": { dtype: "u4", shape: [0], offset: 0 },
    "tensors.values": { dtype: "f4", shape: [0, 3, 3], offset: 0 },
  };
  const arrows = [{ label: "dipole", unit: "e Å", length_per_unit: 2, color: "#112233", is_centered: true }];
  const tensors = { label: "Z", unit: "e", length_per_unit: 1, limit: 2 };
  const scene = decodeScene(payload({ arrays, arrows, tensors }));
  assert.deepEqual([...scene.arrows[0]!.vectors], [3, 4, 5]);
  assert.equal(scene.arrows[0]!.atoms, null);
  assert.match(legendLines(scene, 30)[0]!.text, /^dipole: this long is [\d.]+ e Å$/);
  assert.equal(scene.tensors!.values.length, 0);
  assert.throws(() => decodeScene(payload({ arrows })), /arrows need origins/);
});

test("numbers of 16 bits", () => {
  assert.deepEqual([0x3c00, 0xc000, 0x0000, 0x3555, 0x0001, 0x7c00].map(fromHalf), [1, -2, 0, 0.333251953125, 2 ** -24, Infinity]);
});
