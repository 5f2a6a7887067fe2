r"""Static dielectric constant, from fluctuations and from a finite field; orientation of dipoles in a field.

Without a field, in a periodic box surrounded by a conductor (the k = 0 term left out of the Coulomb sum):

    ε = ε∞ + (⟨M²⟩ - ⟨M⟩²) / (3 ε0 V k_B T)

and in two opposite fields of strength E, where the odd part of the response is

    ε = ε∞ + (⟨M·e⟩_{+E} - ⟨M·e⟩_{-E}) / (2 E ε0 V)

Reference: M. Neumann, Mol. Phys. 50, 841 (1983).
"""

import numpy as np
from numpy.typing import NDArray

from les_viz.analysis.blocks import Estimate, jackknife, mean_over_blocks, split
from les_viz.analysis.thermal import thermal_energy
from les_viz.errors import SettingError
from les_viz.units import VACUUM_PERMITTIVITY

FloatArray = NDArray[np.float64]


def dielectric_from_fluctuations(
    dipole: FloatArray, *, volume: float, temperature: float, epsilon_infinity: float = 1.0, n_blocks: int = 8
) -> Estimate:
    """ε of an isotropic system from the dipole of its box without a field.

    Args:
        dipole: (points, 3), e Å; a constant may be missing, jumps by a quantum may not be there.
        volume: Å³.
        temperature: K.
        epsilon_infinity: contribution of the electrons.
        n_blocks: for the error, by leaving one out at a time.
    """
    factor = 1 / (3 * VACUUM_PERMITTIVITY * volume * thermal_energy(temperature))

    def epsilon(series: FloatArray) -> float:
        return epsilon_infinity + factor * float(series.var(axis=0).sum())

    blocks = split(dipole, n_blocks)
    without = np.array([epsilon(np.delete(blocks, n, axis=0).reshape(-1, 3)) for n in range(n_blocks)])
    return jackknife(without, epsilon(dipole))


def running_dielectric(
    dipole: FloatArray, *, volume: float, temperature: float, epsilon_infinity: float = 1.0
) -> FloatArray:
    """(points,) the estimate from fluctuations with the points up to each one: settled, or still climbing?"""
    factor = 1 / (3 * VACUUM_PERMITTIVITY * volume * thermal_energy(temperature))
    counts = np.arange(1, len(dipole) + 1)
    shifted = dipole - dipole[0]  # keeps the difference of large numbers small
    mean = np.cumsum(shifted, axis=0) / counts[:, None]
    mean_square = np.cumsum((shifted**2).sum(axis=1)) / counts
    found: FloatArray = epsilon_infinity + factor * (mean_square - (mean**2).sum(axis=1))
    return found


def running_error(dipole: FloatArray, *, volume: float, temperature: float) -> FloatArray:
    """(points,) standard error of `running_dielectric`, from how the three directions differ; they should agree.

    Args:
        dipole: (points, 3), e Å.
        volume: Å³.
        temperature: K.
    """
    counts = np.arange(1, len(dipole) + 1)[:, None]
    shifted = dipole - dipole[0]
    variances = np.cumsum(shifted**2, axis=0) / counts - (np.cumsum(shifted, axis=0) / counts) ** 2
    factor = 1 / (VACUUM_PERMITTIVITY * volume * thermal_energy(temperature))
    found: FloatArray = factor * variances.std(axis=1, ddof=1) / np.sqrt(3)
    return found


def dielectric_from_fields(
    along: FloatArray,
    against: FloatArray,
    *,
    strength: float,
    volume: float,
    epsilon_infinity: float = 1.0,
    n_blocks: int = 8,
) -> Estimate:
    """ε from the dipole along the field in two runs with opposite fields and the same origin.

    Args:
        along: (points,), e Å, component along the direction in the field of positive strength.
        against: (points,), the same component in the field of negative strength.
        strength: V/Å.
        volume: Å³.
        epsilon_infinity: contribution of the electrons.
        n_blocks: for the error.

    Raises:
        SettingError: no field.
    """
    if not strength > 0:
        raise SettingError(f"strength is {strength} V/Å: expected a positive number")
    up, down = mean_over_blocks(along, n_blocks), mean_over_blocks(against, n_blocks)
    factor = 1 / (2 * strength * VACUUM_PERMITTIVITY * volume)
    return Estimate(epsilon_infinity + factor * (up.value - down.value), factor * float(np.hypot(up.error, down.error)))


def mean_cosine(dipoles: FloatArray, direction: FloatArray) -> FloatArray:
    """(points,) mean cosine between molecular dipoles and a direction.

    Args:
        dipoles: (points, molecules, 3), any unit.
        direction: (3,), any length but zero.
    """
    unit = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    found: FloatArray = ((dipoles @ unit) / np.linalg.norm(dipoles, axis=2)).mean(axis=1)
    return found


def langevin_function(moment_times_field_over_kt: FloatArray | float) -> FloatArray:
    """⟨cos θ⟩ of free dipoles, coth x - 1/x; what interacting molecules are compared with.

    Args:
        moment_times_field_over_kt: x = μE/k_BT.
    """
    x = np.asarray(moment_times_field_over_kt, dtype=float)
    small = np.abs(x) < 1e-3
    safe = np.where(small, 1.0, x)
    found: FloatArray = np.where(small, x / 3 - x**3 / 45, 1 / np.tanh(safe) - 1 / safe)
    return found
