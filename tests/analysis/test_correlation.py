"""Fast transforms against the sums that they stand for."""

import numpy as np
import pytest

from les_viz.analysis.correlation import (
    among_themselves,
    autocorrelation,
    mean_squared_displacement,
    over_directions,
    running_integral,
)
from les_viz.errors import SettingError


def test_autocorrelation_is_the_plain_sum():
    series = np.random.default_rng(1).normal(size=(37, 3))
    expected = [np.mean([series[i] @ series[i + lag] for i in range(37 - lag)]) for lag in range(37)]
    assert autocorrelation(series) == pytest.approx(expected, abs=1e-12)
    assert autocorrelation(series, 5) == pytest.approx(expected[:5], abs=1e-12)
    assert autocorrelation(series[:, 0])[0] == pytest.approx((series[:, 0] ** 2).mean())


def test_displacement_is_the_plain_sum():
    """Far from the origin, where squares are large."""
    positions = 1e4 + np.cumsum(np.random.default_rng(2).normal(size=(31, 4, 3)), axis=0)
    expected = [
        np.mean([((positions[i + lag] - positions[i]) ** 2).sum(axis=1).mean() for i in range(31 - lag)])
        for lag in range(31)
    ]
    assert mean_squared_displacement(positions) == pytest.approx(expected, abs=1e-9)
    assert mean_squared_displacement(positions, 4) == pytest.approx(expected[:4], abs=1e-9)


def test_integral_of_an_exponential():
    times = np.arange(0, 20, 0.01)
    assert running_integral(np.exp(-times), 0.01)[-1] == pytest.approx(1, abs=1e-4)
    assert running_integral(np.ones(4), 0.5) == pytest.approx([0, 0.5, 1.0, 1.5])


def test_directions_add_up_and_their_differences_are_the_error():
    """The error of a sum of three variances of normal numbers is known: √(3 · 2/n)."""
    walks = np.cumsum(np.random.default_rng(5).normal(size=(400, 3, 3)), axis=0)
    whole, error = over_directions(mean_squared_displacement, walks)
    assert whole == pytest.approx(mean_squared_displacement(walks), abs=1e-9)
    samples = np.random.default_rng(6).normal(size=(300, 500, 3))
    errors = [over_directions(lambda part: np.atleast_1d((part**2).mean()), sample)[1] for sample in samples]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.sqrt(3 * 2 / 500), rel=0.1)
    assert error[0] == pytest.approx(0, abs=1e-9)


def test_a_series_without_points_is_refused():
    for of, nothing in ((autocorrelation, np.zeros((0, 3))), (mean_squared_displacement, np.zeros((0, 2, 3)))):
        with pytest.raises(SettingError, match="without points"):
            of(nothing)


def test_positions_among_themselves():
    """Atoms that do not move in a box that drifts and breathes."""
    random = np.random.default_rng(4)
    fractional, masses = random.uniform(size=(5, 3)), random.uniform(1, 20, 5)
    cell = np.array([[7.0, 0, 0], [3.0, 6.5, 0], [-2.0, 2.5, 6.0]])
    cells = cell * (1 + 0.05 * random.normal(size=(30, 1, 1)))
    drift = random.normal(size=(30, 1, 3))
    found = among_themselves(fractional @ cells + drift @ cells, masses, cells)
    assert np.ptp(found, axis=0) == pytest.approx(0, abs=1e-12)
    assert found[0, 1] - found[0, 0] == pytest.approx((fractional[1] - fractional[0]) @ cells.mean(axis=0))
    in_the_open = among_themselves(fractional + drift, masses)
    assert np.ptp(in_the_open, axis=0) == pytest.approx(0, abs=1e-12)
