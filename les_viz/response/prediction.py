"""What a prediction holds: plain numpy arrays, detached, with units and the scale that was applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class Quantity(StrEnum):
    """What can be asked of `predict`."""

    ENERGY = "energy"
    FORCES = "forces"
    STRESS = "stress"
    LATENT_CHARGES = "latent_charges"
    DIPOLE = "dipole"
    BORN_EFFECTIVE_CHARGES = "born_effective_charges"


UNITS: Mapping[str, str] = {
    "energy": "eV",
    "short_range_energy": "eV",
    "long_range_energy": "eV",
    "short_range_energies": "eV",
    "long_range_energies": "eV",
    "forces": "eV/Å",
    "stress": "eV/Å³",
    "latent_charges": "e",
    "partial_charges": "e",
    "total_charge": "e",
    "potential": "V",
    "dipole": "e Å",
    "dipole_origin": "Å",
    "polarization": "e/Å²",
    "born_effective_charges": "e",
    "acoustic_sum_residual": "e",
    "total_charge_derivative": "e/Å",
    "charge_scale": "1",
}
"""Unit of each field of a `Prediction`."""

LARGEST_NUMBER = 1e15
"""Of a prediction, in its unit; single precision, in which pictures are drawn, holds the squares of such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Everything that was asked about one structure; what was not asked for is None.

    Attributes:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å.
        cell: (3, 3), Å, rows are lattice vectors.
        pbc: whether the system was treated as periodic in all three directions.
        energy: total energy, eV (short range + long range + atomic energies).
        short_range_energy: eV, atomic energies included.
        long_range_energy: eV, the Coulomb energy of the latent charges.
        short_range_energies: (atoms,), eV.
        long_range_energies: (atoms,), eV: half charge times potential.
        forces: (atoms, 3), eV/Å.
        stress: (3, 3), eV/Å³, sign as in ASE; None for an open system.
        latent_charges: (atoms,), or (atoms, channels) for a model of several channels; e, unscaled.
        partial_charges: (atoms,), e: charge_scale times the latent charges summed over the channels.
        total_charge: sum of the partial charges, e.
        potential: shape of the latent charges, V: electrostatic potential at the atoms.
        dipole: (3,), e Å, scaled, about `dipole_origin`.
        dipole_origin: (3,), Å.
        polarization: (3,), e/Å², periodic systems: dipole over volume, modulo the quantum.
        born_effective_charges: (atoms, 3 field, 3 displacement), e, scaled: dP_a/dr_{i,b}.
        bec_method: `local` or `wrapped`.
        acoustic_sum_residual: (3, 3), e: sum of the Born effective charges over the atoms.
        total_charge_derivative: (atoms, 3), e/Å, scaled: how the total charge changes when an atom moves.
        charge_scale: charge_sign·√ε∞, already in partial charges, dipole and Born effective charges.
        warnings: sentences that belong beside the numbers.
    """

    atomic_numbers: NDArray[np.int64]
    positions: FloatArray
    cell: FloatArray
    pbc: bool
    energy: float
    short_range_energy: float
    long_range_energy: float
    short_range_energies: FloatArray
    long_range_energies: FloatArray
    latent_charges: FloatArray
    partial_charges: FloatArray
    total_charge: float
    potential: FloatArray
    charge_scale: float
    forces: FloatArray | None = None
    stress: FloatArray | None = None
    dipole: FloatArray | None = None
    dipole_origin: FloatArray | None = None
    polarization: FloatArray | None = None
    born_effective_charges: FloatArray | None = None
    bec_method: str | None = None
    acoustic_sum_residual: FloatArray | None = None
    total_charge_derivative: FloatArray | None = None
    warnings: tuple[str, ...] = field(default=())
