"""Every CACE vector: energy, its parts, forces, charges, Born effective charges, stress, features."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from published_vectors import CHECKPOINTS, TO_CODATA, atoms_of, checkpoint_vector, published_model
from seen import surroundings_of

from les_viz.models.model import LESModel
from les_viz.response.predict import predict
from les_viz.response.prediction import Prediction
from les_viz.system import System

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def prediction(shared):
    """Predictions in double precision, made once."""
    made: dict[str, Prediction] = {}

    def predicted(name: str) -> Prediction:
        if name not in made:
            outputs = checkpoint_vector(shared, name)["outputs"]
            quantities = {"energy", "forces", "stress"}
            if outputs["BEC"] is not None:
                quantities.add("born_effective_charges")
            atoms = atoms_of(checkpoint_vector(shared, name))
            made[name] = predict(published_model(shared, name), atoms, quantities=quantities, bec_method="wrapped")
        return made[name]

    return predicted


def test_no_vector_is_left_out(shared):
    names = {path.stem for path in (shared / "oracle/vectors/checkpoints").glob("*.json")}
    kinds = {name: checkpoint_vector(shared, name)["kind"] for name in names}
    assert {name for name, kind in kinds.items() if kind == "checkpoint"} == set(CHECKPOINTS)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_energy_and_its_parts(name, prediction, shared):
    vector, found = checkpoint_vector(shared, name), prediction(name)
    outputs, tolerance = vector["outputs"], vector["tolerances"]["energy_eV"]
    long_range = vector["lr_weight"] * outputs["energy_LR_unweighted"]
    assert found.energy == pytest.approx(outputs["energy_total"], abs=tolerance)
    assert found.short_range_energy == pytest.approx(outputs["energy_SR"], abs=tolerance)
    assert found.long_range_energy == pytest.approx(long_range, abs=tolerance)
    assert found.short_range_energies.sum() == pytest.approx(found.short_range_energy, abs=1e-9)
    assert found.long_range_energies.sum() == pytest.approx(found.long_range_energy, abs=1e-9)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_forces(name, prediction, shared):
    vector = checkpoint_vector(shared, name)
    difference = prediction(name).forces - np.array(vector["outputs"]["forces"])
    assert np.abs(difference).max() < vector["tolerances"]["forces"]


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_charges(name, prediction, shared):
    vector = checkpoint_vector(shared, name)
    expected = np.array(vector["outputs"]["q_e"]) * TO_CODATA
    found = prediction(name).latent_charges.reshape(expected.shape)
    assert np.abs(found - expected).max() < vector["tolerances"]["charges"]


@pytest.mark.parametrize("name", [name for name in CHECKPOINTS if name != "water_mp0_4charges"])
def test_wrapped_born_effective_charges(name, prediction, shared):
    vector = checkpoint_vector(shared, name)
    expected = np.array(vector["outputs"]["BEC"]) * TO_CODATA
    difference = prediction(name).born_effective_charges - expected
    assert np.abs(difference).max() < vector["tolerances"]["bec"]


def test_stress(prediction, shared):
    vector = checkpoint_vector(shared, "pbtio3_phase4")
    (expected,) = np.array(vector["outputs"]["stress_dE_dstrain_over_V"])
    assert np.abs(prediction("pbtio3_phase4").stress - expected).max() < 1e-12


def test_vectors_on_the_sphere_of_the_cutoff(shared):
    """30 vectors k lie on the sphere: 2π/30 Å rounded to single precision puts all of them outside.

    That is the authors' own run (-0.134185 eV). Their double-precision one, patched, loses 24 of them to the rounding
    of sums of squares (-0.133938 eV); all 30 together give -0.132095 eV.
    """
    name = "charged_dimer_CC"
    vector, model = checkpoint_vector(shared, name), published_model(shared, name)
    found = predict(model, atoms_of(vector))
    assert found.long_range_energy == pytest.approx(vector["float32"]["energy_LR"], abs=2e-6)
    settings = model.config.electrostatics
    exact = replace(model.config, electrostatics=replace(settings, single_precision_k=False))
    with_all = LESModel(exact).to_precision(model.dtype)
    with_all.load_state_dict(model.state_dict())
    assert predict(with_all, atoms_of(vector)).long_range_energy == pytest.approx(-0.132095, abs=2e-6)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_single_precision(name, prediction, shared):
    """Against the reference, or where that holds some of the vectors on the cutoff, against our double precision."""
    vector = checkpoint_vector(shared, name)
    exact = prediction(name).forces if name == "charged_dimer_CC" else np.array(vector["outputs"]["forces"])
    rounded = predict(published_model(shared, name, torch.float32), atoms_of(vector))
    assert np.abs(rounded.forces - exact).max() < 2e-4
    assert rounded.long_range_energy == pytest.approx(prediction(name).long_range_energy, abs=2e-4)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_features(name, shared):
    vector, model = checkpoint_vector(shared, name), published_model(shared, name)
    system = System.from_atoms(atoms_of(vector))
    surroundings = surroundings_of(model, system)
    expected = torch.tensor(vector["outputs"]["descriptor_atom0"], dtype=torch.float64)
    assert np.prod(vector["outputs"]["descriptor_shape"][1:]) == len(expected)
    found = [representation(surroundings)[0] for representation in model.representations]
    assert min(float((features - expected).abs().max()) for features in found) < 1e-10


@pytest.mark.parametrize(
    ("name", "epsilon_infinity", "field"),
    [("field_pbtio3_x_kVcm", 1.0, (0.02, 0, 0)), ("field_water_v4_z_scalar", 1.333**2, (0, 0, 0.1))],
)
def test_forces_in_a_field(name, epsilon_infinity, field, shared):
    """F_b = Σ_a E_a Z_ab with the mean of Z removed; Z in the reference's e; 2000 kV/cm are 0.02 V/Å."""
    vector = checkpoint_vector(shared, name)
    checkpoint = "pbtio3_phase4" if "pbtio3" in name else "water_v4"
    model = published_model(shared, checkpoint).rescaled(epsilon_infinity=epsilon_infinity)
    found = predict(model, atoms_of(vector), quantities={"born_effective_charges"}, bec_method="wrapped")
    born = found.born_effective_charges / TO_CODATA
    given = np.array(vector["external_field"]) * vector["electric_field_unit"]
    assert np.linalg.norm(given) == pytest.approx(np.linalg.norm(field))
    pull = np.einsum("a,iab->ib", np.array(field), born)
    outputs = vector["outputs"]
    # Differences of forces of the order of an eV/Å in single precision.
    assert np.abs(pull - np.array(outputs["delta_F_not_neutralised"])).max() < 2e-6
    assert np.abs(pull - pull.mean(axis=0) - np.array(outputs["delta_F_neutral"])).max() < 2e-6
    assert pull.sum(axis=0) == pytest.approx(np.array(outputs["sum_delta_F_not"]), abs=2e-5)
