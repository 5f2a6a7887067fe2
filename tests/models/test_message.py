"""The message-passing step, term by term."""

import pytest
import torch
from ase import Atoms
from random_models import MESSAGES, random_atoms, random_config, random_model

from les_viz.models.message import MessagePassing
from les_viz.response.predict import predict
from les_viz.system import System

WITH_MESSAGES = [name for name in MESSAGES if name != "none"]


def layers_of(model, atoms):
    """Features of the two layers apart: (atoms, ..., layer)."""
    from les_viz.models.representation import Surroundings

    system = System.from_atoms(atoms)
    table = model.neighbors(system)
    features = model.representations[0](
        Surroundings(
            vectors=table.edge_vectors(system.positions, system.cell, system.system_idx),
            neighbor_indices=table.neighbor_indices,
            is_neighbor=table.is_neighbor,
            element_idx=model.element_indices(system.atomic_numbers),
        )
    )
    return features.unflatten(1, (-1, 2)).unbind(dim=2)


@pytest.mark.parametrize("message", WITH_MESSAGES)
def test_parameters_are_those_of_the_terms(message):
    config = MESSAGES[message]
    names = {name.split(".")[0] for name, _ in random_model(message).representations[0].message.named_parameters()}
    expected = {"memory"} if config.memory else set()
    expected |= {"decay_prefactor", "decay_rate"} if config.decay else set()
    expected |= {"modulation"} if config.modulation else set()
    assert names == expected


def test_memory_alone_scales_the_density():
    """With nothing sent and a memory of one, the second layer is the first."""
    model = random_model("M+Ar+Bchi")
    message = model.representations[0].message
    message.memory.fill_(1.0)
    message.decay_prefactor.zero_()
    for layer in message.modulation:
        layer.weight.zero_()
        layer.bias.zero_()
    first, second = layers_of(model, random_atoms(1))
    assert torch.allclose(first, second, atol=1e-13)
    message.memory.fill_(2.0)
    _, doubled = layers_of(model, random_atoms(1))
    # Invariants of one, two and three densities: 2, 4, 8 times; three radial functions, six invariants, four channels.
    powers = torch.tensor([1, 2, 2, 2, 3, 3]).reshape(1, 1, 6, 1)
    shape = (7, 3, 6, 4)
    assert torch.allclose(doubled.reshape(shape), first.reshape(shape) * 2.0**powers, atol=1e-12)


def test_a_constant_modulation_repeats_the_density():
    """A modulation of one sends each edge as it was; norm_factor is on the sum."""
    model = random_model("Bchi per channel and l")
    for layer in model.representations[0].message.modulation:
        layer.weight.zero_()
        layer.bias.fill_(10**0.5)
    first, second = layers_of(model, random_atoms(2))
    assert torch.allclose(first, second, atol=1e-12)


def test_charges_feel_atoms_beyond_the_cutoff_only_through_messages():
    chain = [[0, 0, 0], [2.5, 0, 0], [5.0, 0, 0]]
    moved = [[0, 0, 0], [2.5, 0, 0], [4.6, 0, 0]]
    for message, reaches in (("none", False), ("M+Ar+Bchi", True), ("Ar", True), ("Bchi per channel and l", True)):
        model = random_model(message)
        charge = predict(model, Atoms("HOH", chain)).latent_charges[0]
        changed = abs(predict(model, Atoms("HOH", moved)).latent_charges[0] - charge)
        assert (changed > 1e-9) == reaches, message


@pytest.mark.parametrize("message", ["M+Ar+Bchi", "Ar"])
def test_chunks_of_the_decayed_term_do_not_show(message, monkeypatch):
    model, atoms = random_model(message), random_atoms(3)
    whole = predict(model, atoms)
    monkeypatch.setattr("les_viz.models.senders.ENTRIES_AT_ONCE", 4000)
    parts = predict(model, atoms)
    assert parts.energy == pytest.approx(whole.energy, abs=1e-11)
    assert parts.forces == pytest.approx(whole.forces, abs=1e-11)


def test_a_step_needs_a_configuration():
    with pytest.raises(ValueError, match="no message-passing step"):
        MessagePassing(random_config("none").representations[0])
