"""Before the first step: atoms at rest where asked for, velocities with zero total momentum."""

from collections.abc import Callable

import ase
import numpy as np
from ase import units as ase_units
from ase.optimize import BFGS, FIRE

from les_viz.errors import SettingError
from les_viz.md.settings import DynamicsSettings, Ensemble, Minimizer


def minimize(atoms: ase.Atoms, settings: DynamicsSettings, on_step: Callable[[int, float], None]) -> bool:
    """Follow the forces downhill; the calculator of the atoms decides whether a field is on.

    Args:
        atoms: moved in place.
        settings: minimiser, its force and steps.
        on_step: called with the step and the largest force in eV/Å.

    Returns:
        Whether the forces became small enough.
    """
    if settings.minimize == Minimizer.NONE:
        return True
    optimizer = (FIRE if settings.minimize == Minimizer.FIRE else BFGS)(atoms, logfile=None)
    for step, converged in enumerate(
        optimizer.irun(fmax=settings.minimize_force_eV_per_A, steps=settings.minimize_steps)
    ):
        on_step(step, float(np.linalg.norm(atoms.get_forces(), axis=1).max()))
        if converged:
            return True
    return False


def set_velocities(
    atoms: ase.Atoms, settings: DynamicsSettings, generator: np.random.Generator, degrees_of_freedom: int
) -> None:
    """Draw Maxwell's velocities, take out the total momentum, scale to the temperature exactly; or keep the atoms'.

    Args:
        atoms: changed in place.
        settings: whether to draw, and the temperature.
        generator: of the random numbers.
        degrees_of_freedom: that share the kinetic energy.

    Raises:
        SettingError: velocities are to be kept and there are none.
    """
    if settings.velocities == "keep":
        if not atoms.has("momenta"):
            raise SettingError("velocities is 'keep', but the structure holds none: use 'maxwell'")
        if settings.ensemble == Ensemble.BUSSI and atoms.get_kinetic_energy() == 0:
            raise SettingError("velocities is 'keep', but the atoms rest, and bussi only scales: use 'maxwell'")
        return
    masses = atoms.get_masses()[:, None]
    momenta = generator.standard_normal((len(atoms), 3)) * np.sqrt(masses * ase_units.kB * settings.temperature_K)
    if len(atoms) > 1:
        momenta -= masses * momenta.sum(axis=0) / masses.sum()
    atoms.set_momenta(momenta)
    kinetic = atoms.get_kinetic_energy()
    if kinetic > 0:
        wanted = 0.5 * degrees_of_freedom * ase_units.kB * settings.temperature_K
        atoms.set_momenta(momenta * np.sqrt(wanted / kinetic))
