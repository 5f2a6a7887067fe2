"""CIF and VASP POSCAR: counts and symbols are checked here, ASE parses."""

import re
from io import StringIO
from typing import TYPE_CHECKING

from les_viz.errors import StructureError
from les_viz.io.limits import ReadLimits
from les_viz.io.names import printable
from les_viz.io.selection import selected

if TYPE_CHECKING:
    import ase


def read_cif(text: str, index: str, limits: ReadLimits, notes: list[str]) -> "list[ase.Atoms]":
    """Parse the blocks of a CIF that hold a structure.

    Args:
        text: the whole file.
        index: from `index_text`.
        limits: atoms and frames.
        notes: receives sentences about what was left out.

    Raises:
        StructureError: no structure, or too many sites.
    """
    from ase.io.cif import iread_cif

    blocks = len(re.findall(r"^\s*data_", text, re.MULTILINE | re.IGNORECASE))
    if blocks > limits.max_frames:
        raise StructureError(f"{blocks} data blocks are more than the limit of {limits.max_frames}: split the file")
    frames = list(iread_cif(StringIO(text), index=slice(None)))
    if not frames:
        raise StructureError("no data block holds a structure: it needs _atom_site_ labels and coordinates")
    chosen = [frames[number] for number in selected(index, len(frames), limits.max_frames)]
    for atoms in chosen:
        _simplify_info(atoms, notes)
    return chosen


def _simplify_info(atoms: "ase.Atoms", notes: list[str]) -> None:
    """Keep the name of the space group as text; say if sites are shared."""
    atoms.info.pop("unit_cell", None)
    group = atoms.info.pop("spacegroup", None)
    if group is not None:
        atoms.info["spacegroup"] = str(getattr(group, "symbol", group))
    occupancy = atoms.info.pop("occupancy", {})
    if any(share < 1 for site in occupancy.values() for share in site.values()):
        notes.append(
            "the file has partially occupied sites: each was filled with one whole atom, so check the structure"
        )


def read_poscar(text: str, index: str, limits: ReadLimits) -> "list[ase.Atoms]":
    """Parse a POSCAR or CONTCAR; it holds one frame.

    Args:
        text: the whole file.
        index: from `index_text`.
        limits: atoms.

    Raises:
        StructureError: naming the line.
    """
    from ase.io.vasp import read_vasp

    selected(index, 1, limits.max_frames)
    _check_poscar(text.split("\n"), limits.max_atoms)
    return [read_vasp(StringIO(text))]


def _check_poscar(lines: list[str], max_atoms: int) -> None:
    """Check symbols and counts; without symbols ASE would look for a POTCAR nearby."""
    if len(lines) < 8:
        raise StructureError("a POSCAR has at least 8 lines: comment, scale, three vectors, symbols, counts, positions")
    by_line_six = not re.fullmatch(r"-?\d+", (lines[5].split() or [""])[0])
    symbols = re.split(r"\s+", lines[5 if by_line_six else 0].strip())
    count_line = 6 if by_line_six else 5
    counts = lines[count_line].split("!")[0].split()
    _check_symbols(symbols, len(counts), by_line_six)
    for word in counts:
        if not re.fullmatch(r"[0-9]{1,18}", word):
            raise StructureError(f"line {count_line + 1}: {printable(word, 30)!r} is no count of atoms")
    total = sum(int(word) for word in counts)
    if total > max_atoms:
        raise StructureError(f"line {count_line + 1} announces {total} atoms, more than the limit of {max_atoms}")
    left = sum(bool(line.strip()) for line in lines[count_line + 2 :])
    if left < total:
        raise StructureError(f"line {count_line + 1} announces {total} atoms, but {left} lines follow: is it cut off?")


def _check_symbols(symbols: list[str], needed: int, by_line_six: bool) -> None:  # noqa: FBT001 - private
    from ase.data import atomic_numbers

    # A hashed POTCAR label such as Na_pv/6a2f stands for Na.
    bad = [word for word in symbols if re.split(r"[/_]", word)[0] not in atomic_numbers]
    if not by_line_six and (bad or len(symbols) != needed):
        raise StructureError("line 6 gives counts but no elements: add a line of element symbols before it (VASP 5)")
    if bad:
        raise StructureError(f"line 6: {printable(bad[0], 30)!r} is not an element symbol")
    if len(symbols) != needed:
        raise StructureError(f"line 6 names {len(symbols)} elements, but line 7 gives {needed} counts: make them agree")
