"""Batches as padded blocks: (atoms, ...) of all systems together to (systems, most atoms, ...) and back."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class PaddedLayout:
    """Where each atom of a batch sits in a padded block; a batch of one is a view, not a copy.

    Attributes:
        n_systems: number of systems.
        most_atoms: atoms of the largest system.
        slots: (atoms,) flat index into (systems, most_atoms), or None for a batch of one.
    """

    n_systems: int
    most_atoms: int
    slots: Tensor | None

    @staticmethod
    def of(system_idx: Tensor, n_systems: int) -> "PaddedLayout":
        """Lay out atoms whose sorted system index is given."""
        if n_systems == 1:
            return PaddedLayout(1, system_idx.shape[0], None)
        counts = torch.bincount(system_idx, minlength=n_systems)
        most = int(counts.max())
        first = counts.cumsum(0) - counts
        within = torch.arange(system_idx.shape[0], device=system_idx.device) - first[system_idx]
        return PaddedLayout(n_systems, most, system_idx * most + within)

    def pad(self, values: Tensor) -> Tensor:
        """(atoms, ...) to (systems, most_atoms, ...), zeros in the gaps."""
        if self.slots is None:
            return values.unsqueeze(0)
        block = values.new_zeros(self.n_systems * self.most_atoms, *values.shape[1:])
        return block.index_copy(0, self.slots, values).view(self.n_systems, self.most_atoms, *values.shape[1:])

    def unpad(self, block: Tensor) -> Tensor:
        """(systems, most_atoms, ...) to (atoms, ...)."""
        return block.squeeze(0) if self.slots is None else block.flatten(0, 1).index_select(0, self.slots)
