"""Infrared absorption of a molecule: its harmonic vibrations, and the change of its dipole along each.

    ω² from the mass-weighted Hessian        A_k ∝ |∂μ/∂Q_k|²

by central differences of forces and dipoles, after the molecule was relaxed to the nearest minimum. Done by
`ase.vibrations.Infrared`; `modes_from` does the same from derivatives that come from elsewhere.

Reference: D. Porezag, M. R. Pederson, Phys. Rev. B 54, 7830 (1996), doi:10.1103/PhysRevB.54.7830.
"""

import tempfile
from collections.abc import Generator
from dataclasses import dataclass

import ase
import numpy as np
from ase.calculators.calculator import Calculator
from ase.optimize import BFGS
from ase.vibrations import Infrared, VibrationsData
from numpy.typing import NDArray

from les_viz.errors import SettingError
from les_viz.response.prediction import FloatArray
from les_viz.units import DEBYE, INFRARED_KM_PER_MOL

LARGEST_FORCE = 1e-3
"""eV/Å below which a molecule counts as relaxed."""

MOST_STEPS = 400
STEP = 0.01
"""Å of the differences."""

_RELAXING = 0.4
"""Share of the progress that relaxing gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraredModes:
    """Harmonic vibrations; translations and rotations are left out.

    Attributes:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å, of the relaxed molecule.
        wavenumbers: (modes,), cm⁻¹, ascending; negative where imaginary.
        intensities: (modes,), (D/Å)²/amu.
        displacements: (modes, atoms, 3), of unit length each, not weighted by mass.
    """

    atomic_numbers: NDArray[np.int64]
    positions: FloatArray
    wavenumbers: FloatArray
    intensities: FloatArray
    displacements: FloatArray

    @property
    def km_per_mol(self) -> FloatArray:
        """(modes,) integrated absorption, km/mol."""
        return INFRARED_KM_PER_MOL * self.intensities


def infrared_modes(atoms: ase.Atoms, calculator: Calculator) -> Generator[tuple[float, str], None, InfraredModes]:
    """Relax a molecule, then compute its infrared modes.

    Args:
        atoms: an open system; it is not changed.
        calculator: gives forces and a dipole.

    Yields:
        How far it is, 0 to 1, and what it does.

    Returns:
        The modes.

    Raises:
        SettingError: the molecule does not come to rest.
    """
    molecule = ase.Atoms(atoms.numbers, atoms.positions)
    molecule.calc = calculator
    yield from _relaxed(molecule)
    with tempfile.TemporaryDirectory() as folder:
        vibrations = Infrared(molecule, name=f"{folder}/modes", delta=STEP)
        count = 6 * len(molecule) + 1
        for number, (displacement, moved) in enumerate(vibrations.iterdisplace(inplace=True)):
            yield _RELAXING + (1 - _RELAXING) * number / count, f"displacement {number + 1} of {count}"
            calculator.get_dipole_moment(moved)  # computes the forces as well; asked first, they come without it
            with vibrations.cache.lock(displacement.name) as handle:
                handle.save(vibrations.calculate(moved, displacement))
        frequencies = vibrations.get_frequencies()
    modes = vibrations.im * vibrations.modes
    return _vibrations_only(molecule, _signed(frequencies), np.asarray(vibrations.intensities), modes)


def modes_from(
    atomic_numbers: NDArray[np.int64], positions: FloatArray, hessian: FloatArray, dipole_gradient: FloatArray
) -> InfraredModes:
    """The same from the derivatives at a minimum.

    Args:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å.
        hessian: (3 atoms, 3 atoms), eV/Å².
        dipole_gradient: (3 atoms, 3), e: of the dipole along each displacement.
    """
    molecule = ase.Atoms(atomic_numbers, positions)
    data = VibrationsData.from_2d(molecule, 0.5 * (hessian + hessian.T))
    modes = data.get_modes(all_atoms=True).reshape(-1, 3 * len(molecule))  # per square root of amu
    slopes = modes @ (dipole_gradient / DEBYE)
    return _vibrations_only(molecule, _signed(data.get_frequencies()), np.square(slopes).sum(axis=1), modes)


def broadened(modes: InfraredModes, wavenumbers: FloatArray, width: float) -> FloatArray:
    """Each mode as a Lorentzian as high as its intensity.

    Args:
        modes: what absorbs.
        wavenumbers: (n,), cm⁻¹, where.
        width: full width at half maximum, cm⁻¹.

    Returns:
        (n,), (D/Å)²/amu.
    """
    away = (wavenumbers[:, None] - modes.wavenumbers) / (0.5 * width)
    return np.asarray((modes.intensities / (1 + away**2)).sum(axis=1))


def _relaxed(molecule: ase.Atoms) -> Generator[tuple[float, str], None, None]:
    steps = BFGS(molecule, logfile=None)
    for number, is_done in enumerate(steps.irun(fmax=LARGEST_FORCE, steps=MOST_STEPS)):
        force = float(np.linalg.norm(molecule.get_forces(), axis=1).max())
        yield _RELAXING * min(number / 60, 1.0), f"relaxing: largest force {force:.3f} eV/Å"
        if is_done:
            return
    raise SettingError(
        f"the molecule does not come to rest in {MOST_STEPS} steps (largest force {force:.3f} eV/Å): vibrations need a "
        "minimum; try another structure or model"
    )


def _signed(frequencies: FloatArray) -> FloatArray:
    """Imaginary ones as negative numbers."""
    return np.asarray(frequencies.real - frequencies.imag, dtype=float)


def _vibrations_only(
    molecule: ase.Atoms, wavenumbers: FloatArray, intensities: FloatArray, modes: FloatArray
) -> InfraredModes:
    """Without the modes that move or turn the whole: those nearest to zero."""
    inertia = molecule.get_moments_of_inertia()
    n_rigid = 3 if len(molecule) == 1 else 5 if inertia.min() < 1e-3 * inertia.max() else 6
    kept = np.sort(np.argsort(np.abs(wavenumbers))[n_rigid:])
    kept = kept[np.argsort(wavenumbers[kept])]
    displacements = modes[kept] / np.linalg.norm(modes[kept], axis=1, keepdims=True)
    return InfraredModes(
        atomic_numbers=molecule.numbers.copy(),
        positions=molecule.positions.copy(),
        wavenumbers=wavenumbers[kept],
        intensities=intensities[kept],
        displacements=displacements.reshape(-1, len(molecule), 3),
    )
