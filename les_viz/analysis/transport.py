r"""Ionic conductivity and diffusion.

    σ = 1/(3 V k_B T) ∫_0^∞ ⟨J(0)·J(t)⟩ dt          Green-Kubo
    σ = lim ⟨|M(t) - M(0)|²⟩ / (6 V k_B T t)          Einstein
    D = lim ⟨|r(t) - r(0)|²⟩ / (6 t)

Limits are slopes between two times, chosen by the caller: after the ballistic start, before the noise. Errors come
from blocks that are evaluated on their own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from les_viz.analysis.blocks import Estimate, of_samples, split
from les_viz.analysis.correlation import autocorrelation, mean_squared_displacement, running_integral
from les_viz.analysis.thermal import thermal_energy
from les_viz.errors import SettingError
from les_viz.units import CONDUCTIVITY_IN_S_PER_M

FloatArray = NDArray[np.float64]

SQUARE_ANGSTROM_PER_FS_IN_SQUARE_CM_PER_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a conductivity is divided by.

    Attributes:
        volume: Å³.
        temperature: K.
    """

    volume: float
    temperature: float

    @property
    def volume_times_kt(self) -> float:
        """Å³ eV."""
        return self.volume * thermal_energy(self.temperature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Times between which a limit is read off, fs."""

    start_fs: float
    end_fs: float

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not 0 <= self.start_fs < self.end_fs:
            raise SettingError(f"the window is {self.start_fs} to {self.end_fs} fs: expected 0 ≤ start < end")


def conductivity_green_kubo(
    current: FloatArray, timestep_fs: float, box: Box, window: Window, *, n_blocks: int = 4
) -> Estimate:
    """σ in S/m: the mean of the running integral between the times of the window.

    Args:
        current: (points, 3), e Å/fs.
        timestep_fs: between points.
        box: volume and temperature.
        window: where the integral has come to rest.
        n_blocks: for the error.

    Raises:
        SettingError: blocks are shorter than the window.
    """

    def plateau(block: FloatArray) -> float:
        integral = green_kubo_integral(block, timestep_fs, box)
        return float(integral[_indices(window, timestep_fs, len(integral))].mean())

    return of_samples(np.array([plateau(block) for block in split(current, n_blocks)]))


def green_kubo_integral(current: FloatArray, timestep_fs: float, box: Box) -> FloatArray:
    """(lags,) running integral, S/m: rises, rests at σ, then drowns in noise."""
    integral = running_integral(autocorrelation(current), timestep_fs)
    return integral * CONDUCTIVITY_IN_S_PER_M / (3 * box.volume_times_kt)


def conductivity_einstein(
    dipole: FloatArray, timestep_fs: float, box: Box, window: Window, *, n_blocks: int = 4
) -> Estimate:
    """σ in S/m from the slope of the mean squared displacement of the dipole.

    Args:
        dipole: (points, 3), e Å, without jumps.
        timestep_fs: between points.
        box: volume and temperature.
        window: where the displacement grows evenly.
        n_blocks: for the error.

    Raises:
        SettingError: blocks are shorter than the window.
    """
    slopes = [_slope(block[:, None], timestep_fs, window) for block in split(dipole, n_blocks)]
    return of_samples(np.array(slopes) * CONDUCTIVITY_IN_S_PER_M / (6 * box.volume_times_kt))


def conductivity_stacie(current: FloatArray, timestep_fs: float, box: Box) -> Estimate:
    """σ in S/m by STACIE, which finds the plateau by itself: a model of the low frequencies of the current's spectrum.

    Reference: G. Toraman, D. Fauconnier, T. Verstraelen, J. Chem. Inf. Model. 65, 10445 (2025).

    Args:
        current: (points, 3), e Å/fs.
        timestep_fs: between points.
        box: volume and temperature.

    Raises:
        SettingError: STACIE is not installed, or the run is too short for it.
    """
    try:
        from stacie import ExpPolyModel, compute_spectrum, estimate_acint
    except ImportError:
        raise SettingError("STACIE is not installed: pip install 'les_viz[stacie]'") from None
    factor = CONDUCTIVITY_IN_S_PER_M / box.volume_times_kt
    spectrum = compute_spectrum(np.ascontiguousarray(current.T), prefactors=factor, timestep=timestep_fs)
    try:
        found = estimate_acint(spectrum, ExpPolyModel([0, 2]))
    except (ValueError, RuntimeError) as caught:
        raise SettingError(f"STACIE cannot tell the conductivity ({caught}): run longer") from None
    return Estimate(float(found.acint), float(found.acint_std))


def diffusion_coefficient(positions: FloatArray, timestep_fs: float, window: Window, *, n_blocks: int = 4) -> Estimate:
    """D in cm²/s of one kind of particles; not corrected for the finite size of the box.

    Args:
        positions: (points, particles, 3), Å, never wrapped.
        timestep_fs: between points.
        window: where the displacement grows evenly.
        n_blocks: for the error.

    Raises:
        SettingError: blocks are shorter than the window.
    """
    slopes = [_slope(block, timestep_fs, window) for block in split(positions, n_blocks)]
    return of_samples(np.array(slopes) / 6 * SQUARE_ANGSTROM_PER_FS_IN_SQUARE_CM_PER_S)


def _slope(positions: FloatArray, timestep_fs: float, window: Window) -> float:
    inside = _indices(window, timestep_fs, len(positions))
    displacement = mean_squared_displacement(positions)[inside]
    times = np.arange(len(positions))[inside] * timestep_fs
    return float(np.polyfit(times, displacement, 1)[0])


def _indices(window: Window, timestep_fs: float, n_lags: int) -> slice:
    first, last = int(np.ceil(window.start_fs / timestep_fs)), int(window.end_fs / timestep_fs) + 1
    if last > n_lags or last - first < 2:
        raise SettingError(
            f"the window ends at {window.end_fs:g} fs, but a block lasts {n_lags * timestep_fs:g} fs in steps of "
            f"{timestep_fs:g} fs: run longer, take fewer blocks or an earlier window"
        )
    return slice(first, last)
