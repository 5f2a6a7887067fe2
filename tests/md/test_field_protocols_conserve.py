"""Fields of every shape on models of every kind of charges: current, work and energy agree along the path."""

import numpy as np
import pytest
from ase import units as ase_units
from model_files import model_of_kind
from random_models import random_atoms
from scipy.integrate import simpson

from les_viz.md.driver import Driver
from les_viz.md.protocols import FieldProtocol, Shape
from les_viz.md.settings import DynamicsSettings
from les_viz.md.surface import ModelSurface
from les_viz.response.predict import predict

LASTS_FS = 3.0
TIMES = {"start_fs": 0.5, "duration_fs": 1.5, "period_fs": 2.0, "center_fs": 1.5, "width_fs": 0.4}


def run(kind, shape, timestep_fs, *, pbc, sum_rule=True):
    field = FieldProtocol(shape=shape, amplitude_V_per_A=0.3, direction=(1, 2, -1), sum_rule=sum_rule, **TIMES)
    steps = round(LASTS_FS / timestep_fs)
    settings = DynamicsSettings(timestep_fs=timestep_fs, steps=steps, closest_A=0.0, temperature_limit_K=1e8)
    driver = Driver(random_atoms(1, pbc=pbc), ModelSurface(model_of_kind(kind)), settings, field)
    driver.prepare()
    return list(driver.frames(every=1))


@pytest.mark.parametrize("shape", [shape for shape in Shape if shape != Shape.NONE])
@pytest.mark.parametrize(
    ("kind", "pbc", "sum_rule"),
    [("atomic", True, True), ("bond", True, True), ("bond", False, True), ("atomic", True, False)],
)
def test_energy_work_and_current_agree(kind, pbc, sum_rule, shape):
    """The energy errs by the square of the step, J = dP/dt, and W = ∫ E·dP of the trapezoidal rule."""
    coarse, fine = (run(kind, shape, step, pbc=pbc, sum_rule=sum_rule) for step in (0.1, 0.05))
    spread = [np.ptp([frame.conserved_energy for frame in frames]) for frames in (coarse, fine)]
    assert spread[0] / spread[1] == pytest.approx(4, rel=0.1)
    moved = np.array([frame.polarization_change for frame in fine])
    current = np.array([frame.current for frame in fine])
    slope = (moved[2:] - moved[:-2]) / 0.1
    assert slope == pytest.approx(current[1:-1], abs=3e-3 * np.abs(current).max())
    field = np.array([frame.electric_field for frame in fine])
    work = np.concatenate(([0.0], np.cumsum(0.5 * ((field[1:] + field[:-1]) * np.diff(moved, axis=0)).sum(axis=1))))
    found = np.array([frame.field_work for frame in fine])
    assert np.abs(found).max() > 1e-4
    assert found == pytest.approx(work, abs=0.02 * np.abs(work).max())


@pytest.mark.parametrize("sum_rule", [True, False])
@pytest.mark.parametrize("kind", ["atomic", "message"])  # the whole tensor at each step, one direction
def test_only_without_the_sum_rule_the_whole_is_moved(kind, sum_rule):
    """Its momentum is the impulse of the net force, that is of the field on the mean of the Born charges."""
    frames = run(kind, Shape.CONSTANT, 0.05, pbc=True, sum_rule=sum_rule)
    atoms, model = random_atoms(1, pbc=True), model_of_kind(kind)
    masses = atoms.get_masses()
    momentum = np.array([masses @ frame.velocities for frame in frames]) / (ase_units.fs**2)  # eV fs/Å
    net = []
    for frame in frames[::6]:
        atoms.positions = frame.positions
        born = predict(model, atoms, quantities={"born_effective_charges"}).born_effective_charges
        net.append(frame.electric_field @ born.sum(axis=0))
    impulse = simpson(net, dx=6 * 0.05, axis=0) if not sum_rule else np.zeros(3)
    assert np.abs(net).max() > 1e-2
    assert momentum[-1] - momentum[0] == pytest.approx(impulse, abs=2e-3 * np.abs(net).max() * LASTS_FS)
