"""The plain algorithm: right by the reference vectors, and an independent oracle for the engine."""

import json

import pytest
import torch
from random_models import random_atoms, random_model

import les_viz
from les_viz.benchmark.ewald import Charges, MeshSetting, errors, les_viz_sum, plain_sum, torch_pme_sum
from les_viz.benchmark.plain import PlainModel, PlainStructure
from les_viz.benchmark.plain_features import monomials, symmetriser
from les_viz.models.config import BondHeadConfig

CHECKPOINTS = [
    "water_v2",
    "pbtio3_phase4",
    "water_mp0_4charges",
    "au2mgo_lr",
    "charged_dimer_CC",
    "dipep_caceles_r5.5_nl1_nu2",
    "random_charge_lr_c4",
]


def structure_of(inputs: dict) -> PlainStructure:
    return PlainStructure(
        atomic_numbers=torch.tensor(inputs["numbers"]),
        positions=torch.tensor(inputs["positions"], dtype=torch.float64),
        cell=torch.tensor(inputs["cell"], dtype=torch.float64),
        periodic=all(inputs["pbc"]),
    )


@pytest.mark.shared
@pytest.mark.parametrize("name", CHECKPOINTS)
def test_reference_vectors(name, shared):
    vector = json.loads((shared / f"oracle/vectors/checkpoints/{name}.json").read_text(encoding="utf-8"))
    outputs, tolerances = vector["outputs"], vector["tolerances"]
    model = les_viz.load_model(shared / f"published/{name}.pth")
    result = PlainModel.of(model.config, model.state_dict()).evaluate(structure_of(vector["inputs"]))
    assert float(result.short_range_energy) == pytest.approx(outputs["energy_SR"], abs=tolerances["energy_eV"])
    if vector["kspace_gap"] == 0:
        return  # vectors on the sphere of the cutoff: the reference takes some of them, we take all
    total = float(result.short_range_energy + result.long_range_energy)
    assert total == pytest.approx(outputs["energy_total"], abs=tolerances["energy_eV"])
    expected = torch.tensor(outputs["forces"], dtype=torch.float64)
    assert float((result.forces - expected).abs().max()) < tolerances["forces"]


@pytest.mark.shared
def test_wrapped_born_charges_of_the_reference(shared):
    vector = json.loads((shared / "oracle/vectors/checkpoints/pbtio3_phase4.json").read_text(encoding="utf-8"))
    model = les_viz.load_model(shared / "published/pbtio3_phase4.pth")
    plain = PlainModel.of(model.config, model.state_dict())
    result = plain.evaluate(structure_of(vector["inputs"]), born_charges=True)
    to_codata = (90.0474 / les_viz.units.RECIPROCAL_COULOMB_CONSTANT) ** 0.5
    expected = torch.tensor(vector["outputs"]["BEC"], dtype=torch.float64) * to_codata
    assert float((result.born_effective_charges - expected).abs().max()) < vector["tolerances"]["bec"]


@pytest.mark.parametrize(("l_max", "nu_max", "count"), [(2, 2, 3), (3, 3, 6), (4, 3, 9)])
def test_number_of_invariants(l_max, nu_max, count):
    assert len(symmetriser(l_max, nu_max)) == count


def test_order_of_monomials():
    expected = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 0, 0), (1, 1, 0), (1, 0, 1), (0, 2, 0)]
    assert monomials(2)[:8] == expected


def test_engine_and_plain_sum_agree():
    given = Charges.water_like(192, "float64")
    plain, engine = plain_sum(given), les_viz_sum(given, "direct")
    assert float(engine.energy - plain.energy) == pytest.approx(0, abs=1e-10)
    assert float((engine.forces - plain.forces).abs().max()) < 1e-11
    assert float((engine.potential - plain.potential).abs().max()) < 1e-10


def test_torch_pme_agrees_with_the_converged_engine():
    given = Charges.water_like(192, "float64")
    converged = les_viz_sum(given, "direct", k_cutoff=9.0)
    of_potential, of_forces = errors(torch_pme_sum(given, MeshSetting("Ewald", 0.5, 0)), converged)
    assert of_potential < 1e-8
    assert of_forces < 1e-7


def test_transfers_between_neighbours():
    """Charges, energy, forces and Born charges of a bond head, pair by pair."""
    head = BondHeadConfig(cutoff=2.7, n_transfers=3, hidden=(4,), formal_charges={8: -1.0})
    model, atoms = random_model(charge_head=head), random_atoms(2)
    structure = PlainStructure(
        atomic_numbers=torch.tensor(atoms.numbers),
        positions=torch.tensor(atoms.positions),
        cell=torch.tensor(atoms.cell[:]),
        periodic=True,
    )
    plain = PlainModel.of(model.config, model.state_dict()).evaluate(structure, born_charges=True)
    quantities = {"forces", "born_effective_charges"}
    found = les_viz.predict(model, atoms, quantities=quantities, bec_method="wrapped")
    assert found.energy == pytest.approx(float(plain.energy), abs=1e-11)
    assert found.latent_charges == pytest.approx(plain.charges[:, 0].numpy(), abs=1e-12)
    assert found.forces == pytest.approx(plain.forces.numpy(), abs=1e-11)
    assert found.born_effective_charges == pytest.approx(plain.born_effective_charges.numpy(), abs=1e-11)
