"""Radial distribution functions of periodic boxes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RadialDistribution:
    """g(r) of one pair of kinds.

    Attributes:
        distance: (bins,), Å, centres.
        value: (bins,), 1 for particles that do not know of each other.
        error: (bins,), standard error over blocks of frames; NaN for a single block.
        coordination: (bins,), mean number of second ones up to the outer edge of each bin.
    """

    distance: FloatArray
    value: FloatArray
    error: FloatArray
    coordination: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """How distances are counted; `r_max` None for the largest that the cell allows, Å."""

    r_max: float | None = None
    n_bins: int = 150
    n_blocks: int = 4


DEFAULT_BINS = Bins()


def radial_distribution(
    first: FloatArray, second: FloatArray | None, cells: FloatArray, *, bins: Bins = DEFAULT_BINS
) -> RadialDistribution:
    """g(r) between two kinds of atoms, or within one.

    Args:
        first: (frames, atoms, 3), Å.
        second: (frames, others, 3), Å; None for pairs among the first.
        cells: (frames, 3, 3), Å, rows are lattice vectors.
        bins: how to count.

    Raises:
        SettingError: `r_max` is beyond half the smallest height of a cell, where images would be missed.
    """
    if len(first) < 1:
        raise SettingError("there is no frame to count distances in: run longer, or skip less")
    reach = half_height(cells)
    r_max = reach if bins.r_max is None else bins.r_max
    if not 0 < r_max <= reach * (1 + 1e-9):
        raise SettingError(f"r_max is {r_max} Å: expected at most {reach:.3f} Å, half the smallest height of the cell")
    edges = np.linspace(0, r_max, bins.n_bins + 1)
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    n_first, n_other = first.shape[1], first.shape[1] - 1 if second is None else second.shape[1]
    if n_first < 1 or n_other < 1:
        raise SettingError("there is no pair of these kinds: choose kinds that the structure holds")
    counts = np.array(
        [
            _histogram(first[number], None if second is None else second[number], cells[number], edges)
            for number in range(len(first))
        ]
    )
    around_one = counts / n_first
    volumes = np.abs(np.linalg.det(cells))
    values = around_one * volumes[:, None] / (n_other * shells)
    blocks = np.array([block.mean(axis=0) for block in np.array_split(values, min(bins.n_blocks, len(values)))])
    n = len(blocks)
    return RadialDistribution(
        distance=0.5 * (edges[1:] + edges[:-1]),
        value=values.mean(axis=0),
        error=blocks.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(bins.n_bins, np.nan),
        coordination=np.cumsum(around_one.mean(axis=0)),
    )


def half_height(cells: FloatArray) -> float:
    """Half the smallest distance of opposite faces: within it each pair has one image, found by rounding, Å."""
    heights = 1 / np.linalg.norm(np.linalg.inv(cells), axis=-2)
    return 0.5 * float(heights.min())


def _histogram(first: FloatArray, second: FloatArray | None, cell: FloatArray, edges: FloatArray) -> FloatArray:
    """Number of ordered pairs in each bin."""
    vectors = (first if second is None else second)[None] - first[:, None]
    fractional = vectors @ np.linalg.inv(cell)
    fractional -= np.rint(fractional)
    distances = np.linalg.norm(fractional @ cell, axis=2)
    if second is None:
        distances = distances[~np.eye(len(first), dtype=bool)]
    found, _ = np.histogram(distances.ravel(), edges)
    return found.astype(float)
