"""The algorithm of the reference codes, written the plain way: the baseline of speed, and an oracle in tests.

Coulomb sum: cos and sin of a table of atoms times k vectors. Short range: `plain_features`. Forces and Born effective
charges by autograd.
"""

from dataclasses import dataclass
from math import pi

import numpy as np
import torch
import vesin
from torch import Tensor

from les_viz.benchmark.plain_features import Bonds, Edges, Weights, bond_charges, features, head
from les_viz.models.config import ElectrostaticsConfig, HeadConfig, ModelConfig
from les_viz.units import RECIPROCAL_COULOMB_CONSTANT


def kvectors(cell: Tensor, k_cutoff: float) -> Tensor:
    """Half of the reciprocal vectors up to the cutoff, without zero.

    Args:
        cell: (3, 3), Å, rows are lattice vectors.
        k_cutoff: in 1/Å.

    Returns:
        (kvectors, 3), 1/Å.
    """
    reciprocal: Tensor = 2 * pi * torch.linalg.inv(cell).T
    reach = [int(float(length) * k_cutoff / (2 * pi)) + 1 for length in torch.linalg.norm(cell, dim=1)]
    steps = torch.cartesian_prod(*[torch.arange(-n, n + 1) for n in reach])
    first = steps[:, 0] > 0
    second = (steps[:, 0] == 0) & (steps[:, 1] > 0)
    third = (steps[:, 0] == 0) & (steps[:, 1] == 0) & (steps[:, 2] > 0)
    vectors = steps[first | second | third].to(cell) @ reciprocal
    inside: Tensor = torch.linalg.norm(vectors, dim=1) <= k_cutoff * (1 + 1e-9)
    return vectors[inside]


def coulomb_energies(charges: Tensor, positions: Tensor, cell: Tensor, smearing: float, vectors: Tensor) -> Tensor:
    """Half charge times potential of each atom in a periodic cell, self-interaction kept.

    Args:
        charges: (atoms, channels), e.
        positions: (atoms, 3), Å.
        cell: (3, 3), Å.
        smearing: Gaussian width in Å.
        vectors: (kvectors, 3), half of k space.

    Returns:
        (atoms, channels), eV.
    """
    phases = positions @ vectors.T
    cosines, sines = torch.cos(phases), torch.sin(phases)
    squares = (vectors**2).sum(dim=1)
    weights = torch.exp(squares * (-(smearing**2) / 2)) * 4 / squares
    real, imaginary = cosines.T @ charges, sines.T @ charges
    potential = cosines @ (weights[:, None] * real) + sines @ (weights[:, None] * imaginary)
    volume: Tensor = torch.linalg.det(cell).abs()
    return charges * potential * (RECIPROCAL_COULOMB_CONSTANT / 2) / volume


def self_energies(charges: Tensor, smearing: float) -> Tensor:
    """(atoms, channels), eV: each Gaussian's interaction with itself."""
    factor: float = RECIPROCAL_COULOMB_CONSTANT / (smearing * (2 * pi) ** 1.5)
    return charges.square() * factor


def coulomb_energies_open(charges: Tensor, positions: Tensor, smearing: float) -> Tensor:
    """(atoms, channels), eV: half charge times potential without boundary, self-interaction removed."""
    distances: Tensor = (
        positions[:, None] - positions[None] + torch.eye(len(positions)).to(positions)[..., None]
    ).norm(dim=2)
    kernel: Tensor = torch.erf(distances / (2**0.5 * smearing)) / distances
    kernel = kernel - torch.diag(kernel.diagonal())
    return charges * (kernel @ charges) * (RECIPROCAL_COULOMB_CONSTANT / (4 * pi))


