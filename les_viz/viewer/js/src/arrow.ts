// An arrow as a surface: a shaft and a head, both round.
import type { Rgb } from "./colormap.ts";
import type { Mesh } from "./mesh.ts";
import { type Vector, across, length, minus, plus, times, unit } from "./vectors.ts";

const HEAD_LENGTH = 4.5; // in radii of the shaft
const HEAD_RADIUS = 2.3;
const SMALLEST = 0.02; // Å: shorter arrows are a point

/** How something round is made. */
export interface Round {
  radius: number;
  colour: Rgb;
  sides: number;
}

export function addArrow(mesh: Mesh, from: Vector, to: Vector, round: Round): void {
  const size = length(minus(to, from));
  if (size < SMALLEST) return;
  const along = unit(minus(to, from));
  const shaft = { ...round, radius: Math.min(round.radius, size / 8) }; // a short arrow is thin, so that its head still shows
  const head = { ...round, radius: HEAD_RADIUS * shaft.radius };
  const neck = plus(to, times(-Math.min(HEAD_LENGTH * shaft.radius, 0.6 * size), along));
  addTube(mesh, from, neck, shaft);
  addDisc(mesh, from, times(-1, along), shaft);
  addDisc(mesh, neck, times(-1, along), head);
  addCone(mesh, neck, to, head);
}

function addTube(mesh: Mesh, from: Vector, to: Vector, round: Round): void {
  const rims = ring(minus(to, from), round.sides).map((out) =>
    [from, to].map((end) => mesh.point(plus(end, times(round.radius, out)), out, round.colour)),
  );
  rims.forEach(([a, b], k) => {
    const [d, c] = rims[(k + 1) % rims.length]!;
    mesh.quad(a!, b!, c!, d!);
  });
}

export function addDisc(mesh: Mesh, centre: Vector, normal: Vector, round: Round): void {
  const middle = mesh.point(centre, normal, round.colour);
  const rim = ring(normal, round.sides).map((out) => mesh.point(plus(centre, times(round.radius, out)), normal, round.colour));
  rim.forEach((a, k) => mesh.triangle(middle, a, rim[(k + 1) % rim.length]!));
}

function addCone(mesh: Mesh, from: Vector, to: Vector, round: Round): void {
  const lean = times(round.radius / length(minus(to, from)), unit(minus(to, from)));
  const sides = ring(minus(to, from), round.sides).map((out) => {
    const normal = unit(plus(out, lean));
    return [mesh.point(plus(from, times(round.radius, out)), normal, round.colour), mesh.point(to, normal, round.colour)];
  });
  sides.forEach(([a, tip], k) => mesh.triangle(a!, sides[(k + 1) % sides.length]![0]!, tip!));
}

/** Directions around an axis. */
function ring(axis: Vector, sides: number): Vector[] {
  const [u, v] = across(axis);
  return Array.from({ length: sides }, (_, k) => {
    const angle = (2 * Math.PI * k) / sides;
    return plus(times(Math.cos(angle), u), times(Math.sin(angle), v));
  });
}
