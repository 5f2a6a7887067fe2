"""Every made-up family, converted and run, equals the published forward pass written down plainly."""

from math import pi

import numpy as np
import pytest
from ase import Atoms
from plain_forward import plain_energy_and_charges

import les_viz
from les_viz.models.loading import load_model_bytes
from les_viz.models.published import read_published
from les_viz.units import RECIPROCAL_COULOMB_CONSTANT

FAMILIES = [
    "short_one_element",
    "short_shared_message",
    "two_separate_long_first",
    "two_shared_function",
    "two_separate_short_first",
    "four_channels_self_removed",
    "one_net_per_channel",
    "one_net_hidden_modulation",
    "integer_cutoff",
    "double",
    "les",
    "les_old_key",
    "les_message",
]


@pytest.mark.parametrize("name", FAMILIES)
def test_converted_models_compute_what_the_published_ones_do(name, fake_checkpoints):
    content = (fake_checkpoints / f"{name}.pth").read_bytes()
    config, weights = read_published(name, content)
    generator = np.random.default_rng(4)
    positions = generator.uniform(0, 2.5, (4, 3))
    numbers = [config.elements[i % len(config.elements)] for i in range(4)]
    energy, charges = plain_energy_and_charges(config, weights, numbers, positions)
    model = load_model_bytes(f"{name}.pth", content)
    asked = {"energy", "latent_charges"} if config.charge_head else {"energy"}
    prediction = les_viz.predict(model, Atoms(numbers, positions), quantities=asked)
    assert prediction.short_range_energy == pytest.approx(energy, rel=1e-11, abs=1e-11)
    if config.charge_head:
        assert np.abs(charges).max() > 1e-6
        assert prediction.latent_charges == pytest.approx(charges.reshape(prediction.latent_charges.shape), rel=1e-10)


@pytest.mark.parametrize("name", ["four_channels_self_removed", "two_separate_long_first", "two_shared_function"])
@pytest.mark.parametrize("pbc", [True, False])
def test_several_channels_lose_their_self_interaction_as_published(name, pbc, fake_checkpoints):
    """In a periodic cell cace subtracts Σ_c of the self energy once for each channel; an open sum holds none."""
    content = (fake_checkpoints / f"{name}.pth").read_bytes()
    model = load_model_bytes(f"{name}.pth", content)
    positions = np.random.default_rng(8).uniform(0, 3, (4, 3))
    atoms = Atoms([8, 1, 6, 1], positions, cell=[7.1, 6.3, 5.9], pbc=pbc)
    found = les_viz.predict(model, atoms, quantities={"forces"})
    charges = found.latent_charges.reshape(4, -1)
    settings = model.config.electrostatics
    own = RECIPROCAL_COULOMB_CONSTANT / (settings.smearing * (2 * pi) ** 1.5) * (charges**2).sum()
    if pbc:
        removed = 0 if settings.self_interaction else charges.shape[1]
        expected = plain_sum(charges, atoms, settings) - removed * own
        assert found.long_range_energy == pytest.approx(expected, rel=1e-10)
        assert found.long_range_energies.sum() == pytest.approx(expected, rel=1e-10)
    moved = []
    for step in (1e-4, -1e-4):
        there = atoms.copy()
        there.positions[0, 1] += step
        moved.append(les_viz.predict(model, there, quantities={"energy"}).energy)
    assert found.forces[0, 1] == pytest.approx(-(moved[0] - moved[1]) / 2e-4, abs=1e-6)


def plain_sum(charges, atoms, settings):
    """K/V Σ over 0 < |k| ≤ cutoff of e^{-σ²k²/2}/k² Σ_c |S_c|², with the self terms in it."""
    integers = np.stack(np.meshgrid(*[np.arange(-12, 13)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    vectors = 2 * pi * integers / atoms.cell.lengths()
    squares = (vectors**2).sum(axis=1)
    inside = (squares > 0) & (squares <= settings.k_cutoff**2)
    vectors, squares = vectors[inside], squares[inside]
    factors = np.exp(1j * vectors @ atoms.positions.T) @ charges
    weights = np.exp(-(settings.smearing**2) * squares / 2) / squares
    return RECIPROCAL_COULOMB_CONSTANT / atoms.get_volume() * float(weights @ (np.abs(factors) ** 2).sum(axis=1))
