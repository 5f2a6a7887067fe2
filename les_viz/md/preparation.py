"""Before the first step: atoms at rest where asked for, velocities with zero total momentum."""

from collections.abc import Callable

import ase
import numpy as np
from ase import units as ase_units
from ase.optimize import BFGS, FIRE

from les_viz.errors import SettingError
from les_viz.md.settings import DynamicsSettings, Ensemble, Minimizer

ROUNDING = 1e-20
"""Share of the kinetic energy below which the motion of the whole counts as none."""

AT_REST = 1e-12
"""eV, as ASE has it."""


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

    Kept ones lose their total momentum, too: thermostats and temperatures count 3N-3 degrees of freedom. With Langevin
    noise, which moves the whole as well, they stay as they are.

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
        if settings.ensemble != Ensemble.LANGEVIN:
            _stop_the_whole(atoms)
        if settings.ensemble == Ensemble.BUSSI and atoms.get_kinetic_energy() <= AT_REST:
            raise SettingError("velocities is 'keep', but the atoms rest, and bussi only scales: use 'maxwell'")
        return
    masses = atoms.get_masses()[:, None]
    momenta = generator.standard_normal((len(atoms), 3)) * np.sqrt(masses * ase_units.kB * settings.temperature_K)
    atoms.set_momenta(momenta)
    _stop_the_whole(atoms)
    momenta = atoms.get_momenta()
    kinetic = atoms.get_kinetic_energy()
    if kinetic > 0:
        wanted = 0.5 * degrees_of_freedom * ase_units.kB * settings.temperature_K
        atoms.set_momenta(momenta * np.sqrt(wanted / kinetic))


def _stop_the_whole(atoms: ase.Atoms) -> None:
    """Take out the total momentum, unless there is none but for rounding, or only one atom."""
    masses, momenta = atoms.get_masses()[:, None], atoms.get_momenta()
    total = momenta.sum(axis=0)
    if len(atoms) > 1 and 0.5 * float(total @ total) / masses.sum() > ROUNDING * atoms.get_kinetic_energy():
        atoms.set_momenta(momenta - masses * total / masses.sum())
