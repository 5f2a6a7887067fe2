"""Surfaces whose motion is known in closed form, for the driver."""

import numpy as np

from les_viz.md.surface import Place


class Springs:
    """Atoms tied to their places, and to each other in pairs, with fixed charges.

    E = ½ k Σ |r - r0|² + ½ k_pair Σ (|r_ij| - d)²
    """

    def __init__(self, charges, *, stiffness=0.0, places=None, pairs=(), pair_stiffness=0.0, length=1.0):
        self.charges = np.asarray(charges, dtype=float)
        self.stiffness, self.places = np.asarray(stiffness, dtype=float), places
        self.pairs, self.pair_stiffness, self.length = pairs, pair_stiffness, length

    def at(self, atoms, electric_field, wanted):
        forces, energy = np.zeros((len(atoms), 3)), 0.0
        if self.places is not None:
            away = atoms.positions - self.places
            energy += 0.5 * float((self.stiffness * (away**2).T).sum())
            forces -= (self.stiffness * away.T).T
        for i, j in self.pairs:
            vector = atoms.positions[i] - atoms.positions[j]
            stretch = np.linalg.norm(vector) - self.length
            energy += 0.5 * self.pair_stiffness * stretch**2
            pull = self.pair_stiffness * stretch * vector / np.linalg.norm(vector)
            forces[i] -= pull
            forces[j] += pull
        neutral = self.charges - self.charges.mean()
        from_field = neutral[:, None] * electric_field
        return Place(
            energy=energy,
            forces=forces + from_field,
            field_forces=from_field,
            polarization=None,
            born_charges=neutral[:, None, None] * np.eye(3),
            charges=self.charges,
            dipole=neutral @ atoms.positions,
            closest=10.0,
        )
