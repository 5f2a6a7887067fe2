"""Dielectric constants and orientation against closed forms."""

import numpy as np
import pytest
from scipy import constants, integrate

from les_viz.analysis.dielectric import (
    dielectric_from_fields,
    dielectric_from_fluctuations,
    langevin_function,
    mean_cosine,
    running_dielectric,
    running_error,
)
from les_viz.errors import SettingError

VOLUME, TEMPERATURE = 1900.0, 300.0


def susceptibility(mean_square):
    """<M²>/(3 ε0 V kT) in SI units."""
    square = mean_square * (constants.e * 1e-10) ** 2
    return square / (3 * constants.epsilon_0 * VOLUME * 1e-30 * constants.k * TEMPERATURE)


def test_fluctuations_of_a_gaussian_dipole():
    dipole = 1e3 + np.random.default_rng(1).normal(scale=2.5, size=(40_000, 3))
    found = dielectric_from_fluctuations(dipole, volume=VOLUME, temperature=TEMPERATURE, epsilon_infinity=1.8)
    expected = 1.8 + susceptibility(3 * 2.5**2)
    assert expected > 10
    assert found.value == pytest.approx(expected, rel=0.02)
    assert found.error == pytest.approx((expected - 1.8) * np.sqrt(2 / (3 * 40_000)), rel=0.6)
    running = running_dielectric(dipole, volume=VOLUME, temperature=TEMPERATURE, epsilon_infinity=1.8)
    assert running[-1] == pytest.approx(found.value, rel=1e-9)
    assert running[0] == 1.8


def test_error_of_the_running_estimate_is_its_spread():
    """Over repetitions, its mean square is the variance of the estimate, from the fourth moment of a Gaussian."""
    random, n = np.random.default_rng(5), 400
    errors = [
        running_error(random.normal(scale=2.5, size=(n, 3)), volume=VOLUME, temperature=TEMPERATURE)[-1]
        for _ in range(300)
    ]
    expected = susceptibility(3 * 2.5**2) * np.sqrt(2 / (3 * n))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(expected, rel=0.12)


def test_two_fields():
    """A linear response on top of a quadratic one, which two signs cancel."""
    random, strength, alpha = np.random.default_rng(2), 0.02, 40.0
    runs = [alpha * sign * strength + 9.0 * strength**2 + 5.0 + random.normal(scale=0.1, size=4000) for sign in (1, -1)]
    found = dielectric_from_fields(*runs, strength=strength, volume=VOLUME)
    square = alpha * constants.e * 1e-10 / 1e10  # C m per V/m
    expected = 1 + square / (constants.epsilon_0 * VOLUME * 1e-30)
    assert abs(found.value - expected) < 4 * found.error
    assert found.value == pytest.approx(expected, rel=0.01)
    with pytest.raises(SettingError, match="expected a positive number"):
        dielectric_from_fields(*runs, strength=0.0, volume=VOLUME)


@pytest.mark.parametrize("x", [-3.0, 1e-5, 9.9e-4, 1.1e-3, 0.5, 20.0])
def test_langevin_function_is_boltzmanns_mean(x):
    weight = lambda c: np.exp(x * (c - np.sign(x)))  # noqa: E731
    above = integrate.quad(lambda c: c * weight(c), -1, 1)[0]
    assert langevin_function(x) == pytest.approx(above / integrate.quad(weight, -1, 1)[0], rel=1e-7, abs=1e-12)


def test_mean_cosine():
    dipoles = np.array([[[0, 0, 2.0], [0, 3.0, 0]], [[0, 0, -1.0], [0, 4.0, 3.0]]])
    assert mean_cosine(dipoles, np.array([0, 0, 5.0])) == pytest.approx([0.5, -0.2])
