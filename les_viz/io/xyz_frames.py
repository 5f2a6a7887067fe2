"""XYZ and extended XYZ: the text is cut into frames and checked here, then each frame is parsed by ASE.

A file may announce any number of atoms or columns; nothing is believed before the lines are counted.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from les_viz.errors import StructureError
from les_viz.io.limits import ReadLimits
from les_viz.io.names import printable
from les_viz.io.selection import selected

if TYPE_CHECKING:
    import ase

_LONGEST_COMMENT = 200_000
_MOST_COLUMNS = 500
_PLAIN_COLUMNS = "species:S:1:pos:R:3"
_PROPERTIES = re.compile(r"""(?:^|\s)Properties\s*=\s*["'{\[]?([^\s"'\]}]+)""")
_ONE_NAME = {"pos": "positions", "Z": "numbers", "species": "symbols", "charge": "charges", "mass": "masses"}
"""Names of columns that mean the same array."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a frame lies: its first line, and one past its last."""

    start: int
    n_atoms: int
    end: int


def read_xyz(text: str, index: str, limits: ReadLimits) -> "list[ase.Atoms]":
    """Parse the frames that were asked for.

    Args:
        text: the whole file, lines ended by a line feed.
        index: from `index_text`.
        limits: atoms and frames.

    Raises:
        StructureError: naming the line.
    """
    lines = text.split("\n")
    spans = _spans(lines, limits.max_atoms)
    return [_parse(lines, spans[number]) for number in selected(index, len(spans), limits.max_frames)]


def _spans(lines: list[str], max_atoms: int) -> list[_Span]:
    spans = []
    start = 0
    while start < len(lines):
        if not lines[start].strip():
            start += 1
            continue
        n_atoms = _count(lines[start], start, max_atoms)
        end = start + 2 + n_atoms
        if end > len(lines) or not lines[end - 1].strip():
            left = sum(bool(line.strip()) for line in lines[start + 2 :])
            raise StructureError(f"line {start + 1} announces {n_atoms} atoms, but {left} lines follow: is it cut off?")
        while end < len(lines) and lines[end].lstrip().startswith("VEC"):
            end += 1
        spans.append(_Span(start, n_atoms, end))
        start = end
    return spans


def _count(line: str, number: int, max_atoms: int) -> int:
    word = line.strip()
    if not re.fullmatch(r"\+?[0-9]{1,18}", word):
        raise StructureError(f"line {number + 1} should give the number of atoms, but holds {printable(word, 30)!r}")
    if int(word) == 0:
        raise StructureError(f"line {number + 1} announces no atoms: a structure needs at least one")
    if int(word) > max_atoms:
        raise StructureError(f"line {number + 1} announces {int(word)} atoms, more than the limit of {max_atoms}")
    return int(word)


def _parse(lines: list[str], span: _Span) -> "ase.Atoms":
    from ase.io.extxyz import read_xyz as ase_read_xyz

    comment = lines[span.start + 1].strip()
    if len(comment) > _LONGEST_COMMENT:
        raise StructureError(f"line {span.start + 2} is longer than {_LONGEST_COMMENT} characters: shorten the comment")
    plain = "=" not in comment
    columns = _columns("" if plain else comment, lines, span)
    frame = [lines[span.start], "" if plain else comment, *lines[span.start + 2 : span.end]]
    try:
        atoms: ase.Atoms = next(ase_read_xyz(StringIO("\n".join(frame) + "\n"), index=slice(0, 1)))
    except Exception as caught:
        _find_bad_line(columns, lines, span)
        reason = printable(str(caught) or type(caught).__name__, 120)
        raise StructureError(f"the frame at line {span.start + 1} is not understood: {reason}") from caught
    if plain and comment:
        atoms.info["comment"] = comment
    _shape_tensors(atoms)
    return atoms


def _shape_tensors(atoms: "ase.Atoms") -> None:
    """Nine columns of Born effective charges are (3 field, 3 displacement), as `les_viz.io.writing` writes them."""
    results = atoms.calc.results if atoms.calc is not None else {}
    tensors = results.get("born_effective_charges")
    if tensors is not None and tensors.shape == (len(atoms), 9):
        results["born_effective_charges"] = tensors.reshape(-1, 3, 3)


def _columns(comment: str, lines: list[str], span: _Span) -> list[tuple[str, str]]:
    """(array name, type) of each column, checked against the first atom line."""
    where = f"line {span.start + 2}"
    match = _PROPERTIES.search(comment)
    fields = (match.group(1) if match else _PLAIN_COLUMNS).split(":")
    names, kinds, counts = fields[::3], fields[1::3], fields[2::3]
    if len(fields) % 3 or not all(re.fullmatch(r"[1-9]\d{0,3}", count) for count in counts) or set(kinds) - set("RISL"):
        raise StructureError(f"{where}: Properties must be triplets name:type:count with types R, I, S or L")
    arrays = [_ONE_NAME.get(name, name) for name in names]
    doubled = [name for name in arrays if arrays.count(name) > 1]
    if doubled:
        raise StructureError(f"{where}: Properties names the column {printable(doubled[0], 30)!r} twice: remove one")
    layout = dict(zip(arrays, zip(kinds, map(int, counts), strict=True), strict=True))
    has_elements = layout.get("symbols") == ("S", 1) or layout.get("numbers") == ("I", 1)
    if layout.get("positions") != ("R", 3) or not has_elements:
        raise StructureError(f"{where}: Properties must hold pos:R:3 and either species:S:1 or Z:I:1")
    columns = [(name, kind) for name, (kind, count) in layout.items() for _ in range(count)]
    present = len(lines[span.start + 2].split())
    if len(columns) > min(present, _MOST_COLUMNS):
        raise StructureError(f"line {span.start + 3} holds {present} columns, but {len(columns)} are expected")
    return columns


def _find_bad_line(columns: list[tuple[str, str]], lines: list[str], span: _Span) -> None:
    """Raise an error that names the first line that does not fit its columns, if there is one."""
    from ase.data import atomic_numbers

    checks: dict[str, tuple[Callable[[str], object], str]] = {
        "symbols": (lambda word: word.capitalize() in atomic_numbers, "an element symbol"),
        "R": (_is_number, "a number"),
        "I": (lambda word: re.fullmatch(r"[+-]?\d+", word), "an integer"),
        "L": (lambda word: word in ("T", "F", "True", "False"), "T or F"),
    }
    for number in range(span.start + 2, span.start + 2 + span.n_atoms):
        words = lines[number].split()
        if len(words) < len(columns):
            raise StructureError(f"line {number + 1} holds {len(words)} columns, but {len(columns)} are expected")
        for word, (name, kind) in zip(words, columns, strict=False):
            check = checks.get(name) or checks.get(kind)
            if check is not None and not check[0](word):
                raise StructureError(f"line {number + 1}: {printable(word, 30)!r} is not {check[1]}")


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
