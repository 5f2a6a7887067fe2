"""Dipole, Born effective charges and forces of charges that are transfers between neighbours."""

import numpy as np
import pytest
from finite_differences import moved, slope, unit_step
from random_models import MESSAGES, random_atoms, random_model, rotated, rotation_matrix

from les_viz.md.calculator import LESCalculator
from les_viz.models.config import BondHeadConfig
from les_viz.response.predict import predict

BORN = {"born_effective_charges", "dipole"}
SOME_MESSAGES = ["none", "M+Ar+Bchi"]
FORMAL = {8: -2.0, 1: 1.0}


def bond_model(message="none", formal=None):
    head = BondHeadConfig(cutoff=2.8, n_transfers=3, n_radial_basis=4, hidden=(5,), formal_charges=formal or {})
    return random_model(message, charge_head=head)


def born(model, atoms, method="local"):
    return predict(model, atoms, quantities=BORN, bec_method=method)


@pytest.mark.parametrize("formal", [None, FORMAL])
@pytest.mark.parametrize("message", SOME_MESSAGES)
def test_slopes_of_the_dipole(message, formal):
    """In a neutral molecule Z is the derivative of the dipole."""
    model = bond_model(message, formal)
    atoms = random_atoms(4, n_atoms=6, pbc=False)
    found = born(model, atoms).born_effective_charges

    def moment(x, axis):
        return predict(model, moved(atoms, x * unit_step(2, axis, len(atoms))), quantities={"dipole"}).dipole

    slopes = np.stack([slope(lambda x, b=b: moment(x, b), 1e-4) for b in range(3)], axis=1)
    assert np.abs(slopes).max() > 0.005
    assert found[2] == pytest.approx(slopes, abs=1e-7)


@pytest.mark.parametrize("message", SOME_MESSAGES)
def test_slopes_of_the_dipole_of_a_crystal(message):
    """The dipole needs no molecules made whole: it is smooth although atoms see their own images."""
    model, atoms = bond_model(message), random_atoms(4, n_atoms=5)
    found = born(model, atoms).born_effective_charges

    def moment(x, axis):
        return predict(model, moved(atoms, x * unit_step(1, axis, len(atoms))), quantities={"dipole"}).dipole

    slopes = np.stack([slope(lambda x, b=b: moment(x, b), 1e-4) for b in range(3)], axis=1)
    assert found[1] == pytest.approx(slopes, abs=1e-7)


@pytest.mark.parametrize("message", MESSAGES)
def test_supercell(message):
    model, atoms = bond_model(message, FORMAL), random_atoms(1, n_atoms=4)
    one, many = born(model, atoms), born(model, atoms.repeat((2, 1, 2)))
    assert np.abs(many.born_effective_charges.reshape(-1, 4, 3, 3) - one.born_effective_charges).max() < 1e-9


@pytest.mark.parametrize("pbc", [True, False])
def test_acoustic_sum_rule(pbc):
    found = born(bond_model("none", FORMAL), random_atoms(2, n_atoms=9, pbc=pbc))
    assert np.abs(found.born_effective_charges).max() > 0.1
    assert np.abs(found.acoustic_sum_residual).max() < 1e-12
    assert np.abs(found.total_charge_derivative).max() == 0


def test_definitions_agree_for_a_molecule():
    model, atoms = bond_model("M+Ar+Bchi"), random_atoms(6, n_atoms=8, pbc=False)
    local, wrapped = born(model, atoms), born(model, atoms, "wrapped")
    assert local.born_effective_charges == pytest.approx(wrapped.born_effective_charges, abs=1e-11)


def test_covariance():
    model, atoms, rotation = bond_model("none", FORMAL), random_atoms(8), rotation_matrix(3)
    one, other = born(model, atoms), born(model, rotated(atoms, rotation))
    assert other.dipole == pytest.approx(rotation @ one.dipole, abs=1e-11)
    expected = np.einsum("ab,ibc,dc->iad", rotation, one.born_effective_charges, rotation)
    assert other.born_effective_charges == pytest.approx(expected, abs=1e-11)


def test_images_do_not_matter():
    model, atoms = bond_model(), random_atoms(9)
    shifted = atoms.copy()
    shifted.positions[[0, 3]] += np.asarray(atoms.cell)[0] - 2 * np.asarray(atoms.cell)[2]
    one, other = born(model, atoms), born(model, shifted)
    assert other.dipole == pytest.approx(one.dipole, abs=1e-11)
    assert other.born_effective_charges == pytest.approx(one.born_effective_charges, abs=1e-11)


@pytest.mark.parametrize("pbc", [True, False])
@pytest.mark.parametrize("field", [None, (0.03, -0.02, 0.05)])
def test_forces(pbc, field):
    """Slopes of E - E_field·P, the dipole taken from the prediction."""
    model, atoms = bond_model("none", FORMAL if not pbc else None), random_atoms(7, n_atoms=6, pbc=pbc)
    atoms.calc = LESCalculator(model, electric_field=field)
    forces = atoms.get_forces()

    def enthalpy(x):
        found = predict(model, moved(atoms, x * unit_step(1, 2, len(atoms))), quantities={"dipole"})
        return found.energy - np.dot(field or (0, 0, 0), found.dipole)

    assert forces[1, 2] == pytest.approx(-slope(enthalpy, 1e-4), abs=1e-6)
