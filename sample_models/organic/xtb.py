"""GFN2-xTB by tblite: energies and forces, dipoles, and Born effective charges from forces in weak fields."""

from dataclasses import dataclass

import numpy as np
from ase.units import Bohr, Hartree
from numpy.typing import NDArray
from tblite import library
from tblite.interface import Calculator

Array = NDArray[np.float64]

METHOD = "GFN2-xTB"
LABEL_ACCURACY = 0.1
"""tblite's `accuracy` for training labels: ten times tighter than its default."""
TRUTH_ACCURACY = 1e-6
"""For derivatives with respect to a weak field."""
FIELD = 1e-3
"""Half the step of the field differences, Hartree/(e Bohr)."""


@dataclass(frozen=True)
class Label:
    """What xTB says of one geometry."""

    energy: float
    """eV."""
    forces: Array
    """(atoms, 3), eV/Å."""
    dipole: Array
    """(3,), e Å; its origin matters only for ions."""


class XTB:
    """GFN2-xTB for one composition; each call starts from the density of the one before.

    Args:
        numbers: (atoms,) atomic numbers.
        positions: (atoms, 3), Å.
        accuracy: of the self-consistent charges, tblite's scale (1 is its default).
        field: external field, (3,), Hartree/(e Bohr).
        charge: total charge, e.
    """

    def __init__(
        self, numbers: Array, positions: Array, *, accuracy: float = LABEL_ACCURACY, field: Array | None = None,
        charge: float = 0.0,
    ) -> None:  # fmt: skip
        self._calculator = Calculator(METHOD, np.asarray(numbers), np.asarray(positions) / Bohr, charge=charge)
        self._calculator.set("verbosity", 0)
        self._calculator.set("accuracy", accuracy)
        self._calculator.set("max-iter", 500)
        self._last = None
        if field is not None:
            # tblite 0.8.0 hands the array to C as it is, so it has to be a C array
            self._calculator.add("electric-field", library.ffi.new("double[3]", [float(part) for part in field]))

    def label(self, positions: Array) -> Label:
        """Energy, forces and dipole.

        Args:
            positions: (atoms, 3), Å.

        Raises:
            tblite.exceptions.TBLiteRuntimeError: the charges did not become self-consistent.
        """
        self._calculator.update(positions=np.asarray(positions) / Bohr)
        self._last = self._calculator.singlepoint(self._last)
        return Label(
            energy=float(self._last["energy"]) * Hartree,
            forces=-np.array(self._last["gradient"]) * (Hartree / Bohr),
            dipole=np.array(self._last["dipole"]) * Bohr,
        )


def born_effective_charges(numbers: Array, positions: Array) -> Array:
    """dP_a/dr_ib from the forces in fields along ±a.

    Args:
        numbers: (atoms,) atomic numbers.
        positions: (atoms, 3), Å.

    Returns:
        (atoms, 3 field, 3 displacement), e: force_b = Σ_a E_a Z_ab.
    """
    columns = []
    for axis in range(3):
        forces = []
        for sign in (1, -1):
            field = np.zeros(3)
            field[axis] = sign * FIELD
            forces.append(XTB(numbers, positions, accuracy=TRUTH_ACCURACY, field=field).label(positions).forces)
        columns.append((forces[0] - forces[1]) / (Hartree / Bohr) / (2 * FIELD))
    return np.stack(columns, axis=1)
