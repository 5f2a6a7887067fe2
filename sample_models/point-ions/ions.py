"""Ions of charge ±1 in a periodic box: Coulomb forces by Ewald summation, and a soft repulsion."""

from dataclasses import dataclass
from functools import cache
from math import pi, sqrt

import numpy as np
import vesin
from ase.calculators.calculator import Calculator, all_changes
from numpy.typing import NDArray
from scipy.special import erfc

from les_viz.units import COULOMB_CONSTANT, RECIPROCAL_COULOMB_CONSTANT

Array = NDArray[np.float64]

CHARGES = {"Na": 1.0, "Cl": -1.0}
"""e; the names stand for nothing else: both kinds repel in the same way."""
REPULSION = 3711.0
"""B of B exp(-r/ρ), eV: opposite ions rest 2.6 Å apart."""
SOFTNESS = 0.3
"""ρ, Å."""
SPLIT = 1.8
"""Å: width at which the Ewald sum is split; nothing depends on it."""
K_CUTOFF = 3.4
"""1/Å; what is left out is below 1e-8 of the sum."""
PAIR_CUTOFF = 10.5
"""Å, of the real-space part and of the repulsion ."""


@dataclass(frozen=True)
class Label:
    """Energy in eV, forces (ions, 3) in eV/Å."""

    energy: float
    forces: Array


def label(charges: Array, positions: Array, cell: Array) -> Label:
    """Point charges in a periodic box, with conducting surroundings, and their repulsion.

    Args:
        charges: (ions,), e.
        positions: (ions, 3), Å.
        cell: (3, 3), Å, rows are lattice vectors.
    """
    smooth = smooth_part(charges, positions, cell)
    search = vesin.NeighborList(cutoff=PAIR_CUTOFF, full_list=False)
    first, second, distances, vectors = search.compute(points=positions, box=cell, periodic=True, quantities="ijdD")
    pair_energy, pair_force = sharp_part(charges[first] * charges[second], distances)
    along = (pair_force / distances)[:, None] * vectors
    forces = smooth.forces
    np.add.at(forces, second, along)
    np.add.at(forces, first, -along)
    return Label(smooth.energy + float(pair_energy.sum()), forces)


def smooth_part(charges: Array, positions: Array, cell: Array) -> Label:
    """Gaussian charges of width `SPLIT` in reciprocal space, without their self-interaction.

    Written apart from `les_viz.ewald`, which the model uses: labels and model share no code.
    """
    vectors, weights = half_space(tuple(cell.ravel()))
    phases = positions @ vectors.T
    cosines, sines = np.cos(phases), np.sin(phases)
    real, imaginary = charges @ cosines, charges @ sines
    along = weights * (sines * real - cosines * imaginary)
    energy = 0.5 * weights @ (real**2 + imaginary**2)
    own = COULOMB_CONSTANT * (charges @ charges) / (sqrt(2 * pi) * SPLIT)
    return Label(float(energy - own), charges[:, None] * (along @ vectors))


@cache
def half_space(cell: tuple[float, ...]) -> tuple[Array, Array]:
    """Half of the k vectors (vectors, 3), 1/Å, and the weight of each, eV/e²."""
    matrix = np.reshape(cell, (3, 3))
    reach = [int(K_CUTOFF * length / (2 * pi)) + 1 for length in np.linalg.norm(matrix, axis=1)]
    steps = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in reach], indexing="ij"), axis=-1).reshape(-1, 3)
    vectors = steps[len(steps) // 2 + 1 :] @ (2 * pi * np.linalg.inv(matrix).T)
    squares = (vectors**2).sum(axis=1)
    inside = squares <= K_CUTOFF**2
    squares = squares[inside]
    weights = 4 * RECIPROCAL_COULOMB_CONSTANT / abs(np.linalg.det(matrix))
    return vectors[inside], weights * np.exp(-squares * SPLIT**2 / 2) / squares


def sharp_part(products: Array, distances: Array) -> tuple[Array, Array]:
    """Energies and outward forces of pairs: erfc part of the Coulomb interaction, and the repulsion.

    Args:
        products: (pairs,), e², charge times charge.
        distances: (pairs,), Å.
    """
    scaled = distances / (sqrt(2) * SPLIT)
    strength = COULOMB_CONSTANT * products
    screened = erfc(scaled)
    bump = 2 / sqrt(np.pi) * np.exp(-(scaled**2)) / (sqrt(2) * SPLIT)
    repelled = REPULSION * np.exp(-distances / SOFTNESS)
    energies = strength * screened / distances + repelled
    return energies, strength * (screened / distances**2 + bump / distances) + repelled / SOFTNESS


class Ions(Calculator):
    """The same for ASE's dynamics; charges by the names of the elements."""

    implemented_properties = ("energy", "forces")

    def calculate(
        self, atoms: object = None, properties: object = ("energy",), system_changes: object = all_changes
    ) -> None:
        """Fill `results` for the atoms."""
        super().calculate(atoms, properties, system_changes)
        charges = np.array([CHARGES[symbol] for symbol in self.atoms.get_chemical_symbols()])
        found = label(charges, self.atoms.positions, self.atoms.cell.array)
        self.results = {"energy": found.energy, "forces": found.forces}
