"""Forces and stress are derivatives of the energy, for every variant and boundary."""

import numpy as np
import pytest
from finite_differences import slope
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import MESSAGES, random_atoms, random_model, rotated, rotation_matrix

from les_viz.response.evaluation import evaluate
from les_viz.response.predict import predict
from les_viz.system import System

few = settings(max_examples=10, deadline=None, derandomize=True, database=None)
seeds = st.integers(0, 10_000)
variants = st.sampled_from(list(MESSAGES))


def energy(model, atoms):
    return predict(model, atoms, quantities={"energy"}).energy


@few
@given(seed=seeds, message=variants, pbc=st.booleans())
def test_forces(seed, message, pbc):
    """Along a random direction of all atoms."""
    model, atoms = random_model(message, seed=seed), random_atoms(seed, n_atoms=5, pbc=pbc)
    direction = np.random.default_rng(seed).normal(size=(5, 3))

    def along(x):
        copy = atoms.copy()
        copy.positions += x * direction
        return energy(model, copy)

    forces = predict(model, atoms, quantities={"forces"}).forces
    assert -(forces * direction).sum() == pytest.approx(slope(along), abs=1e-6 * np.abs(forces).max())
    assert np.abs(forces.sum(axis=0)).max() < 1e-9


@few
@given(seed=seeds, message=variants)
def test_stress(seed, message):
    """Along a random symmetric strain."""
    model, atoms = random_model(message, seed=seed), random_atoms(seed, n_atoms=5)
    strain = np.random.default_rng(seed).normal(size=(3, 3))
    strain = strain + strain.T

    def strained(amount):
        copy = atoms.copy()
        copy.set_cell(atoms.cell @ (np.eye(3) + amount * strain), scale_atoms=True)
        return energy(model, copy)

    stress = predict(model, atoms, quantities={"stress"}).stress
    assert (stress * strain).sum() == pytest.approx(
        slope(strained, step=1e-5) / atoms.get_volume(), abs=1e-6 * np.abs(stress).max()
    )
    assert stress == pytest.approx(stress.T, abs=1e-14)


@pytest.mark.parametrize("pbc", [True, False])
def test_rotation(message, pbc):
    model, atoms, rotation = random_model(message), random_atoms(1, pbc=pbc), rotation_matrix(2)
    before = predict(model, atoms, quantities={"forces", "stress"})
    after = predict(model, rotated(atoms, rotation), quantities={"forces", "stress"})
    assert after.energy == pytest.approx(before.energy, abs=1e-9)
    assert after.forces == pytest.approx(before.forces @ rotation.T, abs=1e-9)
    if pbc:
        assert after.stress == pytest.approx(rotation @ before.stress @ rotation.T, abs=1e-10)


def test_supercell(message):
    model, atoms = random_model(message), random_atoms(3)
    one, many = (predict(model, a, quantities={"forces", "stress"}) for a in (atoms, atoms.repeat((2, 1, 2))))
    assert many.energy == pytest.approx(4 * one.energy, abs=1e-8)
    assert many.stress == pytest.approx(one.stress, abs=1e-10)
    assert many.forces == pytest.approx(np.tile(one.forces, (4, 1)), abs=1e-9)
    assert many.latent_charges == pytest.approx(np.tile(one.latent_charges, 4), abs=1e-11)


def test_left_handed_cell(message):
    model, atoms = random_model(message), random_atoms(4)
    swapped = atoms.copy()
    swapped.set_cell(np.asarray(atoms.cell)[[1, 0, 2]])
    quantities = {"forces", "stress", "born_effective_charges"}
    right, left = predict(model, atoms, quantities=quantities), predict(model, swapped, quantities=quantities)
    assert np.linalg.det(left.cell) < 0 < np.linalg.det(right.cell)
    assert left.energy == pytest.approx(right.energy, abs=1e-10)
    for name in ("forces", "stress", "born_effective_charges"):
        assert getattr(left, name) == pytest.approx(getattr(right, name), abs=1e-10), name


def test_stress_of_an_open_system_is_none(message):
    assert predict(random_model(message), random_atoms(5, pbc=False), quantities={"stress"}).stress is None


def test_neighbours_with_a_skin_change_nothing(message):
    """What a moving simulation relies on."""
    model, system = random_model(message), System.from_atoms(random_atoms(6))
    exact = evaluate(model, system, derivatives=True)
    wide = evaluate(model, system, model.neighbors(system, skin=1.0), derivatives=True)
    assert wide.table.is_neighbor.sum() > exact.table.is_neighbor.sum()
    pulls = wide.pulls(), exact.pulls()
    assert pulls[0].shape[1] > pulls[1].shape[1]
    for one, other in (
        (wide.forces(pulls[0]), exact.forces(pulls[1])),
        (wide.stress(pulls[0]), exact.stress(pulls[1])),
    ):
        assert other.numpy() == pytest.approx(one.numpy(), abs=1e-11)
