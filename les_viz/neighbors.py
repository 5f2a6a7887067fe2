"""Neighbour tables: a thin layer over vesin, laid out as dense blocks of (atoms, most neighbours).

An edge vector points from the sender j (a neighbour, perhaps a periodic image) to the receiver i: r_i - r_j - S·cell.
"""

from dataclasses import dataclass

import numpy as np
import torch
import vesin
from torch import Tensor

from les_viz.errors import StructureError
from les_viz.system import System

MOST_EDGES = 60_000_000
"""Most entries of a table: beyond it the structure is absurdly dense for the cutoff."""

COINCIDENCE = 1e-6
"""Å below which two atoms are at the same place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborTable:
    """All neighbours within `cutoff` of each atom, padded to the same number.

    Attributes:
        neighbor_indices: (atoms, neighbours) index of the sender in the batch; padding repeats the receiver.
        neighbor_shifts: (atoms, neighbours, 3) lattice translations of the sender, or None if there are none.
        is_neighbor: (atoms, neighbours) bool, False for padding.
        cutoff: Å; lists may hold pairs up to here, models cut at their own radius.
    """

    neighbor_indices: Tensor
    neighbor_shifts: Tensor | None
    is_neighbor: Tensor
    cutoff: float

    def edge_vectors(self, positions: Tensor, cell: Tensor, system_idx: Tensor) -> Tensor:
        """(atoms, neighbours, 3) vectors from sender to receiver, Å; padding lies beyond the cutoff."""
        vectors = positions.unsqueeze(1) - positions[self.neighbor_indices]
        if self.neighbor_shifts is not None:
            shifts = self.neighbor_shifts.to(positions.dtype)
            matrices = cell.to(positions.dtype)
            offsets = shifts @ matrices[0] if len(matrices) == 1 else torch.bmm(shifts, matrices[system_idx])
            vectors = vectors - offsets
        outside = vectors.new_tensor((2 * self.cutoff, 0.0, 0.0))
        return torch.where(self.is_neighbor.unsqueeze(2), vectors, outside)


def neighbor_table(system: System, cutoff: float) -> NeighborTable:
    """Find all neighbours of all atoms of a batch, periodic images and an atom's own images included.

    Args:
        system: the batch.
        cutoff: Å.

    Returns:
        The table, on the device of the batch.

    Raises:
        StructureError: the table would be absurdly large.
    """
    receivers, senders, shifts = _all_pairs(system, cutoff)
    counts = np.bincount(receivers, minlength=system.n_atoms)
    width = max(1, int(counts.max(initial=0)))
    if width * system.n_atoms > MOST_EDGES:
        raise StructureError(
            f"an atom has {width} neighbours within {cutoff:.3g} Å: the structure is too dense or the cell too small; "
            "check the unit of the positions (Å) and the cell"
        )
    columns = np.arange(len(receivers)) - np.repeat(np.cumsum(counts) - counts, counts)
    indices = np.repeat(np.arange(system.n_atoms)[:, None], width, axis=1)
    mask = np.zeros((system.n_atoms, width), dtype=bool)
    lattice = np.zeros((system.n_atoms, width, 3), dtype=np.int32)
    indices[receivers, columns] = senders
    mask[receivers, columns] = True
    lattice[receivers, columns] = shifts
    device = system.positions.device
    return NeighborTable(
        neighbor_indices=torch.as_tensor(indices, device=device),
        neighbor_shifts=torch.as_tensor(lattice, device=device) if lattice.any() else None,
        is_neighbor=torch.as_tensor(mask, device=device),
        cutoff=cutoff,
    )


def _all_pairs(system: System, cutoff: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Receivers (sorted), senders and shifts of all systems, indices counted through the batch."""
    positions = system.positions.detach().double().cpu().numpy()
    cells = system.cell.detach().double().cpu().numpy()
    ends = np.cumsum(system.atom_counts.cpu().numpy())
    periodic = system.is_periodic.cpu().numpy()
    finder = vesin.NeighborList(cutoff=cutoff, full_list=True, sorted=True, n_threads=torch.get_num_threads())
    parts = []
    for number, end in enumerate(ends):
        start = ends[number - 1] if number else 0
        box = cells[number] if periodic[number] else np.zeros((3, 3))
        i, j, shift, distance = finder.compute(
            points=np.ascontiguousarray(positions[start:end]),
            box=box,
            periodic=bool(periodic[number]),
            quantities="ijSd",
        )
        if len(distance) and distance.min() < COINCIDENCE:
            pair = int(distance.argmin())
            raise StructureError(
                f"atoms {i[pair]} and {j[pair]} (counted from 0) are at the same place: remove one of them, "
                "or correct the cell"
            )
        parts.append((i.astype(np.int64) + start, j.astype(np.int64) + start, shift))
    receivers, senders, shifts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return receivers, senders, shifts
