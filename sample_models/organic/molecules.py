"""The molecules of this sample: relaxed by xTB, and shaken along their normal modes."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from ase import Atoms
from ase.build import molecule
from ase.units import kB
from scipy.optimize import minimize
from xtb import XTB, Array

CORE = ("H2O", "CH3OH", "NH3", "HCN", "H2CO", "HCOOH", "CH4", "CO2")
MORE = ("C2H6", "C2H4", "C2H2", "H3CNH2", "CH3CHO", "CH3CN", "HCONH2", "CH3OCH3")
"""Further ones, never trained on."""
FORMAMIDE = {
    "symbols": "CONHHH",
    "positions": [
        [-0.16, 0.39, 0.0], [-1.19, -0.25, 0.0], [1.09, -0.16, 0.0], [-0.14, 1.50, 0.0], [1.18, -1.17, 0.0],
        [1.92, 0.41, 0.0],
    ],
}  # fmt: skip
"""Roughly; ASE has none, and xTB relaxes it."""
STEP = 0.01
"""Å, of the finite differences behind the normal modes."""
SOFTEST = 0.5
"""eV/(Å² u): softer modes (rotations, translations, torsions) are not shaken."""


@dataclass(frozen=True)
class Molecule:
    """One species at its minimum.

    Attributes:
        numbers: (atoms,).
        positions: (atoms, 3), Å, centre of mass at the origin.
        masses: (atoms,), u.
        modes: (modes, atoms, 3), displacement in Å per √eV of thermal energy.
    """

    name: str
    numbers: Array
    positions: Array
    masses: Array
    modes: Array

    def shaken(self, temperature_k: float, rng: np.random.Generator) -> Array:
        """(atoms, 3), Å: displacements of a classical harmonic molecule at this temperature."""
        amplitudes = rng.normal(size=len(self.modes)) * np.sqrt(kB * temperature_k)
        displacements: Array = np.tensordot(amplitudes, self.modes, axes=1)
        return displacements


@cache
def relaxed(name: str) -> Molecule:
    """A molecule at the minimum of xTB, with its normal modes.

    Args:
        name: one of `CORE` or `MORE`.
    """
    start = Atoms(**FORMAMIDE) if name == "HCONH2" else molecule(name)
    xtb = XTB(start.numbers, start.positions, accuracy=1e-3)

    def energy_and_gradient(flat: Array) -> tuple[float, Array]:
        label = xtb.label(flat.reshape(-1, 3))
        return label.energy, -label.forces.ravel()

    found = minimize(energy_and_gradient, start.positions.ravel(), jac=True, method="BFGS", options={"gtol": 1e-3})
    positions = found.x.reshape(-1, 3)
    masses = start.get_masses()
    positions -= masses @ positions / masses.sum()
    return Molecule(name, start.numbers, positions, masses, normal_modes(xtb, positions, masses))


def normal_modes(xtb: XTB, positions: Array, masses: Array) -> Array:
    """(modes, atoms, 3): displacement in Å per √eV, from finite differences of forces."""
    size = positions.size
    hessian = np.zeros((size, size))
    for index in range(size):
        shift = np.zeros(size)
        shift[index] = STEP
        shift = shift.reshape(-1, 3)
        change = xtb.label(positions - shift).forces - xtb.label(positions + shift).forces
        hessian[index] = change.ravel() / (2 * STEP)
    roots = np.sqrt(np.repeat(masses, 3))
    stiffness, vectors = np.linalg.eigh((hessian + hessian.T) / 2 / np.outer(roots, roots))
    stiff = stiffness > SOFTEST
    return (vectors[:, stiff] / roots[:, None] / np.sqrt(stiffness[stiff])).T.reshape(-1, *positions.shape)


def drawn(size: int, rng: np.random.Generator) -> list[Molecule]:
    """So many of the molecules that are trained on; water comes twice as often as the others."""
    total = len(CORE) + 1
    chances = [(2 if name == "H2O" else 1) / total for name in CORE]
    return [relaxed(str(name)) for name in rng.choice(CORE, size=size, p=chances)]
