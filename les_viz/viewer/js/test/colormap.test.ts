import assert from "node:assert/strict";
import { test } from "node:test";
import { cssGradient, diverging, divergingLab, oklabToLinear, shownPart, toHex } from "../src/colormap.ts";

const distance = (p: readonly number[], q: readonly number[]) => Math.hypot(...p.map((x, i) => x - q[i]!));

test("blue is negative, red is positive, the middle is a near-white grey", () => {
  const [blue, middle, red] = [diverging(-1, 1), diverging(0, 1), diverging(1, 1)];
  assert.ok(blue[2] > blue[0] + 80 && red[0] > red[2] + 80);
  assert.ok(Math.min(...middle) > 225 && Math.max(...middle) - Math.min(...middle) <= 1);
});

test("equal steps look equally large, and both signs equally strong", () => {
  const steps = Array.from({ length: 40 }, (_, i) => -1 + i / 20);
  const sizes = steps.map((t) => distance(divergingLab(t), divergingLab(t + 1 / 20)));
  assert.ok(Math.max(...sizes) - Math.min(...sizes) < 1e-9);
  for (const t of steps) assert.ok(Math.abs(divergingLab(t)[0] - divergingLab(-t)[0]) < 1e-12);
});

test("no colour is clipped by the sRGB gamut", () => {
  for (let t = -1; t <= 1; t += 0.01)
    for (const c of oklabToLinear(divergingLab(t))) assert.ok(c > -1e-3 && c < 1 + 1e-3, `t = ${t}: ${c}`);
});

test("the ends stay far apart for a deuteranope and a protanope (Viénot 1999)", () => {
  const rows = { protan: [0.11238, 0.88762], deutan: [0.29275, 0.70725] };
  for (const [a, b] of Object.values(rows)) {
    const seen = (t: number) => {
      const [r, g, bl] = oklabToLinear(divergingLab(t));
      return [a! * r + b! * g, bl];
    };
    assert.ok(distance(seen(-1), seen(1)) > 0.3);
    assert.ok(distance(seen(-1), seen(0)) > 0.3 && distance(seen(1), seen(0)) > 0.3);
  }
});

test("values beyond the limit saturate, and a value that is no number is the middle", () => {
  assert.deepEqual(diverging(7, 1), diverging(1, 1));
  assert.deepEqual(diverging(NaN, 1), diverging(0, 1));
  assert.deepEqual(diverging(0.3, 0), diverging(0, 1));
  assert.equal(toHex([1, 2, 3]), 0x010203);
  assert.match(cssGradient(), /^linear-gradient\(90deg, rgb\(/);
});

test("the bar shows one side of the scale where no value lies on the other", () => {
  assert.deepEqual(shownPart([0.2, -0.1]), [-1, 1]);
  assert.deepEqual(shownPart(Float32Array.of(0.2, 0)), [0, 1]);
  assert.deepEqual(shownPart([-3, -1]), [-1, 0]);
  assert.deepEqual([shownPart(null), shownPart([0, 0])], [[-1, 1], [-1, 1]]);
  assert.ok(cssGradient([0, 1]).startsWith(`linear-gradient(90deg, rgb(${diverging(0, 1).join(",")})`));
});
