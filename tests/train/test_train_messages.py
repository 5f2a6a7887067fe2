"""Training of models that pass messages: derivatives, and whole small trainings."""

from dataclasses import replace

import ase.io
import numpy as np
import pytest
import torch
from finite_differences import slope
from frame_sets import frame_set_for
from published_vectors import atoms_of, checkpoint_vector, published_model
from random_models import random_atoms, random_model
from seen import surroundings_of

import les_viz
from les_viz.errors import SettingError
from les_viz.models.model import LESModel
from les_viz.models.native import read_native
from les_viz.system import System
from les_viz.train.config import LossConfig
from les_viz.train.forward import Forward
from les_viz.train.labelled import Labelled
from les_viz.train.losses import batch_loss
from les_viz.train.run import train

KINDS = ["modulation", "full"]


def unlabelled(atoms, model):
    energy = sum(model.config.atomic_energies.get(z, 0.0) for z in atoms.numbers)
    return Labelled(atoms=atoms, energy=energy, forces=np.zeros((len(atoms), 3)))


def size(weight):
    return float(weight.detach().square().mean().sqrt())


def gradients(model, batch):
    weights = [weight.requires_grad_() for name, weight in model.named_parameters() if "bessel" not in name]
    loss = batch_loss(Forward(model, batch), LossConfig(forces=10.0), 0.0)
    return torch.autograd.grad(loss.value, weights, allow_unused=True, materialize_grads=True)


@pytest.mark.parametrize("message", ["M+Ar+Bchi", "Bchi per channel and l"])
@pytest.mark.parametrize("entries", [1 << 24, 100])
def test_energies_and_charges_have_first_and_second_derivatives_on_the_edges(message, entries, monkeypatch):
    monkeypatch.setattr("les_viz.models.senders.ENTRIES_AT_ONCE", entries)
    model = random_model(message, l_max=2)
    seen = surroundings_of(model, System.from_atoms(random_atoms(11, n_atoms=3, pbc=False)))

    def outputs(vectors):
        latent = model(replace(seen, vectors=vectors))
        return latent.energies.sum(), latent.charges

    vectors = seen.vectors.clone().requires_grad_()
    assert torch.autograd.gradcheck(outputs, vectors)
    assert torch.autograd.gradgradcheck(outputs, vectors, fast_mode=True)


@pytest.mark.parametrize("message", ["M+Ar+Bchi", "Ar"])
def test_chunks_of_the_decayed_term_do_not_show_in_training(message, monkeypatch):
    model = random_model(message)
    frames = frame_set_for(model, [unlabelled(random_atoms(seed), model) for seed in (1, 2)])
    whole = gradients(model, frames.batch([0, 1]))
    monkeypatch.setattr("les_viz.models.senders.ENTRIES_AT_ONCE", 4000)
    for mine, theirs in zip(gradients(model, frames.batch([0, 1])), whole, strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-9, atol=1e-11 * float(theirs.abs().max()))


def test_messages_that_grow_with_the_distance_do_not_overflow_in_the_padding():
    model = random_model("Ar").to_precision(torch.float32)
    model.representations[0].message.decay_rate.fill_(-2.0)
    few, many = random_atoms(1, n_atoms=2, pbc=False), random_atoms(2, n_atoms=7)
    frames = frame_set_for(model, [unlabelled(atoms, model) for atoms in (few, many)], dtype=torch.float32)
    for gradient in gradients(model, frames.batch([0, 1])):
        assert bool(torch.isfinite(gradient).all())


