"""Selected atoms and changes of the structure as a link says them: `3,7-9` and `move:3:0.1:0:0;swap:4:8`."""

import math
import re
from collections.abc import Sequence

from les_viz.elements import SYMBOLS
from les_viz.ui.edits import Edit, MoveAtom, RotateGroup, StrainCell, SwapElement

LONGEST = 1500
"""Letters of either; what is longer has no link."""

_MOST_ATOMS = 20_000
_FARTHEST = 100.0
"""Å and percent."""

_RUN = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")


def write_atoms(indices: Sequence[int]) -> str:
    """Several atoms in their order; empty for one, which is the picked atom, and for too many."""
    if len(indices) < 2:
        return ""
    text = _written(indices)
    return text if len(text) <= LONGEST else ""


def read_atoms(text: str) -> tuple[int, ...]:
    """The same back.

    Raises:
        ValueError: it is none.
    """
    found: list[int] = []
    for part in text[:LONGEST].split(","):
        run = _RUN.fullmatch(part)
        if run is None:
            raise ValueError(text)
        first, last = int(run[1]), int(run[2] or run[1])
        if not 0 <= last - first < _MOST_ATOMS:
            raise ValueError(text)
        found += range(first, last + 1)
    if len(found) > _MOST_ATOMS:
        raise ValueError(text)
    return tuple(found)


def write_edits(edits: Sequence[Edit]) -> str:
    """Changes in their order; empty for too many."""
    text = ";".join(_one_written(edit) for edit in edits)
    return text if len(text) <= LONGEST else ""


def read_edits(text: str) -> tuple[Edit, ...]:
    """The same back.

    Raises:
        ValueError: they are none.
    """
    return tuple(_one_read(part) for part in text[:LONGEST].split(";"))


def _written(indices: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _one_written(edit: Edit) -> str:
    match edit:
        case MoveAtom(index, by):
            parts = ["move", str(index), *(f"{part:.6g}" for part in by)]
        case RotateGroup(indices, axis, degrees):
            parts = ["turn", _written(indices), axis, f"{degrees:.6g}"]
        case StrainCell(percent):
            parts = ["strain", *(f"{part:.6g}" for part in percent)]
        case SwapElement(index, atomic_number):
            parts = ["swap", str(index), str(atomic_number)]
        case _:
            raise TypeError(edit)
    return ":".join(parts)


def _one_read(text: str) -> Edit:
    match text.split(":"):
        case ["move", index, x, y, z]:
            return MoveAtom(_atom(index), (_number(x), _number(y), _number(z)))
        case ["turn", indices, "x" | "y" | "z" as axis, degrees]:
            return RotateGroup(read_atoms(indices), axis, _number(degrees, 360.0))
        case ["strain", a, b, c]:
            return StrainCell((_number(a, 50.0), _number(b, 50.0), _number(c, 50.0)))
        case ["swap", index, number] if int(number) in range(1, len(SYMBOLS)):
            return SwapElement(_atom(index), int(number))
    raise ValueError(text)


def _atom(text: str) -> int:
    (index,) = read_atoms(text)
    return index


def _number(text: str, farthest: float = _FARTHEST) -> float:
    value = float(text)
    if not (math.isfinite(value) and abs(value) <= farthest):
        raise ValueError(text)
    return value
