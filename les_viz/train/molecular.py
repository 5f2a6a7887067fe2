"""Net forces and torques of whole molecules: what other molecules do to each.

Stretching its bonds neither pushes nor turns a molecule, by translation and rotation invariance. So the sum and the
torque of the forces on its atoms are free of the error of the bonds, which is far larger than what a distant charge
does: between molecules beyond the cutoff nothing but the Coulomb sum makes them. They are made of the forces alone
(force matching of whole molecules: Izvekov & Voth, J. Phys. Chem. B 109, 2469 (2005)).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from les_viz.response.molecules import find_molecules
from les_viz.system import System

SMALLEST = 5e-3
"""eV/Å and eV: forces and torques are judged relative to their own size, or to this where they are smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Molecules:
    """The molecules of some frames.

    Attributes:
        owner: (atoms,) the molecule of each atom.
        arms: (atoms, 3) from the centre of its molecule to the atom, Å.
        is_pulled: (molecules,) whether it is finite and has another beside it.
    """

    owner: Tensor
    arms: Tensor
    is_pulled: Tensor

    @classmethod
    def of(cls, system: System, dtype: torch.dtype, device: str) -> "Molecules":
        """Find the molecules of one frame."""
        found = find_molecules(
            system.atomic_numbers.numpy(),
            system.positions.double().numpy(),
            system.cell[0].double().numpy(),
            periodic=bool(system.is_periodic[0]),
        )
        owner, whole = torch.from_numpy(found.owner), torch.from_numpy(found.positions)
        centres = _summed(whole, owner, len(found.formulas)) / torch.bincount(owner)[:, None]
        return cls(
            owner=owner.to(device),
            arms=(whole - centres[owner]).to(device, dtype),
            is_pulled=torch.from_numpy(found.is_finite & (len(found.formulas) > 1)).to(device),
        )

    @classmethod
    def together(cls, parts: Sequence["Molecules"]) -> "Molecules":
        """Those of several frames, in their order."""
        counts = torch.tensor([0, *(len(part.is_pulled) for part in parts[:-1])]).cumsum(0).tolist()
        return cls(
            owner=torch.cat([part.owner + first for part, first in zip(parts, counts, strict=True)]),
            arms=torch.cat([part.arms for part in parts]),
            is_pulled=torch.cat([part.is_pulled for part in parts]),
        )

    def pulls(self, forces: Tensor) -> tuple[Tensor, Tensor]:
        """Net force, eV/Å, and torque about the centre, eV, both (pulled molecules, 3).

        Args:
            forces: (atoms, 3), eV/Å.
        """
        torques = torch.linalg.cross(self.arms, forces)
        net, turning = (_summed(part, self.owner, len(self.is_pulled)) for part in (forces, torques))
        return net[self.is_pulled], turning[self.is_pulled]

    def relative_error(self, forces: Tensor, truth: Tensor) -> Tensor:
        """Mean square of the relative errors of net forces and torques; 0 if no molecule has another beside it."""
        total = forces.new_zeros(())
        for found, true in zip(self.pulls(forces), self.pulls(truth), strict=True):
            size = true.square().sum(dim=1) + SMALLEST**2
            total = total + ((found - true).square().sum(dim=1) / size).sum()
        return total / self.is_pulled.sum().clamp(min=1)


def _summed(values: Tensor, owner: Tensor, count: int) -> Tensor:
    return values.new_zeros(count, values.shape[1]).index_add(0, owner, values)
