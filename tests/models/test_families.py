"""Every made-up family, converted and run, equals the published forward pass written down plainly."""

import numpy as np
import pytest
from ase import Atoms
from plain_forward import plain_energy_and_charges

import les_viz
from les_viz.models.loading import load_model_bytes
from les_viz.models.published import read_published

FAMILIES = [
    "short_one_element",
    "short_shared_message",
    "two_separate_long_first",
    "two_shared_function",
    "two_separate_short_first",
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
