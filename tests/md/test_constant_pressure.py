"""A crystal of springs at constant pressure and temperature against statistics."""

import numpy as np
import pytest
from model_files import model_of_kind
from random_models import random_atoms
from scipy import constants
from spring_crystal import SpringCrystal

from les_viz.errors import SettingError
from les_viz.md.driver import Driver
from les_viz.md.settings import DynamicsSettings
from les_viz.md.surface import ModelSurface, Wanted

GPA = constants.e * 1e30 / 1e9
"""One eV/Å³ in GPa."""


@pytest.mark.parametrize("cell", ["isotropic", "anisotropic"])
def test_temperature_pressure_and_volume(cell):
    """3N-3 squares share the kinetic energy, and <(P - P_ext) V> = -kT."""
    crystal, temperature, pressure = SpringCrystal(), 300.0, 0.1
    settings = DynamicsSettings(
        ensemble="npt", cell=cell, temperature_K=temperature, timestep_fs=2.0, steps=1600, thermostat_time_fs=30.0,
        barostat_time_fs=300.0, pressure_GPa=pressure,
    )  # fmt: skip
    shaken = crystal.atoms.copy()
    shaken.positions += np.random.default_rng(1).normal(scale=0.055, size=(8, 3))  # about as far as at 300 K
    driver = Driver(shaken, crystal, settings)
    driver.prepare()
    frames = list(driver.frames(every=5))[50:]
    thermal = constants.k * temperature / constants.e
    kinetic = np.array([frame.kinetic_energy for frame in frames])
    assert kinetic.mean() == pytest.approx(0.5 * 21 * thermal, rel=0.05)
    assert np.mean([frame.temperature for frame in frames]) == pytest.approx(temperature, rel=0.05)
    volumes = np.array([np.linalg.det(frame.cell) for frame in frames])
    pressures = np.array([frame.pressure for frame in frames])
    excess = ((pressures - pressure) / GPA * volumes).mean()
    assert excess == pytest.approx(-thermal, abs=0.5 * thermal)
    assert np.mean(pressures) == pytest.approx(pressure, abs=0.05)
    conserved = np.array([frame.conserved_energy for frame in frames])
    assert conserved.std() < 0.02 * kinetic.std()


@pytest.mark.parametrize("kind", ["atomic", "bond"])
def test_pressure_is_the_slope_of_the_energy(kind):
    """P = -dE/dV of atoms at rest, by differences, in GPa."""
    atoms, model = random_atoms(1, pbc=True), model_of_kind(kind)
    surface = ModelSurface(model, k_vectors_of=atoms.cell[:])
    driver = Driver(atoms, surface, DynamicsSettings(temperature_K=0.0, closest_A=0.0))
    driver.prepare()
    step = 2e-5

    def energy(strain):
        strained = atoms.copy()
        strained.set_cell(atoms.cell[:] * (1 + strain), scale_atoms=True)
        return surface.at(strained, np.zeros(3), Wanted()).energy

    slope = (energy(step) - energy(-step)) / (atoms.get_volume() * ((1 + step) ** 3 - (1 - step) ** 3))
    assert driver.frame().pressure == pytest.approx(-slope * GPA, rel=1e-5)


def test_kept_velocities_do_not_carry_the_whole_away():
    """A moving frame is the same run: temperature and paths are those of the atoms among themselves."""
    crystal = SpringCrystal()
    thermal = np.sqrt(crystal.atoms.get_masses())[:, None] * np.random.default_rng(3).normal(size=(8, 3))
    at_rest = crystal.atoms.copy()
    at_rest.set_momenta(0.05 * (thermal - thermal.mean(axis=0)))
    moving = at_rest.copy()
    moving.set_velocities(at_rest.get_velocities() + np.array([0.3, -0.1, 0.2]))
    for ensemble in ("nve", "nose-hoover", "bussi", "npt"):
        ends = []
        for start in (at_rest, moving):
            settings = DynamicsSettings(ensemble=ensemble, velocities="keep", steps=20, timestep_fs=1.0)
            driver = Driver(start, crystal, settings)
            driver.prepare()
            ends.append(list(driver.frames(every=20))[-1])
        assert ends[1].temperature == pytest.approx(ends[0].temperature, rel=1e-9)
        assert ends[1].positions == pytest.approx(ends[0].positions, abs=1e-9)


def test_atoms_that_only_fly_together_are_at_rest_for_bussi():
    crystal = SpringCrystal()
    atoms = crystal.atoms.copy()
    atoms.set_velocities(np.full((8, 3), 0.01))
    driver = Driver(atoms, crystal, DynamicsSettings(ensemble="bussi", velocities="keep"))
    with pytest.raises(SettingError, match="the atoms rest"):
        driver.prepare()
