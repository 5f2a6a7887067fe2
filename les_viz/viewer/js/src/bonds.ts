// Bonds by covalent radii, between the atoms as they are given: no bond is drawn across the boundary of the cell.

export const TOLERANCE = 1.25;
export const SMALLEST_DISTANCE = 0.3; // Å: closer atoms are the same site twice, not a bond

export type Pair = readonly [number, number];

/** Pairs i < j closer than 1.25 times the sum of their covalent radii; linear in the number of atoms. */
export function findBonds(positions: Float32Array, radii: Float32Array): Pair[] {
  const n = radii.length;
  const width = 2 * TOLERANCE * radii.reduce((a, b) => Math.max(a, b), 0.1);
  const boxes = new Map<string, number[]>();
  const box = (i: number, axis: number) => Math.floor(positions[3 * i + axis]! / width);
  const pairs: Pair[] = [];
  for (let j = 0; j < n; j++) {
    const [bx, by, bz] = [box(j, 0), box(j, 1), box(j, 2)];
    for (let dx = -1; dx <= 1; dx++)
      for (let dy = -1; dy <= 1; dy++)
        for (let dz = -1; dz <= 1; dz++)
          for (const i of boxes.get(`${bx + dx},${by + dy},${bz + dz}`) ?? [])
            if (isBonded(positions, radii, i, j)) pairs.push([i, j]);
    const key = `${bx},${by},${bz}`;
    const members = boxes.get(key);
    if (members === undefined) boxes.set(key, [j]);
    else members.push(j);
  }
  return pairs;
}

function isBonded(positions: Float32Array, radii: Float32Array, i: number, j: number): boolean {
  const distance = Math.hypot(
    positions[3 * i]! - positions[3 * j]!,
    positions[3 * i + 1]! - positions[3 * j + 1]!,
    positions[3 * i + 2]! - positions[3 * j + 2]!,
  );
  return distance > SMALLEST_DISTANCE && distance < TOLERANCE * (radii[i]! + radii[j]!);
}
