import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "../src/container.ts";
import { FrameStore, type Piece, seekIn } from "../src/frames.ts";
import { Player } from "../src/player.ts";
import { timeInWords } from "../src/transport.ts";

/** Frame f of two atoms holds the number f everywhere. */
function piece(first: number, count: number, change: Partial<Piece> = {}): Piece {
  const fill = (per: number) => Float32Array.from({ length: per * count }, (_, i) => first + Math.floor(i / per));
  return {
    run: "r", first, count, atoms: 2, isLive: true, digest: `${first}+${count}`,
    positions: fill(6), values: fill(2), times: fill(1), cells: fill(9), ...change,
  };
}

test("pieces in order make one trajectory, whatever they overlap", () => {
  const store = new FrameStore();
  store.add(piece(0, 5));
  store.add(piece(3, 4));
  assert.equal(store.add(piece(3, 4)), false, "the same piece again");
  store.add(piece(9, 2, { digest: "gap" }));
  store.add(piece(2, 3, { digest: "known" }));
  assert.equal(store.count, 7);
  for (let f = 0; f < 7; f++) {
    const frame = store.at(f)!;
    assert.deepEqual([...frame.positions], new Array(6).fill(f));
    assert.deepEqual([[...frame.values!], frame.time], [[f, f], f]);
    assert.deepEqual([...frame.cell!], new Array(9).fill(f), "the cell of a piece that was cut");
  }
  assert.equal(store.at(7), null);
});

test("a time has a nearest frame, in whichever piece", () => {
  const store = new FrameStore();
  store.add(piece(0, 3));
  store.add(piece(3, 4));
  assert.deepEqual([-5, 2.4, 3.6, 99].map((time) => store.nearest(time)), [0, 2, 4, 6]);
  store.add(piece(0, 2, { run: "untimed", times: null, digest: "u" }));
  assert.equal(store.nearest(1), null);
});

test("another run starts over, and a piece of other atoms is left out", () => {
  const store = new FrameStore();
  store.add(piece(0, 5));
  store.add(piece(5, 1, { atoms: 3, digest: "three" }));
  assert.equal(store.count, 5);
  store.add(piece(0, 2, { run: "other", digest: "o" }));
  assert.deepEqual([store.run, store.count], ["other", 2]);
});

test("the clock keeps its speed and skips frames when pictures are slow", () => {
  const player = new Player();
  player.state.speed = 10;
  player.toggle(100, false);
  assert.equal(player.tick(1000, 100, false), true);
  assert.equal(player.tick(1050, 100, false), false);
  assert.equal(player.tick(1100, 100, false), true);
  assert.equal(player.state.frame, 2);
  player.tick(1650, 100, false);
  assert.equal(player.state.frame, 7);
});

test("a finished trajectory stops at its end and starts again from its beginning", () => {
  const player = new Player();
  player.goTo(98, 100);
  player.toggle(100, false);
  for (const now of [1000, 2000, 3000]) player.tick(now, 100, false);
  assert.deepEqual([player.state.frame, player.state.isPlaying], [99, false]);
  player.toggle(100, false);
  assert.equal(player.state.frame, 0);
});

test("a live run waits at its end and asks once for more", () => {
  const player = new Player();
  player.begin(true);
  player.state.speed = 10;
  assert.equal(player.wantsMore(0, 20, 20, true), false, "plenty is left");
  player.goTo(15, 20);
  assert.equal(player.wantsMore(0, 20, 20, true), true);
  assert.equal(player.wantsMore(3000, 20, 20, true), false);
  assert.equal(player.wantsMore(4500, 20, 20, true), true, "no answer came");
  player.askAgain();
  assert.equal(player.wantsMore(4600, 20, 20, true), false, "it was asked just now");
  assert.equal(player.wantsMore(5200, 20, 20, true), true);
  player.goTo(19, 20);
  player.tick(5000, 20, true);
  assert.equal(player.state.isPlaying, true);
});

test("a run that begins after another starts at its first frame", () => {
  const player = new Player();
  player.toggle(100, false);
  player.tick(1000, 100, false);
  player.begin(true);
  player.tick(9000, 20, true);
  assert.equal(player.state.frame, 1);
});