def find_edges(positions: Tensor, cell: Tensor, *, periodic: bool, cutoff: float) -> Edges:
    """All directed pairs within the cutoff, images included."""
    search = vesin.NeighborList(cutoff=cutoff, full_list=True)
    senders, receivers, shifts = search.compute(
        points=positions.detach().double().numpy(),
        box=cell.detach().double().numpy() if periodic else np.zeros((3, 3)),
        periodic=periodic,
        quantities="ijS",
    )
    return Edges(
        senders=torch.from_numpy(senders.astype(np.int64)),
        receivers=torch.from_numpy(receivers.astype(np.int64)),
        shifts=torch.from_numpy(shifts.astype(np.float64)).to(cell) @ cell,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainStructure:
    """One structure."""

    atomic_numbers: Tensor
    positions: Tensor
    """(atoms, 3), Å."""
    cell: Tensor
    """(3, 3), Å."""
    periodic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainResult:
    """What was computed; e, eV, Å."""

    energy: Tensor
    short_range_energy: Tensor
    """Without the atomic energies."""
    long_range_energy: Tensor
    forces: Tensor
    charges: Tensor
    """(atoms, channels)."""
    born_effective_charges: Tensor | None = None
    """(atoms, 3 field, 3 displacement), the `wrapped` definition, unscaled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainModel:
    """A model as its configuration and its tensors."""

    config: ModelConfig
    representations: tuple[Weights, ...]
    energy_heads: tuple[Weights, ...]
    charge_head: Weights

    @staticmethod
    def of(config: ModelConfig, weights: Weights) -> "PlainModel":
        """The same model.

        Args:
            config: its header.
            weights: its tensors, named as in our native format.
        """
        return PlainModel(
            config=config,
            representations=tuple(
                _part(weights, f"representations.{number}.") for number in range(len(config.representations))
            ),
            energy_heads=tuple(_part(weights, f"energy_heads.{number}.") for number in range(len(config.energy_heads))),
            charge_head=_part(weights, "charge_head."),
        )

    def evaluate(self, structure: PlainStructure, *, born_charges: bool = False) -> PlainResult:
        """Energy and forces of one structure, and its Born effective charges on demand."""
        positions = structure.positions.detach().requires_grad_()
        features_of = [self._features(index, structure, positions) for index in range(len(self.representations))]
        short_range = positions.new_zeros(())
        for head_config, weights in zip(self.config.energy_heads, self.energy_heads, strict=True):
            short_range = short_range + head(head_config, features_of[head_config.representation], weights).sum()
        charges, long_range = positions.new_zeros(len(positions), 0), positions.new_zeros(())
        if self.config.electrostatics is not None:
            charges = self._charges(structure, positions, features_of)
            long_range = long_range_energy(charges, positions, structure, self.config.electrostatics)
        (gradient,) = torch.autograd.grad(short_range + long_range, positions, retain_graph=born_charges)
        baseline = sum(self.config.atomic_energies.get(int(z), 0.0) for z in structure.atomic_numbers)
        return PlainResult(
            energy=(short_range + long_range).detach() + baseline,
            short_range_energy=short_range.detach(),
            long_range_energy=long_range.detach(),
            forces=-gradient,
            charges=charges.detach(),
            born_effective_charges=wrapped_born_charges(charges, positions, structure.cell) if born_charges else None,
        )

    def _charges(self, structure: PlainStructure, positions: Tensor, features_of: list[Tensor]) -> Tensor:
        config = self.config.charge_head
        if isinstance(config, HeadConfig):
            return head(config, features_of[config.representation], self.charge_head)
        if config is None:
            return positions.new_zeros(len(positions), 0)
        edges = find_edges(positions, structure.cell, periodic=structure.periodic, cutoff=config.cutoff)
        vectors = positions[edges.receivers] - positions[edges.senders] + edges.shifts
        bonds = Bonds(edges=edges, distances=vectors.norm(dim=1), elements=self.config.elements)
        inputs = features_of[config.representation]
        return bond_charges(config, inputs, self.charge_head, self._species(structure), bonds)

    def _species(self, structure: PlainStructure) -> Tensor:
        return torch.tensor([self.config.elements.index(int(z)) for z in structure.atomic_numbers])

    def _features(self, index: int, structure: PlainStructure, positions: Tensor) -> Tensor:
        config, species = self.config.representations[index], self._species(structure)
        edges = find_edges(positions, structure.cell, periodic=structure.periodic, cutoff=config.cutoff)
        return features(config, self.representations[index], species, positions, edges)


def _part(weights: Weights, prefix: str) -> Weights:
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}


def long_range_energy(
    charges: Tensor, positions: Tensor, structure: PlainStructure, config: ElectrostaticsConfig
) -> Tensor:
    """Coulomb energy of the latent charges, eV."""
    if structure.periodic:
        vectors = kvectors(structure.cell, config.k_cutoff)
        energy = coulomb_energies(charges, positions, structure.cell, config.smearing, vectors).sum()
        removed = 0 if config.self_interaction else config.removed_self_terms
        return energy - removed * self_energies(charges, config.smearing).sum()
    energy = coulomb_energies_open(charges, positions, config.smearing).sum()
    return energy + self_energies(charges, config.smearing).sum() if config.self_interaction else energy


def wrapped_born_charges(charges: Tensor, positions: Tensor, cell: Tensor) -> Tensor:
    """Born effective charges by the phase formula, six backward passes (oracle SPEC.md §4).

    Args:
        charges: (atoms, 1), e, with their graph; their mean is removed.
        positions: (atoms, 3), Å.
        cell: (3, 3), Å.

    Returns:
        (atoms, 3 field, 3 displacement), e.
    """
    neutral = charges[:, 0] - charges[:, 0].mean()
    angles = 2 * pi * positions @ torch.linalg.inv(cell)
    result = torch.zeros(len(positions), 3, 3).to(positions)
    for axis in range(3):
        real = (neutral * torch.sin(angles[:, axis])).sum() / (2 * pi)
        imaginary = -(neutral * torch.cos(angles[:, axis])).sum() / (2 * pi)
        (of_real,) = torch.autograd.grad(real, positions, retain_graph=True)
        (of_imaginary,) = torch.autograd.grad(imaginary, positions, retain_graph=True)
        turned = torch.cos(angles[:, axis : axis + 1]) * of_real + torch.sin(angles[:, axis : axis + 1]) * of_imaginary
        result = result + cell[axis][None, :, None] * turned[:, None, :]
    return result.detach()
