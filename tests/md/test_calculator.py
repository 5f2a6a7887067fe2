"""The ASE calculator: equal to `predict`, forces that match the energy, the work of a field, kept neighbours."""

import ase
import ase.io
import numpy as np
import pytest
import torch
from ase import units
from ase.calculators.calculator import PropertyNotImplementedError
from ase.md.verlet import VelocityVerlet
from random_models import random_atoms, random_config, random_model, weighted
from unchecked import unchecked

from les_viz.errors import BoundaryError, ModelError, SettingError, StructureError
from les_viz.md.calculator import LESCalculator
from les_viz.models.config import BondHeadConfig, HeadConfig
from les_viz.models.loading import load_model
from les_viz.models.model import LESModel
from les_viz.response.predict import predict
from les_viz.response.prediction import Quantity
from les_viz.system import System

FIELD = (0.03, -0.05, 0.08)
EVERYTHING = {quantity.value for quantity in Quantity}


@pytest.fixture(scope="module")
def model():
    return random_model()


def with_calculator(model, seed=1, *, pbc=True, **settings):
    atoms = random_atoms(seed, pbc=pbc)
    atoms.calc = LESCalculator(model, **settings)
    return atoms


def voigt(stress):
    return [stress[0, 0], stress[1, 1], stress[2, 2], stress[1, 2], stress[0, 2], stress[0, 1]]


def assert_equals_predict(atoms, model):
    expected = predict(model, atoms, quantities=EVERYTHING)
    assert atoms.get_potential_energy() == pytest.approx(expected.energy, abs=1e-9)
    assert atoms.get_potential_energy(force_consistent=True) == atoms.get_potential_energy()
    assert atoms.get_forces() == pytest.approx(expected.forces, abs=1e-10)
    assert atoms.get_charges() == pytest.approx(expected.partial_charges, abs=1e-10)
    assert atoms.get_dipole_moment() == pytest.approx(expected.dipole, abs=1e-10)
    if expected.stress is not None:
        assert atoms.get_stress() == pytest.approx(voigt(expected.stress), abs=1e-10)
    born = atoms.calc.get_property("born_effective_charges", atoms)
    assert born == pytest.approx(expected.born_effective_charges, abs=1e-10)
    results = atoms.calc.results
    assert results["short_range_energy"] == pytest.approx(expected.short_range_energy, abs=1e-9)
    assert results["long_range_energy"] == pytest.approx(expected.long_range_energy, abs=1e-10)
    assert results["latent_charges"] == pytest.approx(expected.latent_charges, abs=1e-10)


@pytest.mark.parametrize("message", ["none", "M+Ar+Bchi"])
@pytest.mark.parametrize("pbc", [True, False])
def test_equals_predict(message, pbc):
    model = random_model(message, charge_sign=-1, epsilon_infinity=1.8)
    assert_equals_predict(with_calculator(model, pbc=pbc), model)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["water_v4", "pbtio3_phase4"])
