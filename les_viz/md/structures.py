"""Structures as arrays that keep every bit, and back."""

from collections.abc import Mapping
from typing import Any

import ase
import numpy as np


def atoms_to_arrays(atoms: ase.Atoms) -> dict[str, Any]:
    """What a run starts from: elements, positions, cell, periodicity, masses, velocities."""
    return {
        "atomic_numbers": atoms.numbers.astype(np.int64),
        "positions": atoms.get_positions(),
        "cell": np.array(atoms.cell[:], dtype=float),
        "pbc": np.array(atoms.pbc, dtype=bool),
        "masses": atoms.get_masses(),
        "momenta": atoms.get_momenta(),
        "has_momenta": np.array(atoms.has("momenta")),
    }


def atoms_from_arrays(arrays: Mapping[str, Any]) -> ase.Atoms:
    """The structure again."""
    atoms = ase.Atoms(
        numbers=arrays["atomic_numbers"],
        positions=arrays["positions"],
        cell=arrays["cell"],
        pbc=arrays["pbc"],
        masses=arrays["masses"],
    )
    if bool(arrays["has_momenta"]):
        atoms.set_momenta(arrays["momenta"])
    return atoms
