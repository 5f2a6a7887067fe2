"""`local` Born effective charges: independent of the cell, exact against finite differences, covariant."""

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import molecule as build_molecule
from finite_differences import moved, slope, unit_step
from published_vectors import atoms_of, checkpoint_vector, published_model
from random_models import random_atoms, random_model, rotated, rotation_matrix

from les_viz.models.model import LESModel
from les_viz.response.predict import predict

BORN = {"born_effective_charges"}


def born(model, atoms, method="local"):
    return predict(model, atoms, quantities=BORN, bec_method=method).born_effective_charges


@pytest.mark.parametrize("counts", [(2, 2, 2), (3, 1, 2)])
def test_supercell(message, counts):
    """The cell is narrower than the reach of a charge, and supercells are wider: same numbers."""
    model, atoms = random_model(message), random_atoms(1, n_atoms=5)
    one = born(model, atoms)
    many = born(model, atoms.repeat(counts)).reshape(-1, 5, 3, 3)
    assert np.abs(one - np.eye(3) * one.trace(axis1=1, axis2=2)[:, None, None] / 3).max() > 0.05
    assert np.abs(many - one).max() < 1e-9


@pytest.mark.parametrize("message", ["none", "M+Ar+Bchi", "Bchi per channel and l"])
def test_three_fold_supercell(message):
    model, atoms = random_model(message), random_atoms(2, n_atoms=2)
    one = born(model, atoms)
    assert np.abs(born(model, atoms.repeat(3)).reshape(-1, 2, 3, 3) - one).max() < 1e-9


@pytest.mark.shared
def test_published_perovskite_and_its_supercells(shared):
    """One formula unit of distorted PbTiO3 (five atoms in 3.97 Å, cutoff 6 Å, one message) against its supercells."""
    model = published_model(shared, "pbtio3_phase4")
    sites = np.array([[0, 0, 0], [0.5, 0.5, 0.55], [0.5, 0.5, 0.07], [0.5, 0, 0.56], [0, 0.52, 0.57]])
    atoms = Atoms("PbTiO3", scaled_positions=sites, cell=[3.97, 3.97, 4.05], pbc=True)
    one = born(model, atoms)
    assert np.abs(one).max() > 0.5
    for counts in (2, 3):
        assert np.abs(born(model, atoms.repeat(counts)).reshape(-1, 5, 3, 3) - one).max() < 1e-6


@pytest.mark.shared
def test_published_water_and_its_supercell(shared):
    """12.4 Å against a cutoff of 4.5 Å: the sine shows in `wrapped`, nothing shows in `local`."""
    model = published_model(shared, "water_v4")
    atoms = atoms_of(checkpoint_vector(shared, "water_v4"))
    one, many = born(model, atoms), born(model, atoms.repeat((2, 1, 1)))
    assert np.abs(many.reshape(2, -1, 3, 3) - one).max() < 1e-6
    assert np.abs(born(model, atoms, "wrapped") - one).max() > 0.1


def test_wrapped_tends_to_local_as_the_cell_grows(message):
    """The sine differs from its argument by the cube: the error falls with the square of the edge."""
    model, atoms = random_model(message), random_atoms(3, n_atoms=2)
    local = born(model, atoms)
    errors = [np.abs(born(model, atoms.repeat(n), "wrapped")[:2] - local).max() for n in (2, 4)]
    assert errors[1] < 0.4 * errors[0]
    assert errors[0] > 1e-3


@pytest.mark.parametrize("pbc", [True, False])
def test_rotation(message, pbc):
    model, atoms, rotation = random_model(message), random_atoms(4, pbc=pbc), rotation_matrix(5)
    before, after = born(model, atoms), born(model, rotated(atoms, rotation))
    assert after == pytest.approx(np.einsum("ac,icd,bd->iab", rotation, before, rotation), abs=1e-9)


def test_translation_wrapping_and_order(message):
    model, atoms = random_model(message), random_atoms(6)
    order = np.random.default_rng(7).permutation(len(atoms))
    elsewhere = atoms[order]
    elsewhere.positions += (1.3, -0.4, 2.2)
    elsewhere.wrap()
    assert born(model, elsewhere) == pytest.approx(born(model, atoms)[order], abs=1e-10)


