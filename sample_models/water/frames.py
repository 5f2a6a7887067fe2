"""Frames of liquid water as tensors, and what a model says of them, differentiable twice."""

from dataclasses import dataclass
from pathlib import Path

import ase.io
import numpy as np
import torch
from torch import Tensor, nn

from les_viz.ewald import ChargedBatch, batch_energy
from les_viz.models.model import LESModel
from les_viz.models.representation import Surroundings
from les_viz.neighbors import NeighborTable, neighbor_table
from les_viz.response.evaluation import sum_over_edges
from les_viz.system import System

CUTOFF = 4.5


@dataclass(frozen=True)
class Frames:
    """Frames of equal composition, everything that training needs of each, stacked along the first axis."""

    positions: Tensor
    cell: Tensor
    vectors: Tensor
    indices: Tensor
    is_neighbor: Tensor
    element_idx: Tensor
    energy: Tensor
    forces: Tensor

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.energy)


def load(path: Path, elements: tuple[int, ...], atomic_energies: dict[int, float] | None) -> Frames:
    """Read frames; energies relative to the atomic energies, forces without their net force."""
    frames = ase.io.read(path, ":", format="extxyz")
    systems = [System.from_atoms(frame, dtype=torch.float64) for frame in frames]
    tables = [neighbor_table(system, CUTOFF) for system in systems]
    width = max(table.is_neighbor.shape[1] for table in tables)
    vectors, indices, masks = [], [], []
    for system, table in zip(systems, tables, strict=True):
        edge = table.edge_vectors(system.positions, system.cell, system.system_idx)
        gap = width - edge.shape[1]
        filler = torch.tensor([2 * CUTOFF, 0.0, 0.0], dtype=edge.dtype).expand(len(edge), gap, 3)
        own = torch.arange(len(edge))[:, None].expand(-1, gap)
        vectors.append(torch.cat((edge, filler), dim=1))
        indices.append(torch.cat((table.neighbor_indices, own), dim=1))
        masks.append(nn.functional.pad(table.is_neighbor, (0, gap)))
    forces = np.stack([f.get_forces() - f.get_forces().mean(axis=0) for f in frames])
    reference = [sum((atomic_energies or {}).get(int(z), 0.0) for z in f.numbers) for f in frames]
    energy = np.array([f.get_potential_energy() for f in frames]) - np.array(reference)
    lookup = {z: i for i, z in enumerate(elements)}
    return Frames(
        positions=torch.stack([s.positions for s in systems]),
        cell=torch.cat([s.cell for s in systems]),
        vectors=torch.stack(vectors),
        indices=torch.stack(indices),
        is_neighbor=torch.stack(masks),
        element_idx=torch.tensor([[lookup[int(z)] for z in f.numbers] for f in frames]),
        energy=torch.tensor(energy),
        forces=torch.tensor(forces),
    )


def surroundings_of(frames: Frames, chosen: Tensor) -> Surroundings:
    """What the model sees in the chosen frames; the edge vectors are a fresh leaf."""
    offset = (torch.arange(len(chosen)) * frames.positions.shape[1])[:, None, None]
    return Surroundings(
        vectors=frames.vectors[chosen].flatten(0, 1).requires_grad_(),
        neighbor_indices=(frames.indices[chosen] + offset).flatten(0, 1),
        is_neighbor=frames.is_neighbor[chosen].flatten(0, 1),
        element_idx=frames.element_idx[chosen].flatten(),
    )


def pulls(along_edges: Tensor, seen: Surroundings) -> Tensor:
    """Forces on the atoms from the gradient of the energy along the edges."""
    table = NeighborTable(
        neighbor_indices=seen.neighbor_indices, neighbor_shifts=None, is_neighbor=seen.is_neighbor, cutoff=CUTOFF
    )
    return -sum_over_edges(along_edges, table)


def batch_forward(model: LESModel, frames: Frames, chosen: Tensor, *, training: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Energies (frames,), forces (frames, atoms, 3) and charges (frames · atoms, channels) of the chosen frames."""
    n_frames, n_atoms = len(chosen), frames.positions.shape[1]
    positions = frames.positions[chosen].flatten(0, 1).requires_grad_()
    seen = surroundings_of(frames, chosen)
    latent = model(seen)
    energy = latent.energies.view(n_frames, n_atoms).sum(dim=1)
    if model.coulomb is not None:
        charged = ChargedBatch(
            charges=latent.charges,
            positions=positions,
            cell=frames.cell[chosen],
            is_periodic=torch.ones(n_frames, dtype=torch.bool),
            system_idx=torch.arange(n_frames).repeat_interleave(n_atoms),
        )
        energy = energy + batch_energy(model.coulomb, charged)
    along_edges, at_atoms = torch.autograd.grad(
        energy.sum(), (seen.vectors, positions), create_graph=training, materialize_grads=True, allow_unused=True
    )
    forces = (pulls(along_edges, seen) - at_atoms).view(n_frames, n_atoms, 3)
    return energy, forces, latent.charges
