"""The set of k vectors of a periodic sum, as a half grid of integer triples.

k = n1 b1 + n2 b2 + n3 b3 with reciprocal rows b. Of each pair ±k one is enough. The half grid runs over n1 >= 0 and
over "tail" pairs p = (n2 >= 0, n3), each taken with both signs, so every tensor on the grid ends in the axes

    (n1, p, sign, re/im)        meaning the integer triple (n1, sign·n2, sign·n3).

`multiplicity` says how often a grid entry counts in a sum over the full sphere 0 < |k| <= k_cutoff: 2 for n1 > 0,
1 on the plane n1 = 0 (where both signs are present), 0 outside the sphere, at k = 0 and for repeated entries.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import pi

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from les_viz.errors import SettingError
from les_viz.room import check_room

LARGEST_GRID = 60_000_000
"""Most entries of a half grid: beyond it a cell is absurdly large or the cutoff absurdly high."""

BYTES_OF_ENTRY = 500
"""Memory that a sum takes for each entry of the grid while its weights are found (measured in double precision)."""

LARGE_GRID = 1_000_000
"""Entries of a grid of which no more than one is kept."""

EXACT = 1e-9

CUTOFF_TOLERANCE = {torch.float64: EXACT, torch.float32: 3e-7}
"""Relative distance within which a k vector counts as inside; float32 cells carry a rounding of 6e-8 themselves."""


_SMALLER = "use a smaller cell, a smaller cutoff or pbc=False"


@dataclass(frozen=True, slots=True)
class HalfGrid:
    """Integer triples of a batch of cells, and how often each counts.

    Attributes:
        extents: largest |n| along each reciprocal vector, shared by the batch.
        triples: (n1, p, sign, 3) integer triples as floats.
        multiplicity: (systems, n1, p, sign): 0, 1 or 2.
    """

    extents: tuple[int, int, int]
    triples: Tensor
    multiplicity: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class KSet:
    """The integers of the k vectors within a cutoff in one cell, kept while the cell changes.

    Without it, vectors cross the cutoff as a cell breathes, and the energy jumps. Two numbers and a cell say all: they
    are what a run records.

    Attributes:
        cell: the cell in which the vectors were chosen, Å, rows are lattice vectors.
        k_cutoff: largest |k| in that cell, 1/Å.
        single_precision: as for `half_grid`.
    """

    cell: tuple[tuple[float, float, float], ...]
    k_cutoff: float
    single_precision: bool = False

    @staticmethod
    def of(cell: ArrayLike, k_cutoff: float, *, single_precision: bool = False) -> "KSet":
        """The vectors within a cutoff in one cell.

        Args:
            cell: (3, 3), Å, rows are lattice vectors.
            k_cutoff: largest |k|, 1/Å.
            single_precision: as for `half_grid`.

        Raises:
            SettingError: this is no cell, or not a cutoff.
        """
        array = np.asarray(cell, dtype=np.float64)
        if array.shape != (3, 3) or not abs(np.linalg.det(array)) > 0 or not 0 < k_cutoff < float("inf"):
            raise SettingError(
                f"the k vectors of the cell {array.tolist()} within {k_cutoff} 1/Å: expected three independent "
                "lattice vectors as rows, and a positive cutoff"
            )
        rows = tuple((x, y, z) for x, y, z in array.tolist())
        return KSet(cell=rows, k_cutoff=float(k_cutoff), single_precision=single_precision)

    def grid(self, dtype: torch.dtype, device: torch.device) -> HalfGrid:
        """The set as a half grid of one system, which any number of systems can share.

        Args:
            dtype: of its tensors.
            device: where they live.
        """
        cell = torch.tensor([self.cell], dtype=torch.float64).to(device, dtype)
        return half_grid(cell, self.k_cutoff, single_precision=self.single_precision)

    def count(self, dtype: torch.dtype) -> int:
        """Number of vectors on the full sphere, k = 0 left out; those with n1 > 0 stand for their opposites.

        Args:
            dtype: precision in which vectors are compared with the cutoff.
        """
        return int(self.grid(dtype, torch.device("cpu")).multiplicity.sum())


def half_grid(cell: Tensor, k_cutoff: float, *, single_precision: bool = False) -> HalfGrid:
    """Find the k vectors of each cell of a batch.

    Args:
        cell: (systems, 3, 3), Å, rows are lattice vectors.
        k_cutoff: largest |k|, 1/Å.
        single_precision: whether the reciprocal vectors are rounded to single precision before they are compared with
            the cutoff, as the reference codes do; it matters where vectors lie on the sphere.

    Returns:
        The grid, on the cells' device and in their dtype; it carries no gradient.

    Raises:
        SettingError: the grid would be absurdly large.
    """
    tolerance = EXACT if single_precision else CUTOFF_TOLERANCE.get(cell.dtype, 3e-7)
    cells = tuple(tuple(map(tuple, rows)) for rows in cell.detach().double().cpu().tolist())
    return _cached_half_grid(cells, float(k_cutoff), (tolerance, single_precision), cell.dtype, cell.device)


@lru_cache(maxsize=32)
def _cached_half_grid(
    cells: tuple[tuple[tuple[float, ...], ...], ...],
    k_cutoff: float,
    rule: tuple[float, bool],
    dtype: torch.dtype,
    device: torch.device,
) -> HalfGrid:
    tolerance, single_precision = rule
    cell = np.array(cells)
    reach = k_cutoff * (1 + tolerance) * np.linalg.norm(cell, axis=2).max(axis=0) / (2 * pi)
    size = 4 * float(np.prod(reach + 1))
    longest = np.linalg.norm(cell, axis=2).max()
    where = f"(cell edges up to {longest:.3g} Å, k_cutoff {k_cutoff:.3g} 1/Å)"
    if not size <= LARGEST_GRID:
        raise SettingError(f"the sum over k would have more than {LARGEST_GRID:.0e} terms {where}: {_SMALLER}")
    check_room(BYTES_OF_ENTRY * size, f"the sum over k {where}", _SMALLER)
    if size > LARGE_GRID:
        _cached_half_grid.cache_clear()
    extents = tuple(int(n) for n in np.floor(reach))
    triples = _integer_triples(*extents)
    reciprocal = 2 * pi * np.linalg.inv(cell).transpose(0, 2, 1)
    if single_precision:
        reciprocal = (2 * pi * np.linalg.inv(cell.astype(np.float32)).transpose(0, 2, 1)).astype(np.float32)
    k_squared = np.square(np.einsum("ipsn,bnd->bipsd", triples, reciprocal.astype(np.float64))).sum(axis=-1)
    inside = (k_squared > 0) & (k_squared <= (k_cutoff * (1 + tolerance)) ** 2)
    multiplicity = np.where(triples[..., 0] > 0, 2, 1) * inside
    multiplicity[..., 1] *= triples[..., 0, 1] > 0  # with n2 = 0 the minus sign repeats the entry with -n3
    return HalfGrid(
        extents=(extents[0], extents[1], extents[2]),
        triples=torch.as_tensor(triples, dtype=dtype, device=device),
        multiplicity=torch.as_tensor(multiplicity, dtype=dtype, device=device),
    )


def _integer_triples(n1: int, n2: int, n3: int) -> np.ndarray:
    """(n1, p, sign, 3) integer triples for the given extents."""
    head = np.arange(n1 + 1)
    tail = np.stack(np.meshgrid(np.arange(n2 + 1), np.arange(-n3, n3 + 1), indexing="ij"), axis=-1).reshape(-1, 2)
    signed_tail = np.stack([tail, -tail], axis=1)
    triples = np.empty((len(head), len(tail), 2, 3))
    triples[..., 0] = head[:, None, None]
    triples[..., 1:] = signed_tail
    return triples