def test_molecule_against_finite_differences(message):
    """Z_i = ∂/∂R_i of Σ_j q_j (R_j - R_i⁰), the mean charge taken off."""
    model, atoms = random_model(message), random_atoms(8, pbc=False)
    found = predict(model, atoms, quantities=BORN)
    for i in (0, 3, 6):

        def moment(step, i=i):
            there = moved(atoms, step)
            charges = predict(model, there, quantities={"latent_charges"}).latent_charges
            return charges @ (there.positions - atoms.positions[i])

        slopes = np.stack([slope(lambda x, b=b, i=i: moment(x * unit_step(i, b))) for b in range(3)], axis=1)
        expected = slopes - found.latent_charges.mean() * np.eye(3)
        assert found.born_effective_charges[i] == pytest.approx(expected, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("pbc", [True, False])
def test_derivative_of_the_total_charge(message, pbc):
    model, atoms = random_model(message), random_atoms(9, pbc=pbc)
    found = predict(model, atoms, quantities=BORN)
    direction = np.random.default_rng(10).normal(size=(7, 3))

    def total(x):
        return predict(model, moved(atoms, x * direction), quantities={"latent_charges"}).latent_charges.sum()

    expected = slope(total)
    assert abs(expected) > 1e-3
    assert (found.total_charge_derivative * direction).sum() == pytest.approx(expected, rel=1e-7, abs=1e-7)
    assert np.abs(found.total_charge_derivative.sum(axis=0)).max() < 1e-9


@pytest.mark.parametrize("pbc", [True, False])
def test_acoustic_sum_residual(message, pbc):
    found = predict(random_model(message), random_atoms(11, pbc=pbc), quantities=BORN)
    assert found.acoustic_sum_residual == pytest.approx(found.born_effective_charges.sum(axis=0), abs=1e-14)
    if pbc:
        return
    # A molecule moved as a whole carries its charges along; what is left is how Q changes, weighted with the places.
    expected = -np.einsum("ia,ib->ab", found.positions, found.total_charge_derivative)
    assert found.acoustic_sum_residual == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("method", ["local", "wrapped"])
@pytest.mark.parametrize("pbc", [True, False])
def test_fixed_charges(message, method, pbc, monkeypatch):
    """Charges that do not depend on the surroundings: Z = (q - q̄) 1."""
    model, atoms = random_model(message), random_atoms(12, pbc=pbc)
    original = LESModel.read_charges

    def fixed(self, features):
        charges = original(self, features)
        return 0 * charges + charges.new_tensor([[0.3], [-0.2], [0.7], [-0.4], [0.1], [0.9], [-0.6]])

    monkeypatch.setattr(LESModel, "read_charges", fixed)
    found = predict(model, atoms, quantities=BORN, bec_method=method)
    neutral = found.latent_charges - found.latent_charges.mean()
    assert np.ptp(neutral) == pytest.approx(1.5)
    assert found.born_effective_charges == pytest.approx(neutral[:, None, None] * np.eye(3), abs=1e-12)
    assert found.total_charge_derivative == pytest.approx(np.zeros((7, 3)), abs=1e-14)


def test_equal_charges_move_nothing():
    """A head of a bias alone: every charge is its mean."""
    model = random_model()
    for name, parameter in model.charge_head.named_parameters():
        parameter.fill_(0.5 if name == "linear.bias" else 0.0)
    found = predict(model, random_atoms(13), quantities=BORN)
    assert found.latent_charges == pytest.approx(np.full(7, 0.15))
    assert found.born_effective_charges == pytest.approx(np.zeros((7, 3, 3)), abs=1e-14)


def test_molecule_in_a_wide_cell_is_the_molecule(message):
    atoms = build_molecule("H2O")
    boxed = atoms.copy()
    boxed.set_cell(np.eye(3) * 25)
    boxed.set_pbc((True, True, True))
    boxed.positions += 0.2  # across the boundary
    boxed.wrap()
    model = random_model(message)
    assert born(model, boxed) == pytest.approx(born(model, atoms), abs=1e-11)


@pytest.mark.parametrize("pbc", [True, False])
def test_derivative_of_the_dipole(message, pbc):
    """μ is about the geometric centre, Z about the moved atom: Z_i = ∂μ/∂R_i - (R_i - r̄) ∂Q/∂R_i."""
    if pbc:
        atoms = build_molecule("H2O")
        atoms.set_cell(np.diag([9.0, 8.0, 10.0]))
        atoms.set_pbc((True, True, True))
    else:
        atoms = random_atoms(14, pbc=False)
    model = random_model(message).rescaled(charge_sign=-1, epsilon_infinity=1.78)
    found = predict(model, atoms, quantities={"dipole", *BORN})

    def moment(x, axis):
        return predict(model, moved(atoms, x * unit_step(1, axis, len(atoms))), quantities={"dipole"}).dipole

    slopes = np.stack([slope(lambda x, b=b: moment(x, b)) for b in range(3)], axis=1)
    away = atoms.positions[1] - found.dipole_origin
    expected = slopes - np.outer(away, found.total_charge_derivative[1])
    assert found.born_effective_charges[1] == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_single_precision(message):
    exact, rounded = (
        born(random_model(message).to_precision(dtype), random_atoms(15)) for dtype in (torch.float64, torch.float32)
    )
    assert rounded == pytest.approx(exact, abs=1e-4 * np.abs(exact).max())
