"""Neighbour tables: a thin layer over vesin, laid out as dense blocks of (atoms, most neighbours).

An edge vector points from the sender j (a neighbour, perhaps a periodic image) to the receiver i: r_i - r_j - S·cell.
"""

from dataclasses import dataclass

import numpy as np
import torch
import vesin
from torch import Tensor

from les_viz.errors import StructureError
from les_viz.room import check_room
from les_viz.system import System

MOST_EDGES = 60_000_000
"""Most entries of a table: beyond it the structure is absurdly dense for the cutoff."""

_WORTH_COUNTING = 5_000_000
"""Pairs that there can be at most, below which nobody counts."""

_BYTES_OF_PAIR = 120
"""Memory that list and table take together, as measured."""

_MOST_IMAGES = 1_000_000
"""Of one cell within the cutoff: beyond it the cell is absurdly thin."""

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
        senders = positions.index_select(0, self.neighbor_indices.flatten()).view(*self.neighbor_indices.shape, 3)
        vectors = positions.unsqueeze(1) - senders
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
        raise _too_dense(f"an atom has {width} neighbours", cutoff)
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
        _check_density(positions[start:end], box if periodic[number] else None, cutoff)
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


def _check_density(positions: np.ndarray, cell: np.ndarray | None, cutoff: float) -> None:
    """Refuse what would have too many neighbours before memory is taken for them; quick where there cannot be."""
    images = 1.0 if cell is None else np.prod(2 * np.ceil(cutoff / _heights(cell)) + 1)
    if len(positions) ** 2 * images <= _WORTH_COUNTING:
        return
    expected = estimated_pairs(positions, cell, cutoff)
    if expected > 2 * MOST_EDGES:  # an estimate may be half as much again
        raise _too_dense(f"its atoms have about {expected:.2g} neighbours in all", cutoff)
    check_room(
        _BYTES_OF_PAIR * expected,
        f"the list of all neighbours within {cutoff:.3g} Å",
        "choose a smaller structure, or a model of a shorter cutoff",
    )


def estimated_pairs(positions: np.ndarray, cell: np.ndarray | None, cutoff: float) -> float:
    """About how many neighbours all atoms of a structure have together, without finding them.

    Atoms are counted in boxes of half the cutoff. Two boxes, or a box and itself, count if their centres are within the
    cutoff of each other.

    Args:
        positions: (atoms, 3), Å.
        cell: (3, 3), Å, rows are lattice vectors; None for an open system.
        cutoff: Å.

    Returns:
        The number; infinite if a cell is thinner than there are images to count.
    """
    if cell is None:
        cell = np.diag(np.ptp(positions, axis=0) + 2 * cutoff)  # with so much room, images are no neighbours
    heights = _heights(cell)
    counts = np.maximum(1, np.floor(2 * heights / cutoff)).astype(np.int64)
    reach = np.ceil(cutoff * counts / heights)
    if np.prod(2 * reach + 1) > _MOST_IMAGES:
        return float("inf")
    boxes, n_atoms = np.unique(_numbered(_boxes_of(positions, cell, counts), counts), return_counts=True)
    offsets, weights = _offsets_within(cell, counts, reach.astype(np.int64), cutoff)
    corners = np.stack(np.unravel_index(boxes, counts), axis=1)
    total = -float(len(positions))
    for offset, weight in zip(offsets, weights, strict=True):
        others = _numbered((corners + offset) % counts, counts)
        places = np.minimum(np.searchsorted(boxes, others), len(boxes) - 1)
        total += weight * float(n_atoms @ np.where(boxes[places] == others, n_atoms[places], 0))
    return total


def _heights(cell: np.ndarray) -> np.ndarray:
    """(3,) Å between opposite faces of a cell."""
    found: np.ndarray = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    return found


def _boxes_of(positions: np.ndarray, cell: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(atoms, 3) along each lattice vector, the number of the box in which an atom is."""
    found: np.ndarray = np.floor(positions @ np.linalg.inv(cell) % 1.0 * counts).astype(np.int64) % counts
    return found


def _numbered(boxes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """One number for each triple; counts are at most 1e5 Å over half a cutoff, so that it fits."""
    found: np.ndarray = (boxes[:, 0] * counts[1] + boxes[:, 1]) * counts[2] + boxes[:, 2]
    return found


def _offsets_within(
    cell: np.ndarray, counts: np.ndarray, reach: np.ndarray, cutoff: float
) -> tuple[np.ndarray, np.ndarray]:
    """Steps to boxes within the cutoff, each once among the images of a box, and how many images it stands for."""
    steps = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    near = steps[np.linalg.norm(steps / counts @ cell, axis=1) <= cutoff]
    return np.unique(near % counts, axis=0, return_counts=True)


def _too_dense(what: str, cutoff: float) -> StructureError:
    return StructureError(
        f"{what} within {cutoff:.3g} Å: the structure is too dense or the cell too small; check the unit of the "
        "positions (Å) and the cell"
    )
