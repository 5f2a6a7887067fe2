import assert from "node:assert/strict";
import { test } from "node:test";
import { type Moment, type Plot, listenToPlots, momentAt } from "../src/plotclicks.ts";

const inside = { contains: () => false };
const around = { contains: () => true };
const cover = { contains: () => false };

const plot: Plot = {
  layout: { meta: { run: "r/1", fs_per_unit: 1000 } },
  _fullLayout: { _size: { l: 80, t: 30, w: 200, h: 400 }, xaxis: { range: [1, 3] } },
  getBoundingClientRect: () => ({ left: 500, top: 100 }),
  contains: (other) => (other as unknown) === inside,
};

const press = (clientX: number, clientY = 200, target: typeof inside | null = inside) => ({ clientX, clientY, target });

test("a place on a plot is a time of its run", () => {
  assert.deepEqual(momentAt(plot, press(580)), { run: "r/1", fs: 1000 });
  assert.deepEqual(momentAt(plot, press(630)), { run: "r/1", fs: 1500 });
  assert.deepEqual(momentAt(plot, press(630, 200, around)), { run: "r/1", fs: 1500 }, "while plotly draws it again");
});

test("no time is meant beside the axes, below something else, on another plot", () => {
  for (const beside of [press(579), press(781), press(630, 129), press(630, 531)]) assert.equal(momentAt(plot, beside), null);
  assert.equal(momentAt(plot, press(630, 200, cover)), null);
  assert.equal(momentAt(plot, press(630, 200, null)), null);
  assert.equal(momentAt({ ...plot, layout: {} }, press(630)), null);
  assert.equal(momentAt({ ...plot, _fullLayout: undefined }, press(630)), null, "not drawn yet");
});

test("a click is a press and a release, wherever the release is heard", () => {
  const listeners = new Map<string, (event: unknown) => void>();
  const page = {
    addEventListener: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
    querySelectorAll: () => [{ ...plot, layout: {} }, plot],
  };
  const found: Moment[] = [];
  listenToPlots(page as unknown as Document, (moment) => found.push(moment));
  const event = (name: string, x: number, more = {}) => listeners.get(name)!({ ...press(x), button: 0, ...more });
  event("pointerdown", 630);
  event("pointerup", 632, { target: null }); // plotly lays a sheet over the page while a button is down
  assert.deepEqual(found, [{ run: "r/1", fs: 1500 }]);
  event("pointerup", 632);
  event("pointerdown", 630);
  event("pointerup", 660);
  event("pointerdown", 630, { button: 2 });
  event("pointerup", 630);
  assert.equal(found.length, 1, "a release alone, a drag, the other button");
});
