"""Born effective charges that come when they are looked up, and the energy of transfers in a field: -E·P."""

import pickle

import numpy as np
import pytest
from random_models import random_atoms, random_model

from les_viz.md.calculator import LESCalculator
from les_viz.models.config import BondHeadConfig, HeadConfig
from les_viz.response.predict import predict

FIELD = (0.03, -0.05, 0.08)
BORN = "born_effective_charges"


def transfer_model(formal=None):
    head = BondHeadConfig(cutoff=2.8, n_transfers=3, n_radial_basis=4, hidden=(5,), formal_charges=formal or {})
    return random_model(charge_head=head, epsilon_infinity=1.7, charge_sign=-1)


@pytest.mark.parametrize("field", [None, FIELD])
def test_born_charges_are_looked_up_in_the_results(field):
    model, atoms = random_model(), random_atoms(1)
    atoms.calc = LESCalculator(model, electric_field=field)
    atoms.get_potential_energy()
    results = atoms.calc.results
    assert (BORN in results) is (field is not None)
    before = pickle.loads(pickle.dumps(results))
    atoms.positions[0] += 0.3
    atoms.get_potential_energy()
    expected = predict(model, random_atoms(1), quantities={BORN}).born_effective_charges
    for looked_up in (results, before):
        assert looked_up[BORN] == pytest.approx(expected, abs=1e-10)
        assert BORN in looked_up
        assert looked_up.get(BORN) is looked_up[BORN]
        assert BORN not in list(looked_up)
    assert np.abs(atoms.calc.results[BORN] - expected).max() > 1e-3


@pytest.mark.parametrize(
    "charges", [{"charge_head": HeadConfig(n_out=2)}, {"charge_head": None, "electrostatics": None}]
)
def test_what_a_model_does_not_define_is_not_in_the_results(charges):
    atoms = random_atoms(1)
    atoms.calc = LESCalculator(random_model(**charges))
    atoms.get_potential_energy()
    assert BORN not in atoms.calc.results
    assert atoms.calc.results.get(BORN, "none") == "none"
    for key in (BORN, "nothing"):
        with pytest.raises(KeyError, match=key):
            atoms.calc.results[key]


@pytest.mark.parametrize(("pbc", "formal"), [(True, None), (False, None), (False, {8: -2.0, 1: 1.0})])
def test_the_energy_of_transfers_in_a_field_is_that_of_their_polarisation(pbc, formal):
    """Two places far apart differ by ΔU - E·ΔP, whatever lies between."""
    model, atoms = transfer_model(formal), random_atoms(4, n_atoms=6, pbc=pbc)
    here = predict(model, atoms)
    far = atoms.copy()
    far.positions += np.random.default_rng(3).normal(scale=0.3, size=(6, 3))
    there = predict(model, far)
    expected = there.energy - here.energy - np.dot(FIELD, there.dipole - here.dipole)
    assert abs(np.dot(FIELD, there.dipole - here.dipole)) > 1e-3
    for scales in ((), (0.1, 0.4, 0.2)):
        assert energy_change(model, atoms, far, scales) == pytest.approx(expected, abs=1e-9)


def test_the_way_does_not_matter_for_formal_charges_in_a_crystal():
    model, atoms = transfer_model({8: -2.0, 1: 1.0}), random_atoms(4, n_atoms=6)
    far = atoms.copy()
    far.positions += np.random.default_rng(3).normal(scale=0.3, size=(6, 3))
    direct = energy_change(model, atoms, far, ())
    assert energy_change(model, atoms, far, (0.1, 0.4, 0.2)) == pytest.approx(direct, abs=1e-9)
    far.positions[2] += atoms.cell[1]
    assert energy_change(model, atoms, far, ()) == pytest.approx(direct, abs=1e-9)


def energy_change(model, start, end, scales):
    """Of a calculator in a field that goes from one structure to another past random places around it."""
    atoms = start.copy()
    atoms.calc = LESCalculator(model, electric_field=FIELD)
    before = atoms.get_potential_energy()
    for scale in scales:
        atoms.positions = start.positions + np.random.default_rng(5).normal(scale=scale, size=(6, 3))
        atoms.get_potential_energy()
    atoms.positions = end.positions
    return atoms.get_potential_energy() - before
