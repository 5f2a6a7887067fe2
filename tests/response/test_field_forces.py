"""Contractions of Born effective charges with a field against the full tensor, and against finite differences."""

import numpy as np
import pytest
import torch
from model_files import KINDS, model_of_kind
from random_models import random_atoms, random_model

from les_viz.errors import ModelError
from les_viz.models.config import HeadConfig
from les_viz.response.evaluation import evaluate
from les_viz.response.field_forces import (
    directional_born_charges,
    field_forces,
    forces_in_field,
    polarization_of_transfers,
)
from les_viz.response.predict import predict
from les_viz.system import System

FIELD = np.array([0.03, -0.05, 0.08])


def evaluated(model, atoms):
    return evaluate(model, System.from_atoms(atoms), derivatives=True)


def full_tensor(model, atoms):
    born = predict(model, atoms, quantities={"born_effective_charges"}).born_effective_charges
    return born - born.mean(axis=0)


@pytest.mark.parametrize("pbc", [True, False])
def test_one_direction_equals_the_full_tensor(message, pbc):
    model, atoms = random_model(message, charge_sign=-1, epsilon_infinity=1.8), random_atoms(1, pbc=pbc)
    found = field_forces(model, evaluated(model, atoms), torch.tensor(FIELD)).numpy()
    expected = np.einsum("a,iab->ib", FIELD, full_tensor(model, atoms))
    assert np.abs(expected).max() > 1e-3
    assert np.abs(found - expected).max() < 1e-10


@pytest.mark.parametrize("kind", KINDS)
def test_three_directions_are_the_full_tensor(kind):
    model, atoms = model_of_kind(kind), random_atoms(2)
    found = directional_born_charges(model, evaluated(model, atoms), torch.eye(3)).numpy()
    assert np.abs(found - full_tensor(model, atoms)).max() < 1e-10


@pytest.mark.parametrize("pbc", [True, False])
def test_transfers_in_one_backward_pass(pbc):
    model, atoms = model_of_kind("bond", charge_sign=-1, epsilon_infinity=1.8), random_atoms(3, pbc=pbc)
    found = forces_in_field(model, evaluated(model, atoms), torch.tensor(FIELD)).numpy()
    forces = predict(model, atoms, quantities={"forces"}).forces
    expected = forces + np.einsum("a,iab->ib", FIELD, full_tensor(model, atoms))
    assert np.abs(found - forces).max() > 1e-3
    assert np.abs(found - expected).max() < 1e-10


def test_forces_of_transfers_are_slopes_of_the_enthalpy():
    """H = E - E·P, with P at unwrapped positions, also across the boundary of the cell."""
    model, atoms = model_of_kind("bond"), random_atoms(4)
    atoms.positions[0] += 3 * atoms.cell[1]

    def enthalpy(displaced):
        evaluation = evaluated(model, displaced)
        unwrapped = torch.tensor(displaced.positions)
        moment = polarization_of_transfers(model, evaluation, unwrapped).numpy()
        return predict(model, displaced).energy - FIELD @ moment

    forces = forces_in_field(model, evaluated(model, atoms), torch.tensor(FIELD)).numpy()
    for atom, axis in ((0, 0), (3, 1), (6, 2)):
        ends = []
        for step in (2e-5, -2e-5):
            displaced = atoms.copy()
            displaced.positions[atom, axis] += step
            ends.append(enthalpy(displaced))
        assert -(ends[0] - ends[1]) / 4e-5 == pytest.approx(forces[atom, axis], abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_no_net_force(kind):
    model, atoms = model_of_kind(kind), random_atoms(5)
    assert field_forces(model, evaluated(model, atoms), torch.tensor(FIELD)).sum(dim=0).abs().max() < 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_sum_rule_the_net_force_is_that_of_the_total_charge(kind):
    """Σ_i F_i = -Σ_i (E·R_i) ∂Q/∂R_i of a molecule, Q by finite differences; none where Q is always the same."""
    model, atoms, step = model_of_kind(kind, charge_sign=-1, epsilon_infinity=1.8), random_atoms(5, pbc=False), 1e-4
    slopes = np.zeros((len(atoms), 3))
    for atom, axis in np.ndindex(slopes.shape):
        charges = []
        for sign in (1, -1):
            displaced = atoms.copy()
            displaced.positions[atom, axis] += sign * step
            charges.append(predict(model, displaced).total_charge)
        slopes[atom, axis] = (charges[0] - charges[1]) / (2 * step)
    found = field_forces(model, evaluated(model, atoms), torch.tensor(FIELD), sum_rule=False).numpy()
    expected = -(atoms.positions @ FIELD) @ slopes
    assert found.sum(axis=0) == pytest.approx(expected, abs=1e-7)
    assert (np.abs(expected).max() > 1e-3) == (kind != "bond")
    with_rule = field_forces(model, evaluated(model, atoms), torch.tensor(FIELD)).numpy()
    assert with_rule == pytest.approx(found - found.mean(axis=0), abs=1e-12)


def test_no_field(message):
    model, atoms = random_model(message), random_atoms(6)
    assert not field_forces(model, evaluated(model, atoms), torch.zeros(3)).any()


def test_several_channels_are_refused():
    model = random_model(charge_head=HeadConfig(hidden=(6,), n_out=2))
    with pytest.raises(ModelError, match="2 charge channels"):
        field_forces(model, evaluated(model, random_atoms(7)), torch.tensor(FIELD))
