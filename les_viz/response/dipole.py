"""Dipole of latent charges: about the centre of the atoms, with molecules made whole across the boundary.

    μ = Σ_i (q_i - q̄) r_i = Σ_i q_i (r_i - r̄)

The mean charge is removed (equivalently, the origin is the geometric centre), as in the Born effective charges. In a
periodic system the sum depends on which image of each atom is taken: bonded atoms are taken next to each other, so that
molecules count whole; what is left undetermined is the quantum of polarisation.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from les_viz.elements import covalent_radius, is_metal

BOND_TOLERANCE = 1.2
"""Atoms closer than this times the sum of their covalent radii count as bonded."""

FloatArray = NDArray[np.float64]


def dipole(charges: FloatArray, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Dipole about the geometric centre.

    Args:
        charges: (atoms,), e.
        positions: (atoms, 3), Å, molecules whole.

    Returns:
        (3,) dipole in e Å and (3,) its origin in Å.
    """
    origin = positions.mean(axis=0)
    return charges @ (positions - origin), origin


def whole_molecules(atomic_numbers: NDArray[np.int64], positions: FloatArray, cell: FloatArray) -> FloatArray:
    """Positions with each bonded group brought together across the periodic boundary.

    Args:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å.
        cell: (3, 3), Å.

    Returns:
        (atoms, 3), Å; the first atom of each group stays where it is. In a group that is itself periodic (a crystal)
        the images are those along a spanning tree.
    """
    lattice = spanning_images(find_bonds(atomic_numbers, positions, cell), len(positions))[1]
    whole: FloatArray = positions + lattice @ cell
    return whole


@dataclass(frozen=True, slots=True)
class Bonds:
    """Bonded pairs, both directions, the shortest bond of a pair last.

    Attributes:
        first: (bonds,) atom.
        second: (bonds,) its partner.
        shifts: (bonds, 3) cells by which the partner is moved.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shifts: FloatArray


def find_bonds(
    atomic_numbers: NDArray[np.int64], positions: FloatArray, cell: FloatArray, *, periodic: bool = True
) -> Bonds:
    """Bonds by distance, `BOND_TOLERANCE` times the sum of the covalent radii.

    Covalent radii of metals are so large that cations of a salt would seem bonded to each other: two metals are not,
    where each has a bond to a non-metal.
    """
    import vesin

    radii = np.array([covalent_radius(int(z)) for z in atomic_numbers])
    finder = vesin.NeighborList(cutoff=float(2 * BOND_TOLERANCE * radii.max()), full_list=True)
    i, j, shift, distance = finder.compute(points=positions, box=cell, periodic=periodic, quantities="ijSd")
    bonded = distance < BOND_TOLERANCE * (radii[i] + radii[j])
    bonded &= ~_between_cations(atomic_numbers, i, j, bonded)
    order = np.argsort(-distance[bonded])
    return Bonds(
        i[bonded][order].astype(np.int64),
        j[bonded][order].astype(np.int64),
        shift[bonded][order].astype(np.float64),
    )


def _between_cations(
    atomic_numbers: NDArray[np.int64], i: NDArray[Any], j: NDArray[Any], near: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which pairs are of two metals that both are near a non-metal."""
    metal = np.array([is_metal(int(z)) for z in atomic_numbers])
    is_cation = np.zeros(len(metal), dtype=bool)
    is_cation[i[near & metal[i] & ~metal[j]]] = True
    return np.asarray(is_cation[i] & is_cation[j])


def spanning_images(bonds: Bonds, n_atoms: int) -> tuple[NDArray[np.int64], FloatArray]:
    """Group bonded atoms, and say in which cell each sits once its group is brought together.

    Args:
        bonds: the bonded pairs.
        n_atoms: number of atoms.

    Returns:
        (atoms,) the group of each atom, and (atoms, 3) cells along a spanning tree from the group's first atom.
    """
    # Not at the top: it takes half a second, and the first page needs no bonds.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    graph = coo_array((np.ones(len(bonds.first)), (bonds.first, bonds.second)), shape=(n_atoms, n_atoms))
    pairs = zip(bonds.first.tolist(), bonds.second.tolist(), bonds.shifts, strict=True)
    shift_of = {(i, j): shift for i, j, shift in pairs}
    _, group = connected_components(graph, directed=False)
    _, roots = np.unique(group, return_index=True)
    # One search for all groups, from a node that leads to the first atom of each: scipy takes its time to begin one.
    first, second = np.append(bonds.first, np.full(len(roots), n_atoms)), np.append(bonds.second, roots)
    tree = coo_array((np.ones(len(first)), (first, second)), shape=(n_atoms + 1, n_atoms + 1)).tocsr()
    order, parents = breadth_first_order(tree, n_atoms, directed=True)
    lattice = np.zeros((n_atoms + 1, 3))
    for atom, parent in zip(order[1:].tolist(), parents[order[1:]].tolist(), strict=True):
        if parent != n_atoms:
            lattice[atom] = lattice[parent] + shift_of[parent, atom]
    lattice = lattice[:n_atoms]
    return group.astype(np.int64), lattice
