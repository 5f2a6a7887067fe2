"""Error bars of correlated series: means over blocks, and the spread of the blocks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its standard error.

    Attributes:
        value: the mean.
        error: standard error; NaN where it cannot be told.
    """

    value: float
    error: float


def split(series: FloatArray, n_blocks: int) -> FloatArray:
    """(blocks, length, ...) from a series of at least so many points; a rest at the start is left out.

    Raises:
        SettingError: the series is too short.
    """
    length = len(series) // n_blocks if n_blocks > 0 else 0
    if length < 1:
        raise SettingError(f"{n_blocks} blocks need as many points, and this series has {len(series)}: run longer")
    return series[len(series) - n_blocks * length :].reshape(n_blocks, length, *series.shape[1:])


def mean_over_blocks(series: FloatArray, n_blocks: int = 8) -> Estimate:
    """Mean of a series; its error from the spread of block means, right once blocks are longer than the memory.

    Args:
        series: (points,).
        n_blocks: how many blocks.
    """
    means = split(series, n_blocks).mean(axis=1)
    return of_samples(means)


def of_samples(samples: FloatArray) -> Estimate:
    """Mean of independent samples and its standard error."""
    n = len(samples)
    error = float(samples.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return Estimate(float(samples.mean()), error)


def jackknife(values_without: FloatArray, value: float) -> Estimate:
    """Error of a function of means, from its values with one block left out at a time."""
    n = len(values_without)
    if n < 2:
        return Estimate(value, float("nan"))
    spread = (values_without - values_without.mean()) ** 2
    return Estimate(value, float(np.sqrt((n - 1) / n * spread.sum())))
