"""Born effective charges as phonopy's BORN file.

First line: unit conversion factor (left to phonopy's default by the text `default`); second: ε∞, nine numbers; then
one line for each symmetry-independent atom, nine numbers, the field direction first. Reference: phonopy's
documentation of the BORN file.
"""

import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError

if TYPE_CHECKING:
    import ase

SYMMETRY_PRECISION = 1e-5
"""Å, as phonopy has it."""


def born_file(atoms: "ase.Atoms", tensors: NDArray[np.float64], epsilon_infinity: float) -> str:
    """Write a BORN file.

    Args:
        atoms: a periodic primitive cell, as phonopy will see it.
        tensors: (atoms, 3 field, 3 displacement), e.
        epsilon_infinity: isotropic electronic dielectric constant.

    Returns:
        Its text; the acoustic sum rule is not imposed, phonopy does that itself.

    Raises:
        SettingError: shapes that do not belong together.
    """
    if tensors.shape != (len(atoms), 3, 3):
        raise SettingError(f"the tensors have shape {tensors.shape}: expected ({len(atoms)}, 3, 3)")
    independent = independent_atoms(atoms)
    rows = [epsilon_infinity * np.eye(3), *(tensors[atom] for atom in independent)]
    lines = [" ".join(f"{value:13.8f}" for value in np.ravel(row)) for row in rows]
    header = f"default value  # atoms {' '.join(str(atom + 1) for atom in independent)}"
    return "\n".join([header, *lines]) + "\n"


def independent_atoms(atoms: "ase.Atoms") -> list[int]:
    """Indices of the symmetry-independent atoms; of all atoms where spglib is not installed."""
    try:
        import spglib
    except ImportError:
        return list(range(len(atoms)))
    cell = (atoms.cell.tolist(), atoms.get_scaled_positions().tolist(), atoms.numbers.tolist())
    with warnings.catch_warnings():
        # spglib 2.8 announces that a later one raises where this one returns None.
        warnings.simplefilter("ignore", DeprecationWarning)
        dataset = spglib.get_symmetry_dataset(cell, symprec=SYMMETRY_PRECISION)
    if dataset is None:
        return list(range(len(atoms)))
    return [int(atom) for atom in np.unique(dataset.equivalent_atoms)]
