"""A crystal of springs in a box that may change, with its stress, for the driver."""

import ase
import numpy as np

from les_viz.md.surface import Place

SPACING = 3.0
DIRECTIONS = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, -1, 0), (1, 0, -1), (0, 1, -1)]
"""First and second neighbours in a simple cubic lattice, each pair once."""


class SpringCrystal:
    """Eight argon atoms, each tied to the 18 around it: E = ½ k Σ (|r_ij| - d_ij)²."""

    def __init__(self, stiffness=2.0):
        self.stiffness = stiffness
        corners = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
        places = {tuple(corner): number for number, corner in enumerate(corners)}
        bonds = [
            (places[tuple(corner)], places[tuple((corner + step) % 2)], (corner + step) // 2, np.linalg.norm(step))
            for corner in corners
            for step in np.array(DIRECTIONS)
        ]
        self.one, self.two, self.shifts, self.lengths = (np.array(column) for column in zip(*bonds, strict=True))
        self.lengths *= SPACING
        self.atoms = ase.Atoms("Ar8", positions=SPACING * corners, cell=[2 * SPACING] * 3, pbc=True)

    def energy(self, positions, cell):
        """eV."""
        return 0.5 * self.stiffness * float((self._bonds(positions, cell)[1] ** 2).sum())

    def at(self, atoms, electric_field, wanted):
        vectors, stretch = self._bonds(atoms.positions, atoms.cell[:])
        pull = (self.stiffness * stretch / np.linalg.norm(vectors, axis=1))[:, None] * vectors
        forces = np.zeros((8, 3))
        np.add.at(forces, self.one, pull)
        np.add.at(forces, self.two, -pull)
        return Place(
            energy=self.energy(atoms.positions, atoms.cell[:]),
            forces=forces,
            field_forces=None,
            polarization=None,
            born_charges=None,
            charges=np.zeros(8),
            dipole=np.zeros(3),
            closest=10.0,
            stress=pull.T @ vectors / atoms.get_volume(),
        )

    def _bonds(self, positions, cell):
        fractional = positions @ np.linalg.inv(cell)
        vectors = (fractional[self.two] - fractional[self.one] + self.shifts) @ cell
        return vectors, np.linalg.norm(vectors, axis=1) - self.lengths
