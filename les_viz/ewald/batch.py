"""The Coulomb sum over a batch that may mix periodic and open systems."""

from dataclasses import dataclass

import torch
from torch import Tensor

from les_viz.ewald.coulomb import CoulombSum
from les_viz.ewald.layout import PaddedLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedBatch:
    """Charges of a batch of systems.

    Attributes:
        charges: (atoms, channels), e.
        positions: (atoms, 3), Å.
        cell: (systems, 3, 3), Å.
        is_periodic: (systems,) bool.
        system_idx: (atoms,), sorted.
    """

    charges: Tensor
    positions: Tensor
    cell: Tensor
    is_periodic: Tensor
    system_idx: Tensor

    def parts(self) -> "list[tuple[Tensor, Tensor, ChargedBatch]]":
        """The periodic and the open systems apart: their systems, their atoms, and the smaller batch."""
        found = []
        for systems in (self.is_periodic.nonzero()[:, 0], (~self.is_periodic).nonzero()[:, 0]):
            if len(systems) == len(self.is_periodic):
                everyone = torch.arange(len(self.charges), device=self.charges.device)
                return [(systems, everyone, self)]
            if len(systems):
                renumbered = torch.full_like(self.is_periodic, -1, dtype=torch.int64)
                renumbered[systems] = torch.arange(len(systems), device=systems.device)
                atoms = (renumbered[self.system_idx] >= 0).nonzero()[:, 0]
                part = ChargedBatch(
                    charges=self.charges[atoms],
                    positions=self.positions[atoms],
                    cell=self.cell[systems],
                    is_periodic=self.is_periodic[systems],
                    system_idx=renumbered[self.system_idx[atoms]],
                )
                found.append((systems, atoms, part))
        return found

    def blocks(self) -> tuple[PaddedLayout, Tensor, Tensor, Tensor | None]:
        """Layout, (systems, channels, atoms) charges, (systems, atoms, 3) positions, and cells if periodic."""
        layout = PaddedLayout.of(self.system_idx, len(self.is_periodic))
        cell = self.cell if bool(self.is_periodic[0]) else None
        return layout, layout.pad(self.charges).transpose(1, 2), layout.pad(self.positions), cell


def batch_energy(coulomb: CoulombSum, batch: ChargedBatch) -> Tensor:
    """Coulomb energies, the cheapest way to differentiate them.

    Args:
        coulomb: the sum.
        batch: the charges.

    Returns:
        (systems,), eV.
    """
    energy = batch.positions.new_zeros(len(batch.is_periodic))
    for systems, _, part in batch.parts():
        _, charges, positions, cell = part.blocks()
        energy = energy.index_copy(0, systems, coulomb.energy(charges, positions, cell))
    return energy


def batch_everything(coulomb: CoulombSum, batch: ChargedBatch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Energies, potentials, fields and stresses.

    Args:
        coulomb: the sum.
        batch: the charges.

    Returns:
        (systems,) eV; (atoms, channels) V; (atoms, channels, 3) V/Å; (systems, 3, 3) eV/Å³.
    """
    like = batch.positions
    energy, stress = like.new_zeros(len(batch.is_periodic)), like.new_zeros(len(batch.is_periodic), 3, 3)
    potential, field = torch.zeros_like(batch.charges), like.new_zeros(*batch.charges.shape, 3)
    for systems, atoms, part in batch.parts():
        layout, charges, positions, cell = part.blocks()
        e, phi, f, s = coulomb.everything(charges, positions, cell)
        energy = energy.index_copy(0, systems, e)
        stress = stress.index_copy(0, systems, s)
        potential = potential.index_copy(0, atoms, layout.unpad(phi.transpose(1, 2)))
        field = field.index_copy(0, atoms, layout.unpad(f.transpose(1, 2)))
    return energy, potential, field, stress
