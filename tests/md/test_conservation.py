"""Constant energy in a constant field: no drift, and an error that falls with the square of the time step.

What velocity Verlet keeps is not the energy but a shadow of it, which differs by a known term in the square of the
step: the energy swings with that term, and only what is left without it can be a drift. So a few femtoseconds tell what
the plain energy would tell after many picoseconds.
"""

from dataclasses import dataclass

import ase
import ase.units
import numpy as np
import pytest

import les_viz
from les_viz.md.driver import Driver
from les_viz.md.protocols import FieldProtocol
from les_viz.md.settings import DynamicsSettings
from les_viz.md.surface import ModelSurface
from les_viz.resources import SAMPLE_MODELS

FIELD = FieldProtocol(shape="constant", amplitude_V_per_A=0.05, direction=(1, 2, -1))
MOST_DRIFT = 1e-5  # eV/atom/ps


@dataclass
class Kept:
    """Of a run, in eV/atom: the conserved energy, the same without the known swing, and the work of the field."""

    energies: np.ndarray
    shadows: np.ndarray
    work: np.ndarray
    timestep_fs: float

    @property
    def drift(self):
        """eV/atom/ps."""
        times = np.arange(len(self.shadows)) * self.timestep_fs / 1000
        return np.polyfit(times, self.shadows, 1)[0]


def run(model, atoms, timestep_fs, duration_fs):
    settings = DynamicsSettings(timestep_fs=timestep_fs, steps=round(duration_fs / timestep_fs), temperature_K=300.0)
    driver = Driver(atoms, ModelSurface(model), settings, FIELD)
    driver.prepare()
    frames = list(driver.frames(every=1))
    energies = np.array([frame.conserved_energy for frame in frames])[2:-2]
    swing = known_swing(np.array([frame.positions for frame in frames]), atoms.get_masses()[:, None], timestep_fs)
    work = np.array([frame.field_work for frame in frames])
    n = len(atoms)
    return Kept(energies / n, (energies + swing) / n, work / n, timestep_fs)


def known_swing(positions, masses, timestep_fs):
    """h² (v·V″v / 12 − F·F/m / 24), eV: forces, velocities and V″v = −dF/dt from the positions of all steps."""
    step = timestep_fs * ase.units.fs
    forces = masses * np.diff(positions, n=2, axis=0) / step**2
    velocities = (positions[3:-1] - positions[1:-3]) / (2 * step)
    slopes = (forces[2:] - forces[:-2]) / (2 * step)
    bend = -np.sum(velocities * slopes, axis=(1, 2)) / 12
    return step**2 * (bend - np.sum(np.square(forces[1:-1]) / masses, axis=(1, 2)) / 24)


def check(model, atoms, duration_fs, least_work):
    coarse, fine = (run(model, atoms, step, duration_fs) for step in (0.5, 0.25))
    assert np.ptp(fine.work) > least_work, "the field does nothing"
    assert np.std(coarse.energies) / np.std(fine.energies) == pytest.approx(4, rel=0.2)
    assert np.std(fine.shadows) < 0.02 * np.std(fine.energies)
    assert abs(fine.drift) < MOST_DRIFT


def test_bundled_water():
    """64 molecules; a model whose field is a term of the energy."""
    atoms = les_viz.read(SAMPLE_MODELS / "water" / "water_64.extxyz")
    check(les_viz.load_model("water"), atoms, 15.0, 1e-5)


@pytest.mark.shared
def test_published_perovskite(shared):
    """A model with a message-passing step, whose field forces are the slopes of no energy: the work is integrated."""
    model = les_viz.load_model(shared / "published" / "pbtio3_phase4.pth")
    places = np.array([[0, 0, 0], [0.5, 0.5, 0.54], [0.5, 0.5, 0.07], [0.5, 0, 0.57], [0, 0.5, 0.57]])
    check(model, ase.Atoms("PbTiO3", scaled_positions=places, cell=[3.9, 3.9, 4.15], pbc=True), 20.0, 1e-5)
