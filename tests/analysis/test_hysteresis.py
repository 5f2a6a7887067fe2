"""Loops whose coercive field, remanence and area are known."""

import numpy as np
import pytest

from les_viz.analysis.hysteresis import loop
from les_viz.errors import SettingError

POINTS = 400


def test_elliptic_loop():
    """E = E0 sin φ, P = P0 sin(φ - δ): a lossy linear dielectric."""
    phase, delay = 2 * np.pi * np.arange(3 * POINTS + 17) / POINTS, 0.4
    found = loop(0.3 * np.sin(phase), 7.0 + 0.02 * np.sin(phase - delay), phase / (2 * np.pi), skip_cycles=1)
    assert found.coercive_field == pytest.approx(0.3 * np.sin(delay), rel=1e-3)
    assert found.remanence == pytest.approx(0.02 * np.sin(delay), rel=1e-3)
    assert found.area == pytest.approx(np.pi * 0.3 * 0.02 * np.sin(delay), rel=1e-3)
    assert np.nanmax(found.error) < 1e-12


def test_ferroelectric_loop():
    """P = Ps tanh((E ∓ Ec)/w) on the way up and down."""
    up = np.linspace(-1, 1, POINTS // 2, endpoint=False)
    field = np.concatenate((up, -up))
    rising = np.concatenate((np.ones(POINTS // 2), -np.ones(POINTS // 2)))
    polarization = 0.03 * np.tanh((field - 0.25 * rising) / 0.1)
    found = loop(field, polarization, np.arange(POINTS) / POINTS)
    assert found.coercive_field == pytest.approx(0.25, abs=2e-3)
    assert found.remanence == pytest.approx(0.03 * np.tanh(2.5), rel=1e-3)
    assert np.isnan(found.error).all()


def test_no_loss_no_loop():
    field = np.sin(2 * np.pi * np.arange(POINTS) / POINTS + 0.1)
    found = loop(field, 2 * field, np.arange(POINTS) / POINTS)
    assert found.area == pytest.approx(0, abs=1e-12)
    assert found.coercive_field == pytest.approx(0, abs=1e-12)


def test_less_than_a_cycle():
    with pytest.raises(SettingError, match="no whole cycle"):
        loop(np.zeros(50), np.zeros(50), np.arange(50) / 40, skip_cycles=1)


@pytest.mark.parametrize("begin", [0.0, 0.7])
def test_cycles_of_broken_lengths_from_a_late_begin(begin):
    """27.8 points a cycle, as of 600 1/cm every 2 fs: the cycles are not smeared over each other."""
    cycles = np.arange(1000) / 27.8 - begin
    phase, delay = 2 * np.pi * cycles, 0.4
    field = np.where(cycles < 0, 0, 0.3 * np.sin(phase))
    found = loop(field, np.where(cycles < 0, 0, 0.02 * np.sin(phase - delay)), cycles)
    assert np.ptp(found.field) == pytest.approx(0.6, rel=0.01)
    assert found.coercive_field == pytest.approx(0.3 * np.sin(delay), rel=0.02)
    assert np.nanmax(found.error) < 5e-4


def noisy_loop(random, n_cycles):
    """Coercive field 0.1 V/Å and remanence 0.02 e/Å², each cycle off by a tenth."""
    phase = 2 * np.pi * np.arange(POINTS) / POINTS
    cycles = []
    for size, delay in zip(
        1 + 0.1 * random.normal(size=n_cycles), 0.3 + 0.03 * random.normal(size=n_cycles), strict=True
    ):
        cycles.append(size * np.sin(phase - delay))
    field = np.tile(np.sin(phase), n_cycles)
    return loop(field, np.concatenate(cycles), np.arange(n_cycles * POINTS) / POINTS)


@pytest.mark.parametrize(("n_cycles", "coverage"), [(2, 0.5), (6, 0.636)])
def test_errors_over_cycles_are_as_large_as_the_deviations(n_cycles, coverage):
    """Within one standard error as often as Student's t distribution says: 50 % for two cycles, 64 % for six."""
    random = np.random.default_rng(7)
    loops = [noisy_loop(random, n_cycles) for _ in range(300)]
    for value, error, true in (
        ("coercive_field", "coercive_error", np.sin(0.3)),
        ("remanence", "remanence_error", np.sin(0.3)),
    ):
        inside = [abs(getattr(found, value) - true) < getattr(found, error) for found in loops]
        assert np.mean(inside) == pytest.approx(coverage, abs=0.09)
    assert loops[0].n_cycles == n_cycles


def test_one_cycle_has_no_errors():
    found = noisy_loop(np.random.default_rng(1), 1)
    assert np.isfinite([found.coercive_field, found.remanence]).all()
    assert np.isnan([found.coercive_error, found.remanence_error]).all()


@pytest.mark.parametrize("cycles", [np.zeros(0), np.zeros(1), np.full(20, 0.5)])
def test_time_that_stands_still_has_no_cycle(cycles):
    with pytest.raises(SettingError, match="no whole cycle"):
        loop(np.zeros(len(cycles)), np.zeros(len(cycles)), cycles)
