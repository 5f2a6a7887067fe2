// Distance, angle and dihedral between two, three and four atoms.
import { reciprocal } from "./grid.ts";
import { type Vector, cross, dot, length, minus, plus, row, times, unit } from "./vectors.ts";

const DEGREES = 180 / Math.PI;

export const distance = (p: Vector, q: Vector): number => length(minus(q, p));

/** At q, 0 to 180 degrees. */
export function angle(p: Vector, q: Vector, r: Vector): number {
  const [u, v] = [minus(p, q), minus(r, q)];
  return DEGREES * Math.atan2(length(cross(u, v)), dot(u, v));
}

/** Around q → r, −180 to 180 degrees, positive clockwise when seen along q → r (IUPAC). */
export function dihedral(p: Vector, q: Vector, r: Vector, s: Vector): number {
  const [a, b, c] = [minus(q, p), minus(r, q), minus(s, r)];
  return DEGREES * Math.atan2(dot(unit(b), cross(cross(a, b), cross(b, c))), dot(cross(a, b), cross(b, c)));
}

/** Distance to the nearest image of q. */
export function nearestDistance(p: Vector, q: Vector, cell: ArrayLike<number>): number {
  const difference = minus(q, p);
  const whole = reciprocal(cell).map((r) => Math.round(dot(r, difference)));
  let best = Infinity;
  for (const i of [-1, 0, 1])
    for (const j of [-1, 0, 1])
      for (const k of [-1, 0, 1]) {
        const shift = [i, j, k].reduce((sum: Vector, x, d) => plus(sum, times(x - whole[d]!, row(cell, d))), [0, 0, 0]);
        best = Math.min(best, length(plus(difference, shift)));
      }
  return best;
}

/** What two, three or four places measure, as text; null for any other number. */
export function describeMeasure(places: readonly Vector[], cell: ArrayLike<number> | null): string | null {
  const [p, q, r, s] = places;
  if (places.length === 2) return describeDistance(p!, q!, cell);
  if (places.length === 3) return `angle ${angle(p!, q!, r!).toFixed(1)}°`;
  if (places.length === 4) return `dihedral ${dihedral(p!, q!, r!, s!).toFixed(1).replace("-", "\u2212")}°`;
  return null;
}

function describeDistance(p: Vector, q: Vector, cell: ArrayLike<number> | null): string {
  const drawn = distance(p, q);
  const nearest = cell === null ? drawn : nearestDistance(p, q, cell);
  const text = `${drawn.toFixed(3)} Å`;
  return nearest < drawn - 1e-3 ? `${text} (nearest image ${nearest.toFixed(3)} Å)` : text;
}
