"""PDB and LAMMPS data: checked here where ASE would guess or overrun, then parsed by ASE."""

import re
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from les_viz.errors import StructureError
from les_viz.io.limits import ReadLimits
from les_viz.io.names import printable
from les_viz.io.selection import selected

if TYPE_CHECKING:
    import ase

_ATOM_RECORDS = ("ATOM  ", "HETATM")
_LAMMPS_UNITS = ("metal", "real", "si", "cgs", "electron", "micro", "nano")


def read_pdb(text: str, index: str, limits: ReadLimits, notes: list[str]) -> "list[ase.Atoms]":
    """Parse the models of a PDB file.

    Args:
        text: the whole file.
        index: from `index_text`.
        limits: atoms and frames.
        notes: receives sentences about what was guessed or left out.

    Raises:
        StructureError: no atoms.
    """
    from ase.io.proteindatabank import read_proteindatabank

    lines = _without_alternates(text.split("\n"), notes)
    if any(line.startswith(_ATOM_RECORDS) and not line[76:78].strip() for line in lines):
        notes.append("columns 77-78 do not give every element: they were guessed from the atom names, so check them")
    images = read_proteindatabank(StringIO("\n".join(lines)), index=slice(None))
    frames = [atoms for atoms in images if len(atoms)]  # END after the last ENDMDL makes an empty one
    if not frames:
        raise StructureError("it holds no ATOM or HETATM records")
    _share_cell(frames, notes)
    return [frames[number] for number in selected(index, len(frames), limits.max_frames)]


def _without_alternates(lines: list[str], notes: list[str]) -> list[str]:
    """Keep the first of the alternate locations of an atom."""
    kept = [line for line in lines if not (line.startswith(_ATOM_RECORDS) and line[16:17] not in ("", " ", "A", "1"))]
    if len(kept) < len(lines):
        notes.append(f"{len(lines) - len(kept)} atoms in alternate locations were left out")
    return kept


def _share_cell(frames: "list[ase.Atoms]", notes: list[str]) -> None:
    """Give the cell of the first model to the others; a cell of 1 Å stands for none (wwPDB)."""
    first = frames[0]
    if first.pbc.any() and np.allclose(first.cell.lengths(), 1.0):
        notes.append("CRYST1 gives the 1 Å cell that stands for none: read as a molecule")
        first.cell[:] = 0.0
        first.pbc = False
    for atoms in frames[1:]:
        if not atoms.pbc.any() or np.allclose(atoms.cell.lengths(), 1.0):
            atoms.cell = first.cell.copy()
            atoms.pbc = first.pbc


def read_lammps(text: str, index: str, limits: ReadLimits, notes: list[str]) -> "list[ase.Atoms]":
    """Parse a LAMMPS data file; it holds one frame.

    Args:
        text: the whole file.
        index: from `index_text`.
        limits: atoms.
        notes: receives sentences about what was guessed.

    Raises:
        StructureError: a count that does not fit, no elements, or units without lengths.
    """
    from ase.io.lammpsdata import read_lammps_data

    selected(index, 1, limits.max_frames)
    _check_lammps_count(text, limits.max_atoms)
    if re.search(r"^\s*Masses\b", text, re.MULTILINE):
        notes.append("elements were guessed from the masses: check them")
    elif not re.search(r"^\s*Atom Type Labels\b", text, re.MULTILINE):
        raise StructureError("it says nothing about the elements of its atom types: add a Masses section")
    units = re.search(r"units\s*=\s*(\w+)", text.split("\n", 1)[0])
    if units and units.group(1) not in _LAMMPS_UNITS:
        raise StructureError(f"units {units.group(1)[:20]!r} have no fixed length: convert it to 'metal' units")
    return [read_lammps_data(StringIO(text), units=units.group(1) if units else "metal")]


def _check_lammps_count(text: str, max_atoms: int) -> None:
    header = re.search(r"^[ \t]*(\S+)[ \t]+atoms[ \t]*(?:#.*)?$", text, re.MULTILINE)
    section = re.search(r"^[ \t]*Atoms\b.*$", text, re.MULTILINE)
    if header is None or section is None:
        raise StructureError("a LAMMPS data file needs a line 'N atoms' and a section 'Atoms'")
    word = header.group(1)
    if not re.fullmatch(r"[0-9]{1,18}", word) or int(word) == 0:
        raise StructureError(f"{printable(word, 30)!r} is no number of atoms")
    if int(word) > max_atoms:
        raise StructureError(f"it announces {int(word)} atoms, more than the limit of {max_atoms}")
    left = sum(bool(line.strip()) for line in text[section.end() :].split("\n"))
    if left < int(word):
        raise StructureError(f"it announces {int(word)} atoms, but only {left} lines follow 'Atoms': is it cut off?")
