"""Parses one structure file in a limited process: bytes in, packed frames out (`les_viz.sandbox` runs it).

While it parses, no file may be opened and no folder listed, except for Python's own imports: some readers of ASE
follow names that a file gives them.
"""

import os
import sys
import sysconfig
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from les_viz.errors import StructureError
from les_viz.io.formats import TITLES, Format
from les_viz.io.limits import ReadLimits
from les_viz.io.names import printable
from les_viz.io.transport import pack
from les_viz.io.validation import check_distances, check_geometry
from les_viz.sandbox import child_main

if TYPE_CHECKING:
    import ase

_ASE_MODULES = {
    Format.EXTXYZ: "ase.io.extxyz",
    Format.CIF: "ase.io.cif",
    Format.POSCAR: "ase.io.vasp",
    Format.PDB: "ase.io.proteindatabank",
    Format.LAMMPS: "ase.io.lammpsdata",
    Format.TRAJ: "ase.io.trajectory",
    Format.JSON: "ase.db.row",
}
_FILE_EVENTS = frozenset({"open", "os.listdir", "os.scandir", "glob.glob", "os.remove", "os.rename", "os.mkdir"})
_MOST_WARNINGS = 5


def parse(data: bytes, file_format: Format, index: str, limits: ReadLimits) -> bytes:
    """Parse, check and pack.

    Args:
        data: content of the file, expanded.
        file_format: what it is.
        index: from `index_text`.
        limits: atoms and frames.

    Raises:
        StructureError: the file cannot be used.
    """
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frames = _frames(data, file_format, index, limits, notes)
    texts = dict.fromkeys(printable(str(warning.message), 200) for warning in caught)
    notes += [f"reader: {text}" for text in list(texts)[:_MOST_WARNINGS]]
    for number, atoms in enumerate(frames):
        try:
            check_geometry(atoms, limits.max_atoms)
            check_distances(atoms)
        except StructureError as error:
            raise StructureError(f"frame {number} of those read: {error}" if len(frames) > 1 else str(error)) from None
    return pack(frames, list(dict.fromkeys(notes)), file_format.value)


def _frames(data: bytes, file_format: Format, index: str, limits: ReadLimits, notes: list[str]) -> "list[ase.Atoms]":
    try:
        return _read(data, file_format, index, limits, notes)
    except (StructureError, MemoryError):
        raise
    except Exception as caught:
        reason = printable(str(caught) or type(caught).__name__, 120)
        raise StructureError(f"it cannot be read as {TITLES[file_format]}: {reason}; check the file") from caught


def _read(data: bytes, file_format: Format, index: str, limits: ReadLimits, notes: list[str]) -> "list[ase.Atoms]":
    if file_format is Format.TRAJ:
        return import_module("les_viz.io.ase_files").read_trajectory(data, index, limits)  # type: ignore[no-any-return]
    text = decode(data)
    module, function, takes_notes = {
        Format.EXTXYZ: ("xyz_frames", "read_xyz", False),
        Format.CIF: ("crystal_files", "read_cif", True),
        Format.POSCAR: ("crystal_files", "read_poscar", False),
        Format.PDB: ("simulation_files", "read_pdb", True),
        Format.LAMMPS: ("simulation_files", "read_lammps", True),
        Format.JSON: ("ase_files", "read_json", False),
    }[file_format]
    reader: Any = getattr(import_module(f"les_viz.io.{module}"), function)
    frames: list[ase.Atoms] = reader(text, index, limits, *([notes] if takes_notes else []))
    return frames


def decode(data: bytes) -> str:
    """Text of a file: UTF-8, or Latin-1 where it is not; any line ending becomes a line feed."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _close_the_files() -> None:
    """From now on refuse files and folders outside the places of Python's modules."""
    places = {str(Path(entry).resolve()) for entry in [*sys.path, *sysconfig.get_paths().values()] if entry}
    roots = tuple(place + os.sep for place in places) + tuple(places)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FILE_EVENTS and not str(arguments[0] or "").startswith(roots):
            raise PermissionError(f"the file asks for another file ({event}), which is not allowed")

    sys.addaudithook(refuse)


def main(payload: bytes, arguments: Sequence[str]) -> bytes:
    """Take the order from the command line.

    Args:
        payload: content of the file.
        arguments: name to show, format, index, atoms at most, frames at most.
    """
    name, file_format, index, max_atoms, max_frames = arguments
    limits = ReadLimits(max_atoms=int(max_atoms), max_frames=int(max_frames))
    try:
        import_module(_ASE_MODULES[Format(file_format)])
        _close_the_files()
        return parse(payload, Format(file_format), index, limits)
    except StructureError as error:
        raise StructureError(f"{name}: {error}") from None


if __name__ == "__main__":
    child_main(main)
