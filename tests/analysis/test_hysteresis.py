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
