"""Error bars of series whose errors are known."""

import numpy as np
import pytest
from scipy.signal import lfilter

from les_viz.analysis.blocks import jackknife, mean_over_blocks, of_samples, split
from les_viz.analysis.dielectric import dielectric_from_fluctuations, running_error
from les_viz.errors import SettingError


def test_error_of_a_correlated_series():
    """x' = a x + noise has variance s²/(1-a²) and a mean whose error is s/(1-a)/√n."""
    noise = np.random.default_rng(1).normal(size=200_000)
    series, a = np.empty_like(noise), 0.9
    value = 0.0
    for place, kick in enumerate(noise):
        value = a * value + kick
        series[place] = value
    found = mean_over_blocks(series, 100)
    assert found.error == pytest.approx(10 / np.sqrt(len(series)), rel=0.25)
    assert abs(found.value) < 4 * found.error


def correlated(n_series, n_points, n_components):
    """(series, points, components) of variance 1 and a memory of 10 points."""
    memory = np.exp(-0.1)
    noise = np.random.default_rng(8).normal(scale=np.sqrt(1 - memory**2), size=(n_series, n_points + 100, n_components))
    return lfilter([1.0], [1.0, -memory], noise, axis=1)[:, 100:]


def test_errors_of_many_series_cover_the_truth():
    """Six blocks of 20 memories: within one standard error as often as Student's t says, 64 %."""
    found = [mean_over_blocks(series[:, 0], 6) for series in correlated(600, 1200, 1)]
    assert np.mean([abs(one.value) < one.error for one in found]) == pytest.approx(0.636, abs=0.06)


def test_errors_of_the_dielectric_constant_are_as_large_as_its_spread():
    """Jackknife over blocks, and the spread of directions; the shortness of the series itself biases by 2 %."""
    settings = {"volume": 1000.0, "temperature": 300.0}
    series = correlated(300, 1200, 3)
    found = [dielectric_from_fluctuations(dipole, n_blocks=6, **settings) for dipole in series]
    spread = np.std([one.value for one in found])
    assert np.sqrt(np.mean([one.error**2 for one in found])) == pytest.approx(spread, rel=0.15)
    running = [running_error(dipole, **settings)[-1] for dipole in series]
    assert np.sqrt(np.mean(np.square(running))) == pytest.approx(spread, rel=0.15)


def test_jackknife_of_a_mean_is_its_standard_error():
    samples = np.random.default_rng(2).normal(size=12)
    without = np.array([np.delete(samples, n).mean() for n in range(12)])
    found, expected = jackknife(without, samples.mean()), of_samples(samples)
    assert (found.value, found.error) == pytest.approx((expected.value, expected.error), rel=1e-12)


def test_one_sample_has_no_error():
    assert np.isnan(of_samples(np.array([1.0])).error)
    assert np.isnan(jackknife(np.array([1.0]), 1.0).error)


def test_a_rest_at_the_start_is_left_out():
    assert split(np.arange(11), 3).tolist() == [[2, 3, 4], [5, 6, 7], [8, 9, 10]]
    with pytest.raises(SettingError, match="run longer"):
        split(np.arange(3), 5)
