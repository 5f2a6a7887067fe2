// Which atoms are selected, in which order, and which of them was picked last.

export interface Selection {
  readonly atoms: readonly number[];
  readonly picked: number | null;
}

export const NOTHING: Selection = { atoms: [], picked: null };

/** What Python says is selected; if it names the picked atom only, and that is known, the others stay. */
export function selectionAfter(
  before: Selection,
  { selected, selection }: { selected: number | null; selection: readonly number[] },
): Selection {
  if (selection.length > 0) return { atoms: selection, picked: selected };
  if (selected === null) return NOTHING;
  return selected === before.picked ? before : { atoms: [selected], picked: selected };
}

export type Click = "alone" | "add" | "measure";

const MOST_MEASURED = 4; // atoms of a dihedral

/** After a click on an atom, or (null) beside all of them. */
export function clicked(before: Selection, atom: number | null, click: Click): Selection {
  if (atom === null) return click === "alone" ? NOTHING : before;
  if (click === "alone") return { atoms: [atom], picked: atom };
  const { atoms } = before;
  if (atoms.includes(atom)) {
    const rest = atoms.filter((other) => other !== atom);
    return { atoms: rest, picked: rest.at(-1) ?? null };
  }
  const kept = click === "measure" && atoms.length >= MOST_MEASURED ? [] : atoms;
  return { atoms: [...kept, atom], picked: atom };
}

export const sameSelection = (a: Selection, b: Selection): boolean =>
  a.picked === b.picked && a.atoms.length === b.atoms.length && a.atoms.every((atom, i) => atom === b.atoms[i]);
