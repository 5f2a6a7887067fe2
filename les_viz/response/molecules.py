"""Molecules: finite groups of bonded atoms, and the dipole of each.

    μ_m = Σ_{i in m} (q_i - q̄_m) r_i

about the geometric centre of the molecule, with its mean charge removed, as for the whole system.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from les_viz.elements import SYMBOLS
from les_viz.response.dipole import find_bonds, spanning_images

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Molecules:
    """Groups of bonded atoms.

    Attributes:
        owner: (atoms,) the group of each atom.
        formulas: of each group, carbon and hydrogen first.
        is_finite: (groups,) false for a network that meets its own periodic image.
        positions: (atoms, 3), Å, finite groups in one piece.
    """

    owner: NDArray[np.int64]
    formulas: tuple[str, ...]
    is_finite: NDArray[np.bool_]
    positions: FloatArray


def find_molecules(
    atomic_numbers: NDArray[np.int64], positions: FloatArray, cell: FloatArray, *, periodic: bool
) -> Molecules:
    """Find the groups of bonded atoms.

    Args:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å.
        cell: (3, 3), Å.
        periodic: in three directions, or open.
    """
    bonds = find_bonds(atomic_numbers, positions, cell, periodic=periodic)
    owner, lattice = spanning_images(bonds, len(positions))
    mismatch = np.abs(lattice[bonds.first] + bonds.shifts - lattice[bonds.second]).max(axis=1, initial=0) > 0.5
    is_finite = np.ones(int(owner.max()) + 1, dtype=bool)
    is_finite[owner[bonds.first[mismatch]]] = False
    formulas = tuple(_formula(atomic_numbers[owner == group]) for group in range(len(is_finite)))
    whole = positions + lattice @ cell if periodic else positions
    return Molecules(owner=owner, formulas=formulas, is_finite=is_finite, positions=whole)


def molecular_dipoles(molecules: Molecules, charges: FloatArray) -> FloatArray:
    """Dipole of each group about its geometric centre.

    Args:
        molecules: the groups.
        charges: (atoms,), e.

    Returns:
        (groups, 3), e Å; of no meaning for groups that are not finite.
    """
    counts = np.bincount(molecules.owner).astype(float)
    centres = _sums(molecules.positions, molecules.owner) / counts[:, None]
    return _sums(charges[:, None] * (molecules.positions - centres[molecules.owner]), molecules.owner)


def kept(before: Molecules, after: Molecules) -> NDArray[np.bool_]:
    """(groups before,) whether a group holds the same atoms later."""
    pairs = np.unique([before.owner, after.owner], axis=1)
    is_alone = [np.bincount(groups)[groups] == 1 for groups in pairs]
    found = np.zeros(len(before.is_finite), dtype=bool)
    found[pairs[0, is_alone[0] & is_alone[1]]] = True
    return found


def _sums(values: FloatArray, owner: NDArray[np.int64]) -> FloatArray:
    totals = np.zeros((int(owner.max()) + 1, values.shape[1]))
    np.add.at(totals, owner, values)
    return totals


def _formula(atomic_numbers: NDArray[np.int64]) -> str:
    counts = Counter(SYMBOLS[number] for number in atomic_numbers.tolist())
    first = ["C", "H"] if "C" in counts else []
    order = [*(s for s in first if s in counts), *sorted(s for s in counts if s not in first)]
    return "".join(f"{symbol}{counts[symbol] if counts[symbol] > 1 else ''}" for symbol in order)
