"""What a run hands out every so many steps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The atoms and the books at one step.

    Attributes:
        step: 0 is the start.
        time_fs: fs.
        positions: (atoms, 3), Å, never wrapped.
        velocities: (atoms, 3), Å/fs.
        cell: (3, 3), Å.
        latent_charges: (atoms,), e, unscaled.
        potential_energy: eV, without the field.
        kinetic_energy: eV.
        temperature: K.
        electric_field: (3,), V/Å.
        polarization_change: (3,), e Å, ∫ Σ Z* dr since the start; exact where the charges are transfers. None for a
            model without charges.
        current: (3,), e Å/fs, Σ Z* v; None for a model without charges.
        dipole_change: (3,), e Å, of the charges at unwrapped positions: differs where the total charge is not kept.
        field_work: eV, done on the atoms since the start.
        conserved_energy: eV; would stay constant if the time step were 0.
        pressure: GPa; None in a field or for an open system.
    """

    step: int
    time_fs: float
    positions: FloatArray
    velocities: FloatArray
    cell: FloatArray
    latent_charges: FloatArray
    potential_energy: float
    kinetic_energy: float
    temperature: float
    electric_field: FloatArray
    polarization_change: FloatArray | None
    current: FloatArray | None
    dipole_change: FloatArray
    field_work: float
    conserved_energy: float
    pressure: float | None
