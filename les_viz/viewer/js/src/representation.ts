// How large things are drawn.

import type { Arrangement, Places } from "./placed.ts";
import type { Look } from "./scene.ts";

export type Representation = Look["representation"];
export type Labels = Look["labels"];

/** What the visitor chose about the looks; it stays in the browser. */
export interface Drawing extends Arrangement {
  representation: Representation;
  labels: Labels;
  showCell: boolean;
  isOrthographic: boolean;
  hasToolbar: boolean;
  hasLegend: boolean;
}

export const FIRST_DRAWING: Readonly<Drawing> = {
  representation: "ball-and-stick",
  labels: "none",
  showCell: true,
  places: "whole",
  supercell: [1, 1, 1],
  isOrthographic: false,
  hasToolbar: true,
  hasLegend: true,
};

/** What Python wishes, in the words of this side. */
export const drawingOf = (look: Look): Partial<Drawing> => ({
  representation: look.representation,
  labels: look.labels,
  supercell: look.supercell,
  isOrthographic: look.is_orthographic,
  hasToolbar: look.has_toolbar,
  hasLegend: look.has_legend,
});

export const REPRESENTATIONS: readonly { name: Representation; title: string }[] = [
  { name: "ball-and-stick", title: "Balls" },
  { name: "spheres", title: "Spheres" },
  { name: "sticks", title: "Sticks" },
];

export const LABELS: readonly { name: Labels; title: string }[] = [
  { name: "none", title: "No labels" },
  { name: "element", title: "Element" },
  { name: "index", title: "Index" },
  { name: "value", title: "Value" },
];

export const PLACES: readonly { name: Places; title: string }[] = [
  { name: "whole", title: "Whole" },
  { name: "wrapped", title: "Wrapped" },
  { name: "given", title: "As in file" },
];

export const SUPERCELLS: readonly Drawing["supercell"][] = [
  [1, 1, 1],
  [2, 1, 1],
  [1, 2, 1],
  [1, 1, 2],
  [2, 2, 1],
  [2, 2, 2],
  [3, 3, 3],
];

/** Radius of an atom's sphere in Å, from its covalent radius. */
export function atomRadius(representation: Representation, covalentRadius: number): number {
  if (representation === "spheres") return covalentRadius + 0.75; // close to the van der Waals radius
  if (representation === "sticks") return 0.2;
  return 0.24 + 0.32 * covalentRadius; // small atoms stay large enough to show a colour
}

/** Radius of an atom below a glyph: small enough to let the glyph show. */
export const HIDDEN_RADIUS = 0.05;

/** Radius of a bond in Å, or null for none. */
export function bondRadius(representation: Representation): number | null {
  if (representation === "spheres") return null;
  return representation === "sticks" ? 0.2 : 0.11;
}
