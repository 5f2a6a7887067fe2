"""Whole models: against the plain reimplementation, and how they are put together."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from random_models import MESSAGES, random_atoms, random_config, random_model, weighted

from les_viz.benchmark.plain import PlainModel, PlainStructure
from les_viz.errors import ModelError, UnknownElementError
from les_viz.models.config import HeadConfig
from les_viz.models.heads import AtomicHead
from les_viz.models.model import LESModel
from les_viz.response.predict import predict

ORDERS = [(2, 2), (2, 3), (3, 2), (3, 3), (4, 2), (4, 3)]


def plain(model, atoms, *, born_charges=False):
    """The same model, computed the plain way."""
    structure = PlainStructure(
        atomic_numbers=torch.tensor(atoms.numbers),
        positions=torch.tensor(atoms.positions),
        cell=torch.tensor(np.asarray(atoms.cell)),
        periodic=bool(atoms.pbc.all()),
    )
    return PlainModel.of(model.config, model.state_dict()).evaluate(structure, born_charges=born_charges)


def assert_agrees(model, atoms):
    """Energies, forces, charges and (periodic, one channel) wrapped Born charges are those of the plain model."""
    channels = model.config.charge_head.n_out if model.config.charge_head else 0
    born = bool(atoms.pbc.all()) and channels == 1
    quantities = {"energy", "forces"} | ({"born_effective_charges"} if born else set())
    found = predict(model, atoms, quantities=quantities, bec_method="wrapped")
    expected = plain(model, atoms, born_charges=born)
    assert np.abs(found.forces).max() > 1e-3
    assert found.energy == pytest.approx(float(expected.energy), abs=1e-9)
    assert found.long_range_energy == pytest.approx(float(expected.long_range_energy), abs=1e-10)
    assert np.abs(found.forces - expected.forces.numpy()).max() < 1e-10
    if channels:
        charges = found.latent_charges.reshape(len(atoms), -1)
        assert np.ptp(charges) > 1e-3
        assert np.abs(charges - expected.charges.numpy()).max() < 1e-11
    if born:
        assert np.abs(found.born_effective_charges - expected.born_effective_charges.numpy()).max() < 1e-10


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("pbc", [True, False])
def test_every_message_passing_variant(message, pbc):
    assert_agrees(random_model(message, seed=1), random_atoms(11, pbc=pbc))


@pytest.mark.parametrize(("l_max", "nu_max"), ORDERS)
@pytest.mark.parametrize("message", ["none", "M+Ar+Bchi", "Bchi per channel and l"])
def test_every_order(l_max, nu_max, message):
    assert_agrees(random_model(message, seed=2, l_max=l_max, nu_max=nu_max), random_atoms(12, n_atoms=5))


@pytest.mark.parametrize("self_interaction", [True, False])
@pytest.mark.parametrize("pbc", [True, False])
@pytest.mark.parametrize(("channels", "removed"), [(1, 1), (4, 1), (4, 4)])
def test_channels_and_self_interaction(self_interaction, pbc, channels, removed):
    config = random_config()
    config = replace(
        config,
        charge_head=replace(config.charge_head, n_out=channels),
        electrostatics=replace(
            config.electrostatics, self_interaction=self_interaction, smearing=0.8, removed_self_terms=removed
        ),
    )
    assert_agrees(weighted(config, seed=3), random_atoms(13, pbc=pbc))


def test_two_networks_with_representations_of_their_own():
    """One reads the energy with one cutoff, the other the energy and the charges with another."""
    config = random_config("M+Ar+Bchi")
    short = replace(random_config("none", l_max=2, nu_max=2).representations[0], cutoff=2.4, cutoff_power=5)
    config = replace(
        config,
        representations=(short, config.representations[0]),
        energy_heads=(HeadConfig(hidden=(5,)), HeadConfig(representation=1, linear=True, scale=0.02)),
        charge_head=replace(config.charge_head, representation=1),
    )
    model = weighted(config, seed=4)
    assert model.cutoff == config.representations[1].cutoff
    assert_agrees(model, random_atoms(14))


def test_short_range_model():
    model = random_model(charge_head=None, electrostatics=None)
    found = predict(model, random_atoms(15))
    assert model.coulomb is None
    assert found.long_range_energy == 0
    assert found.energy == found.short_range_energy
    assert not found.latent_charges.any()
    assert any("short-ranged" in note for note in found.warnings)
    assert_agrees(model, random_atoms(15))


def test_atomic_energies_are_added_in_double_precision():
    model, atoms = random_model(), random_atoms(16)
    without = random_model(atomic_energies={})
    expected = sum({1: -13.6, 8: -432.1}[number] for number in atoms.numbers)
    found, bare = predict(model, atoms), predict(without, atoms)
    assert found.energy - bare.energy == pytest.approx(expected, abs=1e-10)
    assert found.forces == pytest.approx(bare.forces, abs=1e-14)
    single = random_model().to_precision(torch.float32)
    assert single.dtype == torch.float32
    assert single.atomic_energies.dtype == torch.float64


def test_order_of_elements_is_the_configuration_s():
    """Hydrogen and oxygen change places with the rows of their embeddings."""
    model, atoms = random_model(), random_atoms(17)
    config = replace(model.config, elements=(1, 8))
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    for name in ("sender_embedding", "receiver_embedding"):
        weights[f"representations.0.{name}"] = weights[f"representations.0.{name}"][::-1].copy()
    swapped = LESModel.from_weights(config, weights, dtype=torch.float64)
    assert predict(swapped, atoms).energy == pytest.approx(predict(model, atoms).energy, abs=1e-11)


def test_unknown_elements_are_named():
    atoms = random_atoms(18)
    atoms.symbols[:3] = ["Na", "Cl", "Na"]
    with pytest.raises(UnknownElementError, match=r"does not know Na, Cl: it knows H, O; choose another"):
        predict(random_model(), atoms)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda weights: weights.pop("charge_head.linear.bias"), "charge_head.linear.bias"),
        (lambda weights: weights.update(surplus=np.zeros(2)), "surplus"),
        (lambda weights: weights.update({"charge_head.linear.bias": np.zeros(2)}), "size mismatch"),
    ],
)
def test_weights_must_fit(change, message):
    model = random_model()
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    change(weights)
    with pytest.raises(ModelError, match=f"the weights do not fit the header: .*{message}.*; convert the model again"):
        LESModel.from_weights(model.config, weights, dtype=torch.float64)


def test_a_loaded_model_is_frozen():
    model = random_model()
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    loaded = LESModel.from_weights(model.config, weights, dtype=torch.float32)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert loaded.dtype == torch.float32
    assert loaded.device.type == "cpu"


@pytest.mark.parametrize(
    "change", [{"charge_sign": 0}, {"charge_sign": 2}, {"epsilon_infinity": 0.5}, {"epsilon_infinity": float("nan")}]
)
def test_absurd_scales_are_refused(change):
    with pytest.raises(ModelError, match=r"expected \+1 or -1, and a number of at least 1"):
        random_model().rescaled(**change)


def test_rescaled_keeps_what_is_not_given():
    once = random_model().rescaled(charge_sign=-1)
    twice = once.rescaled(epsilon_infinity=4.0)
    assert once.charge_scale == -1
    assert twice.charge_scale == -2
    assert random_model().charge_scale == 1


@pytest.mark.parametrize("linear_bias", [True, False])
def test_head_is_a_network_plus_a_linear_map(linear_bias):
    torch.manual_seed(0)
    config = HeadConfig(n_out=2, hidden=(5, 3), bias=False, linear=True, linear_bias=linear_bias, scale=0.1)
    head, features = AtomicHead(config, 4), torch.randn(6, 4)
    values = features
    for number, layer in enumerate(head.layers):
        assert layer.bias is None
        values = (torch.nn.functional.silu(values) if number else values) @ layer.weight.T
    expected = values + features @ head.linear.weight.T + (head.linear.bias if linear_bias else 0)
    assert torch.allclose(head(features), 0.1 * expected, atol=1e-6)
