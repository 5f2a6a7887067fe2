"""Error bars of series whose errors are known."""

import numpy as np
import pytest

from les_viz.analysis.blocks import jackknife, mean_over_blocks, of_samples, split
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
