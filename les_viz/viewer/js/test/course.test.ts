import assert from "node:assert/strict";
import { test } from "node:test";

import type { Container } from "../src/container.ts";
import { COURSE_KEYS, type Course, courseIn, described, looksLike, momentOf, reading, span } from "../src/course.ts";

const course: Course = {
  plot: "p",
  run: "r",
  fsPerUnit: 1000,
  timeLabel: "time (ps)",
  mark: null,
  height: 500,
  font: 12,
  rows: [{ title: "change (eV):", share: 0.6 }, { title: "", share: 0.4 }],
  lines: [
    { row: 0, name: "potential", unit: "eV", color: "#123456", dash: "solid", is_right: false },
    { row: 1, name: "temperature", unit: "K", color: "#654321", dash: "dot", is_right: false },
  ],
  times: Float32Array.of(0, 0.5, 1),
  values: [Float32Array.of(0, -1.5, 2), Float32Array.of(300, 310, 320)],
};

test("values are read at a point, else the last ones, with their unit once", () => {
  assert.equal(reading(course, 0, 1), "potential −1.5");
  assert.equal(reading(course, 0, null), "potential 2");
  assert.equal(reading(course, 1, 0), "temperature 300 K");
  assert.equal(reading({ ...course, values: [new Float32Array(), new Float32Array()] }, 1, null), "temperature – K");
});

test("everything is seen unless something was zoomed into, and a single point has an axis", () => {
  assert.deepEqual(span(course, null), [0, 1]);
  assert.deepEqual(span(course, [0.25, 0.5]), [0.25, 0.5]);
  assert.deepEqual(span({ ...course, times: Float32Array.of(2) }, null), [2, 3]);
});

test("those who do not see it hear what is seen", () => {
  assert.equal(described({ ...course, mark: 0.75 }, null), "time (ps) from 0 to 1, marked at 0.75");
  assert.equal(described(course, [0.25, 0.5]), "time (ps) from 0.25 to 0.5");
});

test("a place on the axis is a moment of the run", () => {
  assert.deepEqual(momentOf(course, 0.25), { run: "r", fs: 250 });
});

test("more points leave the look as it is; other lines do not", () => {
  assert.ok(looksLike(course, { ...course, times: Float32Array.of(0, 1), mark: 0.5 }));
  assert.ok(!looksLike(course, { ...course, lines: course.lines.slice(1) }));
  assert.ok(!looksLike(course, { ...course, font: 18 }));
});

test("a course comes out of its container, each line by its number", () => {
  const header: Record<string, unknown> = {
    version: 1, plot: "p", run: "r", fs_per_unit: 1, time_label: "time (fs)", mark: 3, height: 100, font: 12,
    rows: course.rows, lines: course.lines, digest: "", arrays: {},
  };
  const arrays: Record<string, Float32Array> = { times: course.times, line0: course.values[0]!, line1: course.values[1]! };
  const missing = (keys: readonly string[]) => keys.filter((key) => !(key in header));
  const box = { header, floats: (name: string) => arrays[name] ?? null, require: (keys: readonly string[]) => assert.deepEqual(missing(keys), []) };
  const found = courseIn(box as unknown as Container);
  assert.equal(found.values[1]![2], 320);
  assert.equal(found.mark, 3);
  assert.equal(COURSE_KEYS.length, Object.keys(header).length);
});
