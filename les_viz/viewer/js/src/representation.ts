// How large things are drawn.

export type Representation = "ball-and-stick" | "spheres" | "sticks";

/** What the visitor chose about the looks; it stays in the browser. */
export interface Drawing {
  representation: Representation;
  showCell: boolean;
  /** Molecules whole and in the cell, rather than atoms where the file has them. */
  isWhole: boolean;
}

export const REPRESENTATIONS: readonly { name: Representation; title: string }[] = [
  { name: "ball-and-stick", title: "Balls" },
  { name: "spheres", title: "Spheres" },
  { name: "sticks", title: "Sticks" },
];

/** Radius of an atom's sphere in Å, from its covalent radius. */
export function atomRadius(representation: Representation, covalentRadius: number): number {
  if (representation === "spheres") return covalentRadius + 0.75; // close to the van der Waals radius
  if (representation === "sticks") return 0.2;
  return 0.24 + 0.32 * covalentRadius; // small atoms stay large enough to show a colour
}

/** Radius of a bond in Å, or null for none. */
export function bondRadius(representation: Representation): number | null {
  if (representation === "spheres") return null;
  return representation === "sticks" ? 0.2 : 0.11;
}
