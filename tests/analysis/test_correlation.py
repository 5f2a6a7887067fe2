"""Fast transforms against the sums that they stand for."""

import numpy as np
import pytest

from les_viz.analysis.correlation import (
    autocorrelation,
    mean_squared_displacement,
    over_directions,
    running_integral,
)


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
