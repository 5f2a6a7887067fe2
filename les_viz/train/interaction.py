"""What molecules do to the atoms of each other: forces together less those of each molecule alone.

The forces within a molecule, and their errors, are the same together and alone, so that they cancel in the difference.
What is left beyond the cutoff is the Coulomb sum by itself: Born effective charges times the field of the others.
Labels are needed of the molecules alone, energies and forces as all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from ase import Atoms
from torch import Tensor

from les_viz.errors import StructureError
from les_viz.train.labelled import Labelled

DISTANCE = 1e4
"""Å between molecules that are apart."""
SMALLEST = 5e-3
"""eV/Å: interaction forces of a molecule are judged relative to their own size, or to this where they are smaller."""


def moved_apart(frame: Labelled) -> Labelled:
    """The molecules of a frame, each alone.

    Raises:
        StructureError: the frame is periodic.
    """
    if frame.apart is None:
        raise TypeError("a frame without labels of its molecules alone")
    if frame.atoms.pbc.any():
        raise StructureError(
            "a periodic frame has labels of its molecules alone: interaction forces are for open frames, take them out"
        )
    steps = frame.apart.molecule[:, None] * np.array([DISTANCE, 0.0, 0.0])
    atoms = Atoms(frame.atoms.numbers, frame.atoms.positions + steps, pbc=False)
    return Labelled(
        atoms=atoms,
        energy=frame.apart.energy,
        forces=frame.apart.forces,
        interactions_only=frame.interactions_only,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactions:
    """Which atoms of a batch are together at its start, and apart at its end.

    Attributes:
        owner: (atoms together,) the molecule of each.
        n_molecules: how many there are.
    """

    owner: Tensor
    n_molecules: int

    @classmethod
    def of(cls, owners: Sequence[Tensor]) -> "Interactions":
        """Those of the frames at the start of a batch, by the molecule of each atom."""
        counts = [int(owner.max()) + 1 for owner in owners]
        first = np.cumsum([0, *counts[:-1]]).tolist()
        owner = torch.cat([part + start for part, start in zip(owners, first, strict=True)])
        return cls(owner=owner, n_molecules=sum(counts))

    def forces(self, forces: Tensor) -> Tensor:
        """(atoms together, 3) from (atoms, 3)."""
        count = len(self.owner)
        return forces[:count] - forces[-count:]

    def relative_error(self, forces: Tensor, truth: Tensor) -> Tensor:
        """Mean over the molecules of the square of the error relative to the interaction forces."""
        true = self.forces(truth)
        size = self._of_molecules(true) + SMALLEST**2
        return (self._of_molecules(self.forces(forces) - true) / size).mean()

    def _of_molecules(self, forces: Tensor) -> Tensor:
        squares = forces.square().sum(dim=1)
        return squares.new_zeros(self.n_molecules).index_add(0, self.owner, squares)
