"""Conductivity and diffusion of processes whose coefficients are known."""

import numpy as np
import pytest
from scipy import constants
from scipy.signal import lfilter

from les_viz.analysis.transport import (
    Box,
    Window,
    conductivity_einstein,
    conductivity_green_kubo,
    conductivity_stacie,
    diffusion_coefficient,
    green_kubo_integral,
)
from les_viz.errors import SettingError

BOX = Box(volume=2000.0, temperature=900.0)
STEP_FS, MEMORY_FS, SPREAD = 1.0, 12.0, 0.05


@pytest.fixture(scope="module")
def current():
    """Ornstein-Uhlenbeck noise: <J_a(0) J_a(t)> = s² exp(-t/τ)."""
    decay = np.exp(-STEP_FS / MEMORY_FS)
    kicks = np.random.default_rng(1).normal(scale=SPREAD * np.sqrt(1 - decay**2), size=(400_000, 3))
    return lfilter([1.0], [1.0, -decay], kicks, axis=0)[1000:]


def expected_conductivity():
    """s² τ / (V kT), in SI units; the sum over points of exp(-t/τ) stands for τ."""
    time = 1e-15 * STEP_FS * (0.5 + 1 / (np.exp(STEP_FS / MEMORY_FS) - 1))
    square = (SPREAD * constants.e * 1e-10 / 1e-15) ** 2
    return square * time / (BOX.volume * 1e-30 * constants.k * BOX.temperature)


def test_green_kubo(current):
    found = conductivity_green_kubo(current, STEP_FS, BOX, Window(start_fs=80.0, end_fs=150.0))
    assert found.value == pytest.approx(expected_conductivity(), rel=0.05)
    assert abs(found.value - expected_conductivity()) < 4 * found.error
    assert green_kubo_integral(current[:2000], STEP_FS, BOX)[0] == 0


def test_stacie(current):
    pytest.importorskip("stacie")
    found = conductivity_stacie(current[:60_000], STEP_FS, BOX)
    assert found.value == pytest.approx(expected_conductivity(), rel=0.1)
    assert abs(found.value - expected_conductivity()) < 4 * found.error
    with pytest.raises(SettingError, match="run longer"):
        conductivity_stacie(current[:8], STEP_FS, BOX)


def test_einstein(current):
    dipole = np.cumsum(current, axis=0) * STEP_FS
    found = conductivity_einstein(dipole, STEP_FS, BOX, Window(start_fs=100.0, end_fs=300.0))
    assert found.value == pytest.approx(expected_conductivity(), rel=0.05)


def test_diffusion_of_a_random_walk():
    """Steps of variance v a direction: D = v/2Δt."""
    walk = np.cumsum(np.random.default_rng(2).normal(scale=0.1, size=(4000, 50, 3)), axis=0)
    found = diffusion_coefficient(walk, 2.0, Window(start_fs=4.0, end_fs=100.0))
    expected = 0.01 * 1e-16 / (2 * 2.0 * 1e-15)
    assert found.value == pytest.approx(expected, rel=0.05)
    assert abs(found.value - expected) < 5 * found.error


@pytest.mark.parametrize(("start", "end"), [(0.0, 1e6), (5.0, 5.2)])
def test_window_that_does_not_fit(current, start, end):
    with pytest.raises(SettingError, match="run longer"):
        conductivity_green_kubo(current, STEP_FS, BOX, Window(start_fs=start, end_fs=end))


def test_window_without_a_meaning():
    with pytest.raises(SettingError, match="expected 0 ≤ start < end"):
        Window(start_fs=2.0, end_fs=1.0)
