"""While the cell changes, the k vectors are those of the cell at the start: the energy does not jump."""

import json

import numpy as np
import pytest
from model_files import model_of_kind
from random_models import random_atoms

from les_viz.ewald import KSet
from les_viz.md.driver import Driver
from les_viz.md.settings import DynamicsSettings
from les_viz.md.surface import ModelSurface, Wanted
from les_viz.runs.config import run_config
from les_viz.runs.setup import create_run


@pytest.fixture(scope="module")
def crystal():
    return model_of_kind("atomic"), random_atoms(1, pbc=True)


def strained(atoms, scale):
    changed = atoms.copy()
    changed.set_cell(atoms.cell[:] * scale, scale_atoms=True)
    return changed


def at_crossing(model, atoms):
    """Two cells that differ by 1e-9, on either side of where a k vector enters."""

    def count(scale):
        return KSet.of(atoms.cell[:] * scale, model.config.electrostatics.k_cutoff).count(model.dtype)

    low, high = 1.0, 1.05
    assert count(low) < count(high)
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if count(middle) == count(low) else (low, middle)
    return low, high


def test_energy_and_stress_pass_smoothly_where_a_vector_would_enter(crystal):
    model, atoms = crystal
    before, after = at_crossing(model, atoms)
    kept, free = ModelSurface(model, k_vectors_of=atoms.cell[:]), ModelSurface(model)

    def at(surface, scale):
        return surface.at(strained(atoms, scale), np.zeros(3), Wanted(stress=True))

    jump = at(free, after).energy - at(free, before).energy
    assert abs(jump) > 1e-6
    assert abs(at(kept, after).energy - at(kept, before).energy) < 1e-3 * abs(jump)
    step = 1e-5
    slope = (at(kept, after + step).energy - at(kept, before - step).energy) / (2 * step + after - before)
    volume = atoms.get_volume() * before**3
    assert np.trace(at(kept, before).stress) * volume / before == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_conserved_energy_of_a_breathing_cell_falls_with_the_square_of_the_step(crystal):
    model, atoms = crystal
    spreads = []
    for step in (0.1, 0.05):
        settings = DynamicsSettings(
            ensemble="npt",
            timestep_fs=step,
            steps=round(3.0 / step),
            closest_A=0.0,
            temperature_limit_K=1e8,
            barostat_time_fs=60.0,
            thermostat_time_fs=30.0,
        )
        driver = Driver(atoms, ModelSurface(model, k_vectors_of=atoms.cell[:]), settings)
        driver.prepare()
        frames = list(driver.frames(every=round(0.2 / step)))
        assert np.ptp([np.linalg.det(frame.cell) for frame in frames]) > 1e-3
        spreads.append(np.std([frame.conserved_energy for frame in frames]))
    assert spreads[0] / spreads[1] == pytest.approx(4, rel=0.4)


@pytest.mark.parametrize("ensemble", ["npt", "nve"])
def test_the_run_records_its_k_set(tables, tmp_path, ensemble):
    create_run(run_config(tables(ensemble=ensemble)), tmp_path / "run")
    said = json.loads((tmp_path / "run" / "run.json").read_text())["k_set"]
    assert said["kept_while_the_cell_changes"] == (ensemble == "npt")
    chosen = KSet.of(said["cell"], said["k_cutoff"])
    assert said["vectors"] == chosen.count(model_of_kind("atomic").dtype) > 0
    assert np.array_equal(said["cell"], random_atoms(1, pbc=True).cell[:])


def test_an_open_run_has_no_vectors(tables, tmp_path):
    create_run(run_config(tables(pbc=False)), tmp_path / "run")
    said = json.loads((tmp_path / "run" / "run.json").read_text())["k_set"]
    assert "vectors" not in said
    assert said["k_cutoff"] > 0