test("a live run is shown as fast as it comes, a little faster with many frames in hand, and to catch up three times as fast", () => {
  const player = new Player();
  player.begin(true);
  assert.equal(player.pace(1, true), 15, "nothing is known yet");
  for (const when of [0, 500, 1000, 1500, 2000]) player.arrived(when, 5);
  player.goTo(17, 20);
  assert.ok(Math.abs(player.pace(20, true) - 9) < 1e-9, "10 frames/s came, two are left");
  player.goTo(5, 20);
  assert.ok(Math.abs(player.pace(20, true) - 11.5) < 1e-9);
  player.goTo(0, 100);
  assert.equal(player.pace(100, true), 30);
  assert.equal(player.pace(100, false), 15);
  player.setSpeed(2);
  assert.equal(player.pace(100, true), 2, "slower if the visitor wants it");
});

test("a live run that brings more frames than pictures are wanted is followed without some of them", () => {
  const player = new Player();
  player.begin(true);
  let [count, pictures] = [0, 0];
  for (let beat = 0; beat <= 600; beat += 1) {
    const now = (beat * 1000) / 60; // as a screen does
    if (beat % 30 === 0) player.arrived(now, 25);
    count = 25 * (1 + Math.floor(now / 500));
    if (!player.tick(now, count, true)) continue;
    player.drawn(now);
    pictures += 1;
  }
  assert.ok(count - player.state.frame < 100, `${player.state.frame} of ${count}: 50 frames/s came`);
  assert.ok(pictures > 140 && pictures < 155, `${pictures} pictures in 10 s`);
});

test("a frame to go to comes out of a header", () => {
  const header = { run: "r", viewer: "bench", seek: { frame: 7, is_held: true, turn: 3 } };
  assert.deepEqual(seekIn({ header } as unknown as Container), { run: "r", frame: 7, isHeld: true, turn: 3 });
});

test("the newest frame of a run has no number", () => {
  const header = { run: "r", viewer: "bench", seek: { frame: null, is_held: false, turn: 4 } };
  assert.equal(seekIn({ header } as unknown as Container).frame, null);
});

test("a held picture of a live run goes back to the newest frame, and on from there", () => {
  const player = new Player();
  player.begin(true);
  player.goTo(30, 100);
  player.hold();
  assert.equal(player.tick(1000, 100, true), false);
  assert.equal(player.isBehind(31), true, "held, it is offered also at the newest frame");
  player.goLive(100);
  assert.deepEqual([player.state.frame, player.state.isPlaying, player.isBehind(100)], [99, true, false]);
  player.tick(2000, 101, true);
  assert.equal(player.state.frame, 100);
  assert.equal(player.isBehind(200), true, "far behind");
});

test("times are in fs, and in ps when they are long", () => {
  assert.deepEqual([timeInWords(12.34), timeInWords(25_000)], ["12.3 fs", "25.00 ps"]);
});

test("between two frames lie positions and charges in proportion; the last frame has no next one", () => {
  const store = new FrameStore();
  const piece = { run: "r", first: 0, isLive: true, digest: "1", count: 2, atoms: 1 };
  store.add({ ...piece, positions: Float32Array.of(0, 0, 0, 4, 8, 0), values: Float32Array.of(-1, 1), times: Float32Array.of(0, 2) });
  const middle = store.between(0, 0.25)!;
  assert.deepEqual([...middle.positions, ...middle.values!], [1, 2, 0, -0.5]);
  assert.deepEqual([...store.between(1, 0.5)!.positions], [4, 8, 0]);
});

test("a live run that brings few frames is shown in more pictures than frames, evenly", () => {
  const player = new Player();
  player.begin(true);
  player.state.speed = 5;
  let count = 0;
  const places: number[] = [];
  for (let now = 1000; now < 3000; now += 10) {
    count = Math.floor((now - 1000) / 200) + 3;
    const part = player.tick(now, count, true) ? 0 : player.tween(now, count, true);
    if (part === null) continue;
    player.drawn(now);
    places.push(player.state.frame + part);
  }
  assert.ok(places.length > 2 * 12, `${places.length} pictures in 2 s`);
  const steps = places.slice(1).map((place, i) => place - places[i]!);
  assert.ok(Math.min(...steps) > 0 && Math.max(...steps) < 0.6, `${Math.min(...steps)} to ${Math.max(...steps)}`);
});

test("a finished trajectory is shown frame by frame, however slowly", () => {
  const player = new Player();
  player.begin(false);
  player.toggle(10, false);
  player.state.speed = 1;
  player.tick(1000, 10, false);
  assert.equal(player.tween(1500, 10, false), null);
});
