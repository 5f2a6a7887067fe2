"""Constant energy in a constant field: drift, and its fall with the square of the time step."""

import ase
import numpy as np
import pytest

import les_viz
from les_viz.md.driver import Driver
from les_viz.md.protocols import FieldProtocol
from les_viz.md.settings import DynamicsSettings
from les_viz.md.surface import ModelSurface
from les_viz.resources import SAMPLE_MODELS

FIELD = FieldProtocol(shape="constant", amplitude_V_per_A=0.05, direction=(1, 2, -1))


def conserved(model, atoms, timestep_fs, duration_fs):
    """Times in fs, conserved energies in eV/atom and the work of the field in eV/atom."""
    settings = DynamicsSettings(timestep_fs=timestep_fs, steps=round(duration_fs / timestep_fs), temperature_K=300.0)
    driver = Driver(atoms, ModelSurface(model), settings, FIELD)
    driver.prepare()
    frames = list(driver.frames(every=max(1, round(2.0 / timestep_fs))))
    energies = np.array([frame.conserved_energy for frame in frames]) / len(atoms)
    work = np.array([frame.field_work for frame in frames]) / len(atoms)
    return np.array([frame.time_fs for frame in frames]), energies, work


@pytest.fixture(scope="module")
def water():
    return les_viz.load_model("water"), les_viz.read(SAMPLE_MODELS / "water" / "water_dimer.extxyz")


def test_drift_of_bundled_water(water):
    """At 0.25 fs below 1e-5 eV/atom/ps, although the field does work that is larger by orders."""
    times, energies, work = conserved(*water, 0.25, 400.0)
    assert np.ptp(work) > 1e-3
    assert abs(np.polyfit(times, energies, 1)[0] * 1000) < 1e-5


def test_spread_of_bundled_water_falls_with_the_square_of_the_step(water):
    spreads = [np.std(conserved(*water, step, 50.0)[1]) for step in (0.5, 0.25)]
    assert spreads[0] / spreads[1] == pytest.approx(4, rel=0.35)


@pytest.mark.shared
def test_published_perovskite(shared):
    """A model with a message-passing step, whose field forces are the slopes of no energy: the work is integrated."""
    model = les_viz.load_model(shared / "published" / "pbtio3_phase4.pth")
    places = np.array([[0, 0, 0], [0.5, 0.5, 0.54], [0.5, 0.5, 0.07], [0.5, 0, 0.57], [0, 0.5, 0.57]])
    atoms = ase.Atoms("PbTiO3", scaled_positions=places, cell=[3.9, 3.9, 4.15], pbc=True)
    runs = [conserved(model, atoms, step, 40.0) for step in (2.0, 1.0)]
    spreads = [np.std(energies) for _, energies, _ in runs]
    assert np.ptp(runs[1][2]) > 1e-4
    assert spreads[0] / spreads[1] == pytest.approx(4, rel=0.35)
