"""Time correlation functions and mean squared displacements by fast Fourier transform."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from les_viz.errors import SettingError

FloatArray = NDArray[np.float64]


def autocorrelation(series: FloatArray, n_lags: int | None = None) -> FloatArray:
    """⟨x(0)·x(t)⟩, each lag averaged over all pairs of points that far apart.

    Args:
        series: (points,), or (points, ...) whose components are summed.
        n_lags: how many lags; None for all.

    Returns:
        (lags,).

    Raises:
        SettingError: there are no points.
    """
    _refuse_nothing(series)
    columns = series.reshape(len(series), -1)
    n = len(columns)
    size = fft.next_fast_len(2 * n - 1, real=True)
    power = np.abs(fft.rfft(columns, size, axis=0)) ** 2
    summed = fft.irfft(power.sum(axis=1), size)[:n]
    found: FloatArray = summed / (n - np.arange(n))
    return found[: n if n_lags is None else n_lags]


def mean_squared_displacement(positions: FloatArray, n_lags: int | None = None) -> FloatArray:
    """⟨|r(t) - r(0)|²⟩ over all origins and particles.

    Args:
        positions: (points, particles, 3), never wrapped.
        n_lags: how many lags; None for all.

    Returns:
        (lags,), in the square of the unit of the positions.

    Raises:
        SettingError: there are no points.

    Reference:
        V. Calandrini et al., Coll. SFN 12, 201 (2011), algorithm of §4.2.
    """
    _refuse_nothing(positions)
    centred = positions - positions.mean(axis=0)  # keeps the difference of large numbers small
    n = len(centred)
    squares = (centred**2).reshape(n, -1).sum(axis=1)
    # squares that appear as an end point of a pair with that lag: all, less those too near either end, twice
    lost = np.concatenate(([0.0], np.cumsum(squares[:-1] + squares[:0:-1])))
    sums = 2 * squares.sum() - lost
    n_particles = positions.shape[1]
    crossed = autocorrelation(centred)
    found: FloatArray = (sums / (n - np.arange(n)) - 2 * crossed) / n_particles
    return found[: n if n_lags is None else n_lags]


def among_themselves(positions: FloatArray, masses: FloatArray, cells: FloatArray | None = None) -> FloatArray:
    """Positions without what moves all atoms alike: the drift of the whole, and the breathing of a box.

    Thermostat noise moves the centre of mass, and a barostat scales all positions; neither is diffusion. A box that
    changes is scaled to its mean.

    Args:
        positions: (points, particles, 3), Å, never wrapped, of all atoms.
        masses: (particles,), any unit.
        cells: (points, 3, 3), Å; None for an open system.
    """
    if cells is not None and np.ptp(cells, axis=0).any():
        positions = positions @ np.linalg.inv(cells) @ cells.mean(axis=0)
    centre = np.einsum("i,tia->ta", masses, positions) / masses.sum()
    found: FloatArray = positions - centre[:, None]
    return found


def over_directions(of: Callable[[FloatArray], FloatArray], vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A quantity that adds up over x, y, z, and its standard error from how the three differ; they should agree.

    Args:
        of: the quantity of one component, (points, ..., 1).
        vectors: (points, ..., 3).
    """
    parts = np.array([of(vectors[..., axis : axis + 1]) for axis in range(3)])
    return parts.sum(axis=0), np.sqrt(3) * parts.std(axis=0, ddof=1)


def running_integral(series: FloatArray, step: float) -> FloatArray:
    """∫ from 0 to each point, by the trapezoidal rule."""
    found: FloatArray = np.concatenate(([0.0], np.cumsum(0.5 * step * (series[1:] + series[:-1]))))
    return found


def _refuse_nothing(series: FloatArray) -> None:
    if len(series) < 1:
        raise SettingError("a series without points has no correlation: run longer, or skip less")