@pytest.mark.shared
def test_a_published_model_with_messages_is_trained_on_the_right_slopes(shared):
    vector = checkpoint_vector(shared, "pbtio3_phase4")
    frozen = published_model(shared, "pbtio3_phase4")
    assert frozen.config.representations[0].message is not None
    model = LESModel(frozen.config).to_precision(torch.float64)
    model.load_state_dict(frozen.state_dict())
    batch = frame_set_for(model, [unlabelled(atoms_of(vector), model)]).batch([0])
    outputs = Forward(model, batch).outputs(training=False)
    tolerances, expected = vector["tolerances"], vector["outputs"]
    assert float(outputs.energy.detach()) == pytest.approx(expected["energy_total"], abs=tolerances["energy_eV"])
    assert np.abs(outputs.forces.detach().numpy() - np.array(expected["forces"])).max() < tolerances["forces"]
    found = gradients(model, batch)
    weights = [weight for name, weight in model.named_parameters() if "bessel" not in name]
    generator = torch.Generator().manual_seed(0)
    steps = [torch.randn(weight.shape, generator=generator, dtype=torch.float64) * size(weight) for weight in weights]
    starts = [weight.detach().clone() for weight in weights]

    def loss(x):
        with torch.no_grad():
            for weight, start, step in zip(weights, starts, steps, strict=True):
                weight.copy_(start + x * step)
        return float(batch_loss(Forward(model, batch), LossConfig(forces=10.0), 0.0).value.detach())

    along = sum(float((gradient * step).sum()) for gradient, step in zip(found, steps, strict=True))
    assert along == pytest.approx(slope(loss, step=1e-5), rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_with_messages_learns_and_its_file_predicts_the_same(kind, workplace, silence, tmp_path):
    listener = silence()
    result = train(workplace(model__message_passing=f'"{kind}"', training__epochs=20), listener)
    errors = [record["train_force_rmse_meV_per_A"] for record, _ in listener.records]
    assert errors[-1] < 0.6 * errors[0]
    model = les_viz.load_model(str(tmp_path / "ions.safetensors"), dtype="float32")
    assert model.representations[0].message is not None
    frames = ase.io.read(tmp_path / "val.extxyz", ":")
    found = les_viz.predict(model, frames)
    wrong = [f.get_forces() - f.get_forces().mean(axis=0) - p.forces for f, p in zip(frames, found, strict=True)]
    rmse = 1000 * np.sqrt(np.mean(np.concatenate(wrong) ** 2))
    assert rmse == pytest.approx(result.best["force_rmse_meV_per_A"], rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_training_with_messages_goes_on_to_the_same_weights(kind, workplace, silence, tmp_path):
    message = {"model__message_passing": f'"{kind}"', "training__epochs": 2}
    train(workplace("whole.toml", output__folder='"whole"', **message), silence())
    path = workplace("parts.toml", output__folder='"parts"', **message)
    assert not train(path, silence(stop_after=2)).finished
    assert train(path, silence(), resume=True).finished
    (_, whole), (_, parts) = (read_native(tmp_path / folder / "ions.safetensors") for folder in ("whole", "parts"))
    for name, values in whole.items():
        np.testing.assert_array_equal(values, parts[name], err_msg=name)


def test_a_training_with_messages_starts_from_its_like_only(workplace, silence):
    message = {"model__message_passing": '"modulation"', "training__epochs": "1"}
    first = train(workplace("first.toml", output__name='"first"', **message), silence())
    start = {"output__name": '"more"', "model__start_from": '"first.safetensors"', "training__learning_rate": "1e-12"}
    more = train(workplace("more.toml", **start, **message), silence())
    assert more.best["force_rmse_meV_per_A"] == pytest.approx(first.best["force_rmse_meV_per_A"], rel=1e-5)
    with pytest.raises(SettingError, match=r"first.safetensors: its representations are .*make them equal"):
        train(workplace("other.toml", **start, training__epochs="1"), silence())


def test_charges_with_features_of_their_own_and_the_twin_hear_no_messages(workplace, silence, tmp_path):
    message = {"model__message_passing": '"modulation"', "training__epochs": "1"}
    train(workplace(model__charges__cutoff="3.0", **message), silence())
    energy, charges = les_viz.load_model(str(tmp_path / "ions.safetensors")).config.representations
    assert energy.message is not None
    assert charges.message is None
    assert train(workplace(model__short_range_only="true", **message), silence()).finished
    (energy,) = les_viz.load_model(str(tmp_path / "ions.safetensors")).config.representations
    assert energy.message is not None
