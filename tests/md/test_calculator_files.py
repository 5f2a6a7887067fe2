"""The ASE calculator with ASE's files and optimisers."""

import ase.io
import numpy as np
import pytest
from ase.io.trajectory import Trajectory
from ase.optimize import BFGS
from random_models import random_atoms, random_model

from les_viz.md.calculator import LESCalculator

FIELD = (0.03, -0.05, 0.08)


@pytest.fixture(scope="module")
def model():
    return random_model()


def with_calculator(model, electric_field):
    atoms = random_atoms(1)
    atoms.calc = LESCalculator(model, electric_field=electric_field)
    return atoms


def assert_came_back(back, atoms):
    assert back.get_potential_energy() == pytest.approx(atoms.get_potential_energy(), abs=1e-6)
    assert back.get_forces() == pytest.approx(atoms.get_forces(), abs=1e-7)
    assert back.get_charges() == pytest.approx(atoms.get_charges(), abs=1e-7)


@pytest.mark.parametrize("field", [None, FIELD])
def test_ase_writes_trajectories(model, tmp_path, field):
    atoms = with_calculator(model, field)
    atoms.get_forces()
    path = tmp_path / "run.traj"
    with Trajectory(path, "w") as trajectory:
        trajectory.write(atoms)
    back = ase.io.read(path, format="traj")
    assert_came_back(back, atoms)
    if field:
        born = atoms.calc.results["born_effective_charges"]
        assert back.calc.results["born_effective_charges"] == pytest.approx(born, abs=1e-12)


@pytest.mark.parametrize("field", [None, FIELD])
def test_ase_writes_extended_xyz(model, tmp_path, field):
    atoms = with_calculator(model, field)
    atoms.get_forces()
    path = tmp_path / "run.extxyz"
    ase.io.write(path, atoms, format="extxyz")
    assert_came_back(ase.io.read(path, format="extxyz"), atoms)


@pytest.mark.parametrize("field", [None, FIELD])
def test_relaxation_goes_downhill(model, field):
    atoms = with_calculator(model, field)
    energies = []
    relaxation = BFGS(atoms, logfile=None, maxstep=0.02)
    relaxation.attach(lambda: energies.append(atoms.get_potential_energy()))
    relaxation.run(steps=5)
    assert len(energies) == 6
    assert (np.diff(energies) < 0).all()
