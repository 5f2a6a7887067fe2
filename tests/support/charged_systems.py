"""Small systems of charges for the tests of the Coulomb sum."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from les_viz.ewald import Electrostatics, electrostatics

CELLS = {
    "cubic": ((6.0, 0.0, 0.0), (0.0, 6.0, 0.0), (0.0, 0.0, 6.0)),
    "triclinic": ((5.1, 0.4, -0.3), (1.9, 5.6, 0.2), (-1.4, 1.1, 6.2)),
    "left-handed": ((0.3, 5.9, 0.1), (5.2, -0.4, 0.2), (0.6, 0.8, 5.5)),
    "fcc primitive": ((0.0, 4.2, 4.2), (4.2, 0.0, 4.2), (4.2, 4.2, 0.0)),
}
"""Lattice vectors as rows, Å."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """Charges at positions, in a cell or (None) in open space."""

    charges: Tensor
    positions: Tensor
    cell: Tensor | None

    @staticmethod
    def random(
        seed: int, *, cell: str | None = "triclinic", n_atoms: int = 7, channels: int | None = None
    ) -> "Charged":
        """Neutral random charges at random places, in double precision."""
        generator = torch.Generator().manual_seed(seed)
        shape = (n_atoms,) if channels is None else (n_atoms, channels)
        charges = torch.randn(shape, generator=generator, dtype=torch.float64)
        fractional = torch.rand(n_atoms, 3, generator=generator, dtype=torch.float64)
        matrix = torch.tensor(CELLS[cell or "triclinic"], dtype=torch.float64)
        return Charged(
            charges=charges - charges.mean(dim=0), positions=fractional @ matrix, cell=None if cell is None else matrix
        )

    def changed(self, **changes: Tensor | None) -> "Charged":
        """The system with some of it replaced."""
        return replace(self, **changes)

    def rotated(self, rotation: Tensor) -> "Charged":
        """The system turned as a whole."""
        cell = None if self.cell is None else self.cell @ rotation.T
        return Charged(charges=self.charges, positions=self.positions @ rotation.T, cell=cell)

    def repeated(self, n1: int, n2: int, n3: int) -> "Charged":
        """A supercell; the copies of atom i follow each other cell by cell."""
        if self.cell is None:
            raise ValueError("an open system has no supercell")
        steps = torch.cartesian_prod(torch.arange(n1), torch.arange(n2), torch.arange(n3)).to(self.cell)
        images = self.positions[None] + (steps @ self.cell)[:, None]
        counts = torch.tensor([n1, n2, n3]).to(self.cell)
        return Charged(
            charges=self.charges.repeat(len(steps), *[1] * (self.charges.ndim - 1)),
            positions=images.flatten(0, 1),
            cell=self.cell * counts[:, None],
        )

    def sum(self, **settings: object) -> Electrostatics:
        """The Coulomb sum of the system."""
        return electrostatics(self.charges, self.positions, self.cell, pbc=self.cell is not None, **settings)


def random_rotation(seed: int) -> Tensor:
    """A proper rotation."""
    generator = torch.Generator().manual_seed(seed)
    matrix, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))
    return matrix * torch.linalg.det(matrix)


def largest_difference(one: Tensor, two: Tensor) -> float:
    """The largest deviation of two tensors."""
    return float((one - two).abs().max())