def test_published_models_equal_predict(shared, name):
    model = load_model(shared / "published" / f"{name}.pth")
    generator = np.random.default_rng(3)
    if name == "water_v4":
        atoms = ase.io.read(shared / "data/water_pbe0/val.extxyz.gz", 0, format="extxyz")[:48]
    else:
        places = [[0, 0, 0], [0.5] * 3, [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
        atoms = ase.Atoms("PbTiO3", scaled_positions=places, cell=[3.9, 3.9, 4.1], pbc=True)
        atoms.positions += generator.normal(scale=0.05, size=(5, 3))
    atoms.calc = LESCalculator(model)
    assert_equals_predict(atoms, model)


@pytest.mark.parametrize("pbc", [True, False])
def test_forces_are_slopes_of_the_energy_in_a_field(model, pbc):
    """The energy holds the work of the field along the path, also where the path turns."""
    atoms = with_calculator(model, pbc=pbc, electric_field=FIELD)
    forces = atoms.get_forces()
    start, step = atoms.positions.copy(), 1e-4
    without = predict(model, atoms, quantities={"forces"}).forces
    assert np.abs(forces - without).max() > 1e-3  # the field is felt
    for atom, axis in ((0, 0), (3, 1), (6, 2)):
        energies = []
        for sign in (1, -1):
            atoms.positions[atom, axis] = start[atom, axis] + sign * step
            energies.append(atoms.get_potential_energy())
        atoms.positions[atom, axis] = start[atom, axis]
        assert -(energies[0] - energies[1]) / (2 * step) == pytest.approx(forces[atom, axis], abs=2e-5)


def test_forces_of_the_field_are_born_charges_times_field(model):
    atoms = with_calculator(model, electric_field=FIELD)
    expected = predict(model, atoms, quantities={"forces", "born_effective_charges"})
    born = expected.born_effective_charges
    from_field = np.einsum("a,iab->ib", FIELD, born) - np.einsum("a,ab->b", FIELD, born.mean(axis=0))
    assert atoms.get_forces() == pytest.approx(expected.forces + from_field, abs=1e-10)
    assert atoms.calc.results["born_effective_charges"] == pytest.approx(born, abs=1e-10)


def test_without_the_sum_rule_the_mean_of_the_born_charges_stays(model):
    atoms = with_calculator(model, electric_field=FIELD, sum_rule=False)
    expected = predict(model, atoms, quantities={"forces", "born_effective_charges"})
    from_field = np.einsum("a,iab->ib", FIELD, expected.born_effective_charges)
    assert np.abs(from_field.sum(axis=0)).max() > 1e-3
    assert atoms.get_forces() == pytest.approx(expected.forces + from_field, abs=1e-10)


@pytest.mark.parametrize("field", [None, FIELD])
def test_no_net_force(model, field):
    assert with_calculator(model, electric_field=field).get_forces().sum(axis=0) == pytest.approx(0, abs=1e-10)


def test_the_way_there_and_back_does_no_work(model):
    atoms = with_calculator(model, electric_field=FIELD)
    start = atoms.get_potential_energy()
    steps = np.random.default_rng(0).normal(scale=0.03, size=(4, len(atoms), 3))
    for step in steps:
        atoms.positions += step
        atoms.get_potential_energy()
    assert abs(atoms.calc.results["field_work"]) > 1e-3
    for step in steps[::-1]:
        atoms.positions -= step
        end = atoms.get_potential_energy()
    assert end == pytest.approx(start, abs=1e-9)
    assert atoms.calc.results["field_work"] == pytest.approx(0, abs=1e-12)


def test_a_jump_by_lattice_vectors_does_no_work(model):
    atoms = with_calculator(model, electric_field=FIELD)
    start = atoms.get_potential_energy()
    atoms.positions[2] += atoms.cell[0] - 2 * atoms.cell[2]
    assert atoms.get_potential_energy() == pytest.approx(start, abs=1e-9)
    assert atoms.calc.results["field_work"] == pytest.approx(0, abs=1e-12)


def test_work_is_energy_without_field_minus_energy(model):
    atoms = with_calculator(model, electric_field=FIELD)
    atoms.get_potential_energy()
    atoms.positions[0] += (0.05, 0.02, -0.04)
    energy = atoms.get_potential_energy()
    results = atoms.calc.results
    assert results["field_work"] != 0
    assert energy == pytest.approx(results["energy_without_field"] - results["field_work"], abs=1e-12)
    assert results["energy_without_field"] == pytest.approx(predict(model, atoms).energy, abs=1e-9)


def test_asking_twice_in_one_place_does_no_work(model):
    atoms = with_calculator(model, electric_field=FIELD)
    atoms.get_potential_energy()
    atoms.positions[0, 0] += 0.05
    atoms.get_potential_energy()
    work = atoms.calc.results["field_work"]
    atoms.get_dipole_moment()  # computes anew
    assert atoms.calc.results["field_work"] == work != 0


def test_setting_the_field_keeps_the_work_and_counts_from_there(model):
    atoms = with_calculator(model, electric_field=FIELD)
    atoms.get_potential_energy()
    atoms.positions[0, 0] += 0.05
    before = atoms.get_potential_energy()
    work = atoms.calc.results["field_work"]
    atoms.calc.electric_field = (0, 0, 0.2)
    assert atoms.calc.electric_field == pytest.approx([0, 0, 0.2])
    assert atoms.get_potential_energy() == pytest.approx(before, abs=1e-9)
    atoms.calc.electric_field = None
    forces = atoms.get_forces()
    assert forces == pytest.approx(predict(model, atoms).forces, abs=1e-10)
    atoms.positions[0, 0] -= 0.05
    atoms.get_potential_energy()
    assert atoms.calc.results["field_work"] == work != 0
    atoms.calc.electric_field = FIELD
    atoms.get_potential_energy()
    assert atoms.calc.results["field_work"] == work


def test_the_field_cannot_be_changed_behind_the_calculators_back(model):
    calculator = LESCalculator(model, electric_field=FIELD)
    calculator.electric_field[0] = 1.0
    assert calculator.electric_field == pytest.approx(FIELD)


def test_reset_field_work(model):
    atoms = with_calculator(model, electric_field=FIELD)
    atoms.get_potential_energy()
    atoms.positions[0, 0] += 0.05
    assert atoms.get_potential_energy() != pytest.approx(predict(model, atoms).energy, abs=1e-6)
    atoms.calc.reset_field_work()
    assert atoms.get_potential_energy() == pytest.approx(predict(model, atoms).energy, abs=1e-9)


@pytest.mark.parametrize("field_afterwards", [FIELD, None])
def test_other_atoms_start_without_work(model, field_afterwards):
    atoms = with_calculator(model, electric_field=FIELD)
    atoms.get_potential_energy()
    atoms.positions[0, 0] += 0.05
    atoms.get_potential_energy()
    atoms.calc.electric_field = field_afterwards
    other = atoms[:5]
    other.calc = atoms.calc
    assert other.get_potential_energy() == pytest.approx(predict(model, other).energy, abs=1e-9)


def drift(model, timestep_fs, *, pbc):
    """Spread of the total energy over 4.8 fs, and the work of the field, both in eV."""
    atoms = with_calculator(model, pbc=pbc, electric_field=(0.3, -0.2, 0.4))
    atoms.set_masses([16.0] * len(atoms))  # slow hydrogen: the random surface is steep
    atoms.set_velocities(np.random.default_rng(5).normal(scale=0.04, size=(len(atoms), 3)))
    dynamics = VelocityVerlet(atoms, timestep_fs * units.fs)
    totals = []
    dynamics.attach(lambda: totals.append(atoms.get_total_energy()))
    dynamics.run(round(4.8 / timestep_fs))
    return np.ptp(totals), atoms.calc.results["field_work"]


@pytest.mark.parametrize("pbc", [True, False])
def test_energy_is_conserved_in_a_field_and_better_with_shorter_steps(model, pbc):
    coarse, _ = drift(model, 0.4, pbc=pbc)
    medium, _ = drift(model, 0.2, pbc=pbc)
    fine, work = drift(model, 0.1, pbc=pbc)
    assert coarse / medium == pytest.approx(4, rel=0.02)
    assert medium / fine == pytest.approx(4, rel=0.02)
    assert fine < 0.02 * abs(work)


def neighbor_searches(monkeypatch):
    """A list that grows with every search for neighbours."""
    found, original = [], LESModel.neighbors

    def counted(self, system: System, skin: float = 0.0):
        found.append(skin)
        return original(self, system, skin)

    monkeypatch.setattr(LESModel, "neighbors", counted)
    return found


def test_kept_neighbours_change_no_number(model, monkeypatch):
    atoms = with_calculator(model, skin=0.5)
    searches = neighbor_searches(monkeypatch)
    velocities = np.random.default_rng(2).normal(scale=0.02, size=(len(atoms), 3))
    for _ in range(15):
        atoms.positions += velocities
        expected = predict(model, atoms)
        assert atoms.get_potential_energy() == pytest.approx(expected.energy, abs=1e-10)
        assert atoms.get_forces() == pytest.approx(expected.forces, abs=1e-10)
    own = [skin for skin in searches if skin == 0.5]
    farthest = 15 * np.linalg.norm(velocities, axis=1).max()
    assert 2 <= len(own) <= 1 + farthest / 0.25 < 15


def test_neighbours_are_found_anew_only_when_needed(model, monkeypatch):
    atoms = with_calculator(model, skin=0.4)
    searches = neighbor_searches(monkeypatch)

    def searched_by(change):
        before = len(searches)
        change()
        atoms.get_potential_energy()
        return len(searches) - before

    assert searched_by(lambda: None) == 1
    assert searched_by(lambda: atoms.translate((0.1, 0, 0))) == 0
    assert searched_by(lambda: atoms.translate((0.11, 0, 0))) == 1  # 0.21 Å from where they were found
    assert searched_by(lambda: atoms.positions.__iadd__(atoms.cell[1])) == 1
    assert searched_by(lambda: atoms.set_cell(atoms.cell * 1.001)) == 1
    assert searched_by(lambda: atoms.symbols.__setitem__(0, "H")) == 1
    assert searched_by(lambda: atoms.set_pbc(False)) == 1
    assert atoms.get_potential_energy() == pytest.approx(predict(model, atoms).energy, abs=1e-10)


def test_without_skin_neighbours_are_found_at_every_step(model, monkeypatch):
    atoms = with_calculator(model, skin=0)
    searches = neighbor_searches(monkeypatch)
    for _ in range(3):
        atoms.positions += 1e-3
        atoms.get_potential_energy()
    assert searches == [0, 0, 0]


def test_stress_in_a_field_is_refused(model):
    atoms = with_calculator(model, electric_field=FIELD)
    with pytest.raises(PropertyNotImplementedError, match="switch the field off"):
        atoms.get_stress()
    atoms.calc.electric_field = None
    assert atoms.get_stress().shape == (6,)


def test_an_open_system_has_no_stress(model):
    with pytest.raises(PropertyNotImplementedError, match="stress"):
        with_calculator(model, pbc=False).get_stress()


@pytest.mark.parametrize(
    "field", [(0.1, 0.2), 0.1, (0, 0, np.inf), (0, np.nan, 0), [[0, 0, 1]], "up", [(1, 2), (1,)], {"z": 1.0}]
)
def test_bad_fields_are_refused(model, field):
    with pytest.raises(SettingError, match=r"electric_field is .*three finite numbers in V/Å"):
        LESCalculator(model, electric_field=field)
    calculator = LESCalculator(model, electric_field=FIELD)
    with pytest.raises(SettingError, match="electric_field"):
        calculator.electric_field = field
    assert calculator.electric_field == pytest.approx(FIELD)


@pytest.mark.parametrize("skin", [-0.1, np.inf, np.nan, "0.4"])
def test_bad_skins_are_refused(model, skin):
    with pytest.raises(SettingError, match=r"skin is .* expected a number of at least 0"):
        LESCalculator(model, skin=skin)


def test_no_structure_is_refused(model):
    with pytest.raises(SettingError, match="pass atoms"):
        LESCalculator(model).calculate()


def test_a_field_needs_one_charge_channel():
    atoms = with_calculator(
        random_model(charge_head=HeadConfig(n_out=2, hidden=(6,), scale=0.3)), electric_field=(0, 0, 0.1)
    )
    with pytest.raises(ModelError, match="2 charge channels"):
        atoms.get_forces()
    atoms.calc.electric_field = None
    assert atoms.get_charges().shape == (7,)
    assert atoms.calc.results["latent_charges"].shape == (7, 2)


def test_boundary_overrules_pbc(model):
    atoms = with_calculator(model)
    atoms.pbc = [True, True, False]
    with pytest.raises(BoundaryError, match="some directions only"):
        atoms.get_potential_energy()
    for boundary in ("periodic", "open"):
        atoms.calc = LESCalculator(model, boundary=boundary, electric_field=FIELD)
        expected = predict(model, atoms, boundary=boundary)
        assert atoms.get_potential_energy() == pytest.approx(expected.energy, abs=1e-9)
    assert expected.pbc is False


@pytest.mark.parametrize(("boundary", "works"), [("periodic", False), ("open", True)])
def test_work_follows_the_boundary_not_pbc(model, boundary, works):
    atoms = with_calculator(model, boundary=boundary, electric_field=FIELD)
    atoms.pbc = [True, True, False]
    atoms.get_potential_energy()
    atoms.positions[2] += atoms.cell[2]
    atoms.get_potential_energy()
    assert (abs(atoms.calc.results["field_work"]) > 1e-6) is works


def test_after_a_refusal_the_calculator_still_works(model):
    atoms = with_calculator(model, electric_field=FIELD)
    atoms.get_potential_energy()
    strange = atoms.copy()
    strange.symbols[0] = "Au"
    strange.calc = atoms.calc
    with pytest.raises(ModelError, match="does not know Au"):
        strange.get_potential_energy()
    assert atoms.get_potential_energy() == pytest.approx(predict(model, atoms).energy, abs=1e-9)


def test_single_precision(model):
    single = weighted(random_config()).to_precision(torch.float32)
    atoms = with_calculator(single)
    assert atoms.get_forces() == pytest.approx(predict(model, atoms).forces, abs=2e-4)


@pytest.mark.parametrize("charge", [1, np.array(1), "1", np.float64(1.0)])
def test_ions_are_refused_as_by_predict(charge):
    """A model of transfers has neutral structures only."""
    transfers = random_model(charge_head=BondHeadConfig(cutoff=3.0, n_transfers=3, hidden=(5,), scale=0.5))
    atoms = random_atoms(1)
    atoms.info["charge"] = charge
    for ask in (lambda: predict(transfers, atoms), lambda: LESCalculator(transfers).get_potential_energy(atoms)):
        with pytest.raises(StructureError, match=r"total charge is \+1 e"):
            ask()


def test_an_unknown_boundary_is_refused_at_once(model):
    with pytest.raises(BoundaryError, match="boundary is 'foo'"):
        unchecked("les_viz.md.calculator").LESCalculator(model, boundary="foo")
