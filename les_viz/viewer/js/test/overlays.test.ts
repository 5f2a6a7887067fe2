import assert from "node:assert/strict";
import { test } from "node:test";
import { addArrow } from "../src/arrow.ts";
import { type Tensor, axialVector, eigenOf, symmetricPart } from "../src/eigen.ts";
import { addGlyph } from "../src/glyph.ts";
import { type Grid, interpolate, pointAt } from "../src/grid.ts";
import { addIsosurface } from "../src/isosurface.ts";
import { Mesh } from "../src/mesh.ts";
import { parseColour } from "../src/overlays.ts";
import { partsOf } from "../src/shapes.ts";
import { addSlice } from "../src/slice.ts";
import { type Vector, cross, dot, length, minus, row } from "../src/vectors.ts";

const GREEN = [0, 200, 0] as const;
const close = (a: number, b: number, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} against ${b}`);
const points = (mesh: Mesh) => Array.from({ length: mesh.size }, (_, i) => row(mesh.positions, i));

function areaOf(mesh: Mesh): number {
  let area = 0;
  for (let f = 0; f < mesh.faces.length; f += 3) {
    const [p, q, r] = [0, 1, 2].map((k) => row(mesh.positions, mesh.faces[f + k]!)) as [Vector, Vector, Vector];
    area += length(cross(minus(q, p), minus(r, p))) / 2;
  }
  return area;
}

test("an arrow reaches from tail to tip, and a vanishing one is not drawn", () => {
  const mesh = new Mesh();
  addArrow(mesh, [1, 1, 1], [1, 1, 4], { radius: 0.1, colour: GREEN, sides: 8 });
  const heights = points(mesh).map((p) => p[2]);
  close(Math.min(...heights), 1);
  close(Math.max(...heights), 4);
  const nothing = new Mesh();
  addArrow(nothing, [0, 0, 0], [0, 0, 0.001], { radius: 0.1, colour: GREEN, sides: 8 });
  assert.equal(nothing.size, 0);
});

test("eigenvalues and eigenvectors put the tensor together again", () => {
  const tensor: Tensor = [2, -1, 0.5, -1, -3, 0.25, 0.5, 0.25, 0.1];
  const { values, vectors } = eigenOf(tensor);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) {
      close(values.reduce((sum, x, k) => sum + x * vectors[k]![i]! * vectors[k]![j]!, 0), tensor[3 * i + j]!);
      close(dot(vectors[i]!, vectors[j]!), i === j ? 1 : 0);
    }
});

test("a tensor is its symmetric part and its axial vector", () => {
  const tensor: Tensor = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const [x, y, z] = axialVector(tensor);
  const antisymmetric = [0, z, -y, -z, 0, x, y, -x, 0];
  symmetricPart(tensor).forEach((s, i) => close(s + antisymmetric[i]!, tensor[i]!));
  const field: Vector = [0.3, -1, 2];
  const product = [0, 1, 2].map((i) => dot(antisymmetric.slice(3 * i, 3 * i + 3) as unknown as Vector, field));
  cross(field, [x, y, z]).forEach((c, i) => close(c, product[i]!)); // A·v = v × a
});

test("a glyph is as long as its eigenvalues and shows their signs", () => {
  const mesh = new Mesh();
  addGlyph(mesh, [5, 5, 5], [2, 0, 0, 0, -1, 0, 0, 0, 0.5], { lengthPerUnit: 0.5, limit: 2, around: 20 });
  const reach = (axis: number) => Math.max(...points(mesh).map((p) => p[axis]! - 5));
  close(reach(0), 1, 1e-6);
  close(reach(1), 0.5, 1e-6);
  close(reach(2), 0.25, 1e-6);
  const colourAt = (axis: number) => row(mesh.colours, points(mesh).findIndex((p) => p[axis]! - 5 > 0.999 * reach(axis)));
  assert.ok(colourAt(0)[0] > colourAt(0)[2] + 100, "the positive axis is red");
  assert.ok(colourAt(1)[2] > colourAt(1)[0] + 30, "the negative axis is blue");
});

test("the antisymmetric part is an arrow of its length from the surface outwards", () => {
  const mesh = new Mesh();
  addGlyph(mesh, [0, 0, 0], [1, 0.4, 0, -0.4, 1, 0, 0, 0, 1], { lengthPerUnit: 2, limit: 1, around: 20 });
  close(Math.max(...points(mesh).map((p) => p[2])), 2 + 0.8, 1e-6);
});

const sphere = (isPeriodic: boolean): Grid => {
  const [n, cell] = [24, [8, 0, 0, 2, 8, 0, 0, 0, 9]];
  const grid: Grid = { values: new Float32Array(n ** 3), shape: [n, n, n], cell, origin: [1, 0, 0], isPeriodic };
  const middle = pointAt(grid, isPeriodic ? [n / 2, n / 2, n / 2] : [(n - 1) / 2, (n - 1) / 2, (n - 1) / 2]);
  for (let i = 0; i < n ** 3; i++)
    grid.values[i] = 5 - length(minus(pointAt(grid, [Math.floor(i / n / n), Math.floor(i / n) % n, i % n]), middle));
  return grid;
};

for (const isPeriodic of [true, false])
  test(`the surface of a ball in a skewed cell, periodic: ${isPeriodic}`, () => {
    const mesh = new Mesh();
    addIsosurface(mesh, sphere(isPeriodic), 2, GREEN); // 5 − r = 2: radius 3
    const middle: Vector = [6, 4, 4.5];
    for (const p of points(mesh)) close(length(minus(p, middle)), 3, 0.02);
    close(areaOf(mesh), 4 * Math.PI * 9, 1.2);
    for (let i = 0; i < mesh.size; i++) assert.ok(dot(row(mesh.normals, i), minus(row(mesh.positions, i), middle)) > 2.8);
  });

test("a surface that crosses the boundary of a periodic cell reaches both of its faces", () => {
  const n = 8;
  const values = Float32Array.from({ length: n ** 3 }, (_, i) => Math.cos((2 * Math.PI * (i % n)) / n));
  const mesh = new Mesh();
  addIsosurface(mesh, { values, shape: [n, n, n], cell: [4, 0, 0, 0, 4, 0, 0, 0, 4], origin: [0, 0, 0], isPeriodic: true }, 0.5, GREEN);
  const reach = points(mesh).map((p) => p[0]);
  close(Math.max(...reach) - Math.min(...reach), 4);
  close(areaOf(mesh), 2 * 16, 1e-4); // two planes
});

test("the negative surface of minus a grid is the positive one of the grid", () => {
  const grid = sphere(true);
  const [a, b] = [new Mesh(), new Mesh()];
  addIsosurface(a, grid, 2, GREEN);
  addIsosurface(b, { ...grid, values: grid.values.map((x) => -x) }, -2, GREEN);
  close(areaOf(a), areaOf(b), 1e-6);
});

test("a slice has the values of the grid", () => {
  const grid = sphere(false);
  close(interpolate(grid, [3, 4, 5]), grid.values[(3 * 24 + 4) * 24 + 5]!);
  close(interpolate(grid, [3.5, 4, 23]), (grid.values[(3 * 24 + 4) * 24 + 23]! + grid.values[(4 * 24 + 4) * 24 + 23]!) / 2, 1e-6);
  const mesh = new Mesh();
  addSlice(mesh, grid, { axis: 2, position: 0.5 }, 5);
  assert.ok(points(mesh).every((p) => Math.abs(p[2] - 4.5) < 1e-9));
  close(areaOf(mesh), 2 * 64, 1e-6); // both sides
});

test("a large mesh comes in parts that keep every triangle", () => {
  const mesh = new Mesh();
  for (let i = 0; i < 25_000; i++) mesh.triangle(...([0, 1, 2].map((k) => mesh.point([i, k, k * k], [0, 0, 1], GREEN)) as [number, number, number]));
  const parts = [...partsOf(mesh)];
  assert.equal(parts.length, 2);
  assert.ok(parts.every((part) => part.vertexArr.length < 65_000 && part.color.length === part.vertexArr.length));
  assert.equal(parts.reduce((sum, part) => sum + part.faceArr.length, 0), mesh.faces.length);
});

test("colours", () => {
  assert.deepEqual(parseColour("#1f9E6e"), [31, 158, 110]);
  assert.deepEqual(parseColour("url(x)"), [128, 128, 128]);
});
