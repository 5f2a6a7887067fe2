"""Checks of a structure after parsing: what no reader of ASE refuses but no model can use.

Left-handed cells, mixed periodicity and atoms outside the cell are legal here.
"""

from typing import TYPE_CHECKING

import numpy as np

from les_viz.errors import StructureError

if TYPE_CHECKING:
    import ase

SMALLEST_DISTANCE = 1e-3
"""Å; atoms closer than this are taken for one atom written twice."""

SMALLEST_CELL_HEIGHT = 0.5
"""Å between opposite faces of a cell; no crystal is thinner, and neighbours and k vectors would not end."""

LARGEST_LENGTH = 1e5
"""Å (10 µm), of a lattice vector or a coordinate."""


def check_geometry(atoms: "ase.Atoms", max_atoms: int) -> None:
    """Check numbers, elements and cell.

    Args:
        atoms: one frame.
        max_atoms: how many atoms it may hold.

    Raises:
        StructureError: naming the atom or lattice vector.
    """
    if len(atoms) == 0:
        raise StructureError("it holds no atoms")
    if len(atoms) > max_atoms:
        raise StructureError(f"{len(atoms)} atoms are more than the limit of {max_atoms}: use a smaller structure")
    bad = np.flatnonzero(~np.isfinite(atoms.positions).all(axis=1))
    if len(bad):
        raise StructureError(f"the position of atom {bad[0]} is not a finite number: correct it in the file")
    bad = np.flatnonzero((atoms.numbers < 1) | (atoms.numbers > 118))
    if len(bad):
        raise StructureError(
            f"atom {bad[0]} has atomic number {atoms.numbers[bad[0]]}, which is no element: write one from 1 (H) to 118"
        )
    bad = np.flatnonzero((np.abs(atoms.positions) > LARGEST_LENGTH).any(axis=1))
    if len(bad):
        raise StructureError(f"atom {bad[0]} lies more than {LARGEST_LENGTH:g} Å from the origin: are the units Å?")
    _check_cell(np.asarray(atoms.cell[:], dtype=float), [bool(flag) for flag in atoms.pbc])


def check_distances(atoms: "ase.Atoms") -> None:
    """Refuse atoms that lie on one another, across the cell boundary too.

    Args:
        atoms: one frame that `check_geometry` accepted.

    Raises:
        StructureError: naming both atoms.
    """
    from scipy.spatial import cKDTree

    points, owners = _with_images(atoms)
    # Exact duplicates first: many equal points would make the tree a list.
    _, first, inverse = np.unique(points, axis=0, return_index=True, return_inverse=True)
    twice = np.flatnonzero(first[inverse.ravel()] != np.arange(len(points)))
    if len(twice):
        raise _overlap(owners[first[inverse.ravel()[twice[0]]]], owners[twice[0]], 0.0)
    distances, partners = cKDTree(points).query(points, k=2, distance_upper_bound=SMALLEST_DISTANCE)
    close = np.flatnonzero(np.isfinite(distances[:, 1]))
    if len(close):
        pair = partners[close[0]]
        raise _overlap(owners[pair[0]], owners[pair[1]], float(distances[close[0], 1]))


def _overlap(one: int, other: int, distance: float) -> StructureError:
    low, high = sorted((int(one), int(other)))
    return StructureError(f"atoms {low} and {high} are {distance:.1g} Å apart: remove one of them or correct the cell")


def _with_images(atoms: "ase.Atoms") -> tuple[np.ndarray, np.ndarray]:
    """Positions, plus copies of the atoms next to a periodic face on its other side; and whose they are."""
    owners = np.arange(len(atoms))
    if not atoms.pbc.any():
        return atoms.positions, owners
    cell = np.asarray(atoms.cell.complete()[:])
    fractions = np.linalg.solve(cell.T, atoms.positions.T).T
    fractions[:, atoms.pbc] %= 1.0
    margins = SMALLEST_DISTANCE * np.linalg.norm(np.linalg.inv(cell), axis=0)
    for axis in np.flatnonzero(atoms.pbc):
        near = np.flatnonzero(fractions[:, axis] < margins[axis])
        copies = fractions[near]
        copies[:, axis] += 1.0
        fractions, owners = np.concatenate([fractions, copies]), np.concatenate([owners, owners[near]])
    return fractions @ cell, owners


def _check_cell(cell: np.ndarray, pbc: list[bool]) -> None:
    if not np.isfinite(cell).all():
        raise StructureError("the cell holds a number that is not finite: correct it in the file")
    lengths = np.linalg.norm(cell, axis=1)
    if (lengths > LARGEST_LENGTH).any():
        raise StructureError(f"a lattice vector is longer than {LARGEST_LENGTH:g} Å: are the units Å?")
    missing = [axis for axis in range(3) if pbc[axis] and lengths[axis] == 0]
    if missing:
        raise StructureError(f"it is periodic along {'abc'[missing[0]]} but gives no such lattice vector: add the cell")
    given = lengths > 0
    if any(pbc) and given.all():
        _check_heights(cell)


def _check_heights(cell: np.ndarray) -> None:
    """Distances between opposite faces: volume over area, for either handedness."""
    volume = abs(np.linalg.det(cell))
    areas = [np.linalg.norm(np.cross(cell[(i + 1) % 3], cell[(i + 2) % 3])) for i in range(3)]
    height = min(volume / area if area > 0 else 0.0 for area in areas)
    if height < SMALLEST_CELL_HEIGHT:
        raise StructureError(
            f"the cell is only {height:.2g} Å thick (its lattice vectors are tiny or lie in one plane): correct it"
        )
