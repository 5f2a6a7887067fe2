"""Spectra of signals whose spectra are known: lines, sum rules, modes."""

import numpy as np
import pytest
from scipy import constants

from les_viz.analysis.spectra import (
    Spectrum,
    Welch,
    infrared_absorption,
    peak_between,
    power_spectral_density,
    smoothed,
    vibrational_density_of_states,
)
from les_viz.errors import SettingError

STEP_FS, POINTS = 0.5, 40_000


def angular_frequency(wavenumber_per_cm):
    """rad/fs."""
    return 2 * np.pi * constants.c * 100 * wavenumber_per_cm * 1e-15


def times():
    return np.arange(POINTS) * STEP_FS


def test_infrared_line_has_place_and_strength_of_an_oscillator():
    """∫ n α dω = π <J²> / (6 c ε0 k_B T V), all in SI units here."""
    wavenumber, amplitude, volume, temperature = 1640.0, 0.02, 1500.0, 310.0
    current = np.zeros((POINTS, 3))
    current[:, 1] = amplitude * np.cos(angular_frequency(wavenumber) * times() + 0.3)
    found = infrared_absorption(current, STEP_FS, volume=volume, temperature=temperature)
    assert found.unit == "cm⁻¹"
    assert found.wavenumber_per_cm[found.value.argmax()] == pytest.approx(wavenumber, abs=found.resolution_per_cm)
    mean_square = 0.5 * (amplitude * constants.e * 1e-10 / 1e-15) ** 2
    thermal = constants.k * temperature * volume * 1e-30
    expected = np.pi * mean_square / (6 * constants.c * constants.epsilon_0 * thermal)  # rad/s per m
    area = np.trapezoid(found.value * 100, angular_frequency(found.wavenumber_per_cm) * 1e15)
    assert area == pytest.approx(expected, rel=2e-3)


def test_infrared_of_free_ions_obeys_the_sum_rule():
    """∫ n α dω = π/(2 c ε0 V) Σ q²/m for thermal velocities of any motion; here white noise."""
    charge, mass_kg, n_ions, volume, temperature = 1.0, 23 * constants.atomic_mass, 30, 8000.0, 500.0
    spread = np.sqrt(constants.k * temperature / mass_kg) * 1e-5  # Å/fs
    velocities = np.random.default_rng(1).normal(scale=spread, size=(POINTS, n_ions, 3))
    found = infrared_absorption(
        charge * velocities.sum(axis=1), STEP_FS, volume=volume, temperature=temperature, welch=Welch(n_blocks=20)
    )
    area = np.trapezoid(found.value * 100, angular_frequency(found.wavenumber_per_cm) * 1e15)
    strength = n_ions * constants.e**2 / mass_kg
    expected = np.pi * strength / (2 * constants.c * constants.epsilon_0 * volume * 1e-30)
    assert area == pytest.approx(expected, rel=0.03)
    inside = found.wavenumber_per_cm > 100
    deviation = (found.value - found.value[inside].mean())[inside] / found.error[inside]
    assert 0.7 < deviation.std() < 1.5  # the error band is as wide as the noise


def test_density_of_states_counts_modes():
    """Two atoms of different mass, each shaking at its own frequency with the same kinetic energy."""
    masses, places = np.array([1.0, 16.0]), np.array([3400.0, 600.0])
    velocities = np.zeros((POINTS, 2, 3))
    for atom, (mass, place) in enumerate(zip(masses, places, strict=True)):
        for axis in range(3):
            velocities[:, atom, axis] = np.cos(angular_frequency(place) * times() + axis) / np.sqrt(mass)
    found = vibrational_density_of_states(velocities, masses, STEP_FS)
    for place in places:
        near = np.abs(found.wavenumber_per_cm - place) < 100
        assert np.trapezoid(found.value[near], found.wavenumber_per_cm[near]) == pytest.approx(3, rel=0.01)
    assert np.trapezoid(found.value, found.wavenumber_per_cm) == pytest.approx(6, rel=1e-12)


def test_smoothing_keeps_the_area_and_widens_the_line():
    signal = np.zeros((POINTS, 3))
    signal[:, 0] = np.cos(angular_frequency(1500.0) * times())
    sharp = infrared_absorption(signal, STEP_FS, volume=1.0, temperature=1.0)
    wide = smoothed(sharp, 40.0)
    assert wide.value.sum() == pytest.approx(sharp.value.sum(), rel=1e-3)
    assert wide.value.max() < 0.3 * sharp.value.max()
    assert wide.resolution_per_cm > 90


def test_density_of_white_noise_is_flat():
    noise = np.random.default_rng(2).normal(scale=2.0, size=POINTS)
    _, blocks, _ = power_spectral_density(noise, STEP_FS, Welch(n_blocks=10))
    assert blocks[:, 5:].mean() == pytest.approx(4.0 * STEP_FS, rel=0.02)


def test_too_short():
    with pytest.raises(SettingError, match="needs 56 points, and this series has"):
        infrared_absorption(np.zeros((40, 3)), 1.0, volume=1.0, temperature=300.0)
    with pytest.raises(SettingError, match="all zero"):
        vibrational_density_of_states(np.zeros((400, 2, 3)), np.ones(2), 1.0)


def test_peak_between():
    """A Gaussian's top to a tenth of the spacing; nothing where the spectrum only rises."""
    wavenumber = np.arange(0, 4000, 10.0)
    value = np.exp(-0.5 * ((wavenumber - 1643.7) / 60) ** 2)
    spectrum = Spectrum(wavenumber_per_cm=wavenumber, value=value, error=0 * value, resolution_per_cm=10.0, unit="cm⁻¹")
    assert peak_between(spectrum, 1500, 1800) == pytest.approx(1643.7, abs=1.0)
    assert peak_between(spectrum, 1300, 1600) is None
    assert peak_between(spectrum, 1640, 1650) is None
