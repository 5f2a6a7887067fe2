"""The structures a visitor can pick: bundled files and uploads."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from les_viz import resources
from les_viz.elements import subscripted
from les_viz.hosting import Hosting
from les_viz.io.bundled import read_bundled
from les_viz.io.limits import ReadLimits
from les_viz.io.names import display_name
from les_viz.io.reading import read_bytes
from les_viz.ui import keys
from les_viz.ui.session import StructureEntry

if TYPE_CHECKING:
    import ase

EXPANDED = 2
"""So many times larger than a file may be what comes out of it when it is expanded."""

FIRST_SAMPLE = "water"
"""On which the app opens."""

_RIGHT = 0.05
"""Degrees within which an angle of a cell counts as a right one."""

MAX_UPLOADS = 4
"""How many uploads a session keeps."""


def sample_paths() -> Sequence[Path]:
    """The bundled structure files, in the order in which they are offered: water first, where the app opens."""
    found = resources.SAMPLE_MODELS.glob("*/*.extxyz")
    return sorted(found, key=lambda path: (path.parent.name != FIRST_SAMPLE, path))


def sample_label(path: Path) -> str:
    """What a bundled file is called: its name in words, with the sample it belongs to where the name lacks it."""
    name = path.stem.replace("_", " ").replace("-", " ")
    return name if path.parent.name in name else f"{path.parent.name} · {name}"


def sample_key(path: Path) -> str:
    """Key of a bundled file."""
    return keys.sample_key(f"{path.parent.name}/{path.name}")


@st.cache_resource(max_entries=32, show_spinner=False)
def load_sample(path: Path) -> StructureEntry:
    """Read a bundled file; all visitors share it and none changes it."""
    structures = read_bundled(path)
    return StructureEntry(
        key=sample_key(path),
        label=sample_label(path),
        frames=structures.frames,
        notes=structures.notes,
        expression=f'les_viz.read(SAMPLE_MODELS / "{path.parent.name}/{path.name}", index={{index}})',
    )


def upload_limits() -> ReadLimits:
    """What one upload may ask for, as the command line told the app."""
    hosting = Hosting.told_by(os.environ)
    largest = hosting.upload_megabytes * 1_000_000
    return ReadLimits(
        max_bytes=largest,
        max_expanded_bytes=EXPANDED * largest,
        max_atoms=hosting.max_atoms,
        max_frames=hosting.max_frames,
        seconds=float(hosting.read_seconds),
    )


def read_upload(name: str, data: bytes) -> StructureEntry:
    """Read an uploaded file.

    Args:
        name: as the browser sent it.
        data: content.

    Returns:
        The entry; its key says what is in it, not what it is called.

    Raises:
        StructureError: one sentence that says what is wrong.
    """
    structures = read_bytes(name, data, limits=upload_limits())
    shown = display_name(name)
    return StructureEntry(
        key=keys.upload_key(data),
        label=f"{shown} (yours)",
        frames=structures.frames,
        notes=structures.notes,
        expression=f"les_viz.read({shown!r}".replace("{", "{{").replace("}", "}}") + ", index={index})",
    )


def digest(atoms: "ase.Atoms") -> str:
    """Hash of what a model sees of a structure."""
    content = hashlib.sha256()
    for array in (atoms.numbers, atoms.positions, np.array(atoms.cell[:]), atoms.pbc):
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


def columns_of_file(atoms: "ase.Atoms") -> dict[str, NDArray[Any]]:
    """What a structure file says of each atom, by the name of its column.

    ASE keeps columns under names of its own results (`born_effective_charges`, `charges`) apart from the others.
    """
    results = {} if atoms.calc is None else atoms.calc.results
    columns = {**atoms.arrays, **results}
    return {name: np.asarray(values) for name, values in columns.items() if np.shape(values)[:1] == (len(atoms),)}


def is_mixed(entry: StructureEntry, frame: int) -> bool:
    """Whether a structure is periodic along some directions only."""
    flags = [bool(flag) for flag in entry.frames[frame].pbc]
    return any(flags) and not all(flags)


def describe(atoms: "ase.Atoms") -> str:
    """One line: formula, size, cell."""
    formula = subscripted(f"{atoms.symbols.formula:hill}")
    parts = [f"{formula}, {len(atoms)} {'atom' if len(atoms) == 1 else 'atoms'}"]
    if atoms.pbc.any():
        lengths = " × ".join(f"{length:.1f}" for length in atoms.cell.lengths())
        angles = atoms.cell.angles()
        skewed = "" if np.allclose(angles, 90, atol=_RIGHT) else ", " + ", ".join(f"{angle:.1f}°" for angle in angles)
        parts.append(f"cell {lengths} Å{skewed}")
    parts.append(("periodic" if atoms.pbc.all() else "partly periodic") if atoms.pbc.any() else "open (not periodic)")
    return " · ".join(parts)
