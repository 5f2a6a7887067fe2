r"""Spectra from time series: infrared absorption, vibrational density of states.

With the current J = dM/dt of a box of volume V at temperature T, classically and isotropically,

    n(ω) α(ω) = π / (3 c ε0 k_B T V) · S(ω),   S(ω) = (1/2π) ∫ ⟨J(0)·J(t)⟩ e^{-iωt} dt

so that the absorption of a single oscillator integrates to π/(c ε0) times its strength (sum rule, tested). Signals are
windowed per block (Welch), the error band is the spread of the blocks.

Reference: J. M. Caillol, D. Levesque, J. J. Weis, J. Chem. Phys. 85, 6645 (1986); M. Heyden et al., PNAS 107, 12068
(2010), supporting information.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import get_window

from les_viz.analysis.thermal import thermal_energy
from les_viz.errors import SettingError
from les_viz.units import SPEED_OF_LIGHT, VACUUM_PERMITTIVITY, WAVENUMBER

FloatArray = NDArray[np.float64]

ANGSTROM_PER_CM = 1e8


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """A spectrum with its error band.

    Attributes:
        wavenumber_per_cm: (points,), 1/cm.
        value: (points,).
        error: (points,), standard error from the blocks; NaN for a single one.
        resolution_per_cm: full width at half maximum of a sharp line, 1/cm.
        unit: of the values.
    """

    wavenumber_per_cm: FloatArray
    value: FloatArray
    error: FloatArray
    resolution_per_cm: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Welch:
    """How a series is cut and windowed.

    Attributes:
        n_blocks: for the error band; they overlap by half, so that twice as many less one are averaged.
        window: of `scipy.signal.get_window`.
    """

    n_blocks: int = 6
    window: str = "hann"


DEFAULT_WELCH = Welch()

SMOOTH_FROM = 4096
"""Points of a block from which its spectrum is dense enough to look smooth."""

PADDING = 4
"""Shorter blocks are padded with zeros to so many times their length: a finer grid, not a finer resolution."""


def infrared_absorption(
    current: FloatArray, timestep_fs: float, *, volume: float, temperature: float, welch: Welch = DEFAULT_WELCH
) -> Spectrum:
    """n(ω) α(ω) of an isotropic system from its current.

    Args:
        current: (points, 3), e Å/fs, dM/dt at even times.
        timestep_fs: between points.
        volume: Å³.
        temperature: K.
        welch: blocks and window.

    Returns:
        In 1/cm.

    Raises:
        SettingError: too few points.
    """
    wavenumber, densities, resolution = power_spectral_density(current, timestep_fs, welch)
    # the density is ∫⟨J·J⟩e^{-iωt}dt; 1/2π of it is S(ω); 1/Å to 1/cm at the end
    prefactor = 1 / (6 * SPEED_OF_LIGHT * VACUUM_PERMITTIVITY * thermal_energy(temperature) * volume)
    scaled = prefactor * ANGSTROM_PER_CM * densities
    return _spectrum(wavenumber, scaled, resolution, "cm⁻¹")


def vibrational_density_of_states(
    velocities: FloatArray, masses: FloatArray, timestep_fs: float, *, welch: Welch = DEFAULT_WELCH
) -> Spectrum:
    """Mass-weighted power spectrum of the velocities, scaled to one mode a degree of freedom.

    Args:
        velocities: (points, atoms, 3), at even times.
        masses: (atoms,), any unit.
        timestep_fs: between points.
        welch: blocks and window.

    Returns:
        Modes per 1/cm; the integral is 3 times the number of atoms.
    """
    weighted = velocities * np.sqrt(masses)[:, None]
    wavenumber, densities, resolution = power_spectral_density(weighted, timestep_fs, welch)
    total = np.trapezoid(densities.mean(axis=0), wavenumber)
    if total <= 0:
        raise SettingError("the velocities are all zero: there is no spectrum of atoms at rest")
    return _spectrum(wavenumber, densities * 3 * len(masses) / total, resolution, "modes/cm⁻¹")


def power_spectral_density(
    series: FloatArray, timestep_fs: float, welch: Welch = DEFAULT_WELCH
) -> tuple[FloatArray, FloatArray, float]:
    """∫ ⟨x(0)·x(t)⟩ e^{-iωt} dt over all times, components summed, mean not removed.

    Args:
        series: (points, ...).
        timestep_fs: between points.
        welch: blocks and window.

    Returns:
        (frequencies,) 1/cm, (blocks, frequencies) unit of the series squared times fs, and the resolution in 1/cm.

    Raises:
        SettingError: fewer than 16 points a block.
    """
    columns = series.reshape(len(series), -1)
    length = 2 * len(columns) // (welch.n_blocks + 1)  # blocks overlap by half
    if length < 16:
        raise SettingError(
            f"a spectrum from {welch.n_blocks} blocks needs {8 * (welch.n_blocks + 1)} points, and this series has "
            f"{len(series)}: run longer, or write frames more often"
        )
    window = get_window(welch.window, length, fftbins=True)
    size = length if length > SMOOTH_FROM else PADDING * length
    starts = [number * (len(columns) - length) // max(1, welch.n_blocks - 1) for number in range(welch.n_blocks)]
    blocks = []
    for start in starts:
        transformed = fft.rfft(columns[start : start + length] * window[:, None], size, axis=0)
        blocks.append((np.abs(transformed) ** 2).sum(axis=1) * timestep_fs / (window**2).sum())
    wavenumber = fft.rfftfreq(size, timestep_fs) / WAVENUMBER
    width = length * (window**2).sum() / window.sum() ** 2  # equivalent noise bandwidth, in bins
    return wavenumber, np.array(blocks), float(width * wavenumber[1] * size / length)


def smoothed(spectrum: Spectrum, width_per_cm: float) -> Spectrum:
    """A spectrum under a Gaussian of so many 1/cm (standard deviation); errors are smoothed alike."""
    step = spectrum.wavenumber_per_cm[1]
    reach = int(np.ceil(4 * width_per_cm / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / width_per_cm) ** 2)

    def smooth(values: FloatArray) -> FloatArray:
        weight = np.convolve(np.ones_like(values), kernel, mode="same")
        found: FloatArray = np.convolve(values, kernel, mode="same") / weight
        return found

    return Spectrum(
        wavenumber_per_cm=spectrum.wavenumber_per_cm,
        value=smooth(spectrum.value),
        error=smooth(spectrum.error),
        resolution_per_cm=float(np.hypot(spectrum.resolution_per_cm, 2.355 * width_per_cm)),
        unit=spectrum.unit,
    )


def peak_between(spectrum: Spectrum, low: float, high: float) -> float | None:
    """Wavenumber of the largest value between two, 1/cm, by a parabola through its neighbours; None at an edge.

    Args:
        spectrum: smooth enough for its highest point to mean something.
        low: 1/cm.
        high: 1/cm.
    """
    inside = np.flatnonzero((spectrum.wavenumber_per_cm >= low) & (spectrum.wavenumber_per_cm <= high))
    if len(inside) < 3:
        return None
    top = int(inside[np.argmax(spectrum.value[inside])])
    if top in (inside[0], inside[-1]):
        return None
    before, here, after = spectrum.value[top - 1 : top + 2]
    bend = before - 2 * here + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float(
        spectrum.wavenumber_per_cm[top] + shift * (spectrum.wavenumber_per_cm[1] - spectrum.wavenumber_per_cm[0])
    )


def _spectrum(wavenumber: FloatArray, blocks: FloatArray, resolution: float, unit: str) -> Spectrum:
    n = len(blocks)
    error = blocks.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(blocks.shape[1], np.nan)
    return Spectrum(
        wavenumber_per_cm=wavenumber,
        value=blocks.mean(axis=0),
        error=error,
        resolution_per_cm=resolution,
        unit=unit,
    )
