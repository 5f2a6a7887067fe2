"""The batch forward against `predict` and against finite differences."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from finite_differences import slope
from frame_sets import frame_set_for
from random_models import CUTOFF, random_atoms, random_config, random_model

from les_viz.ewald import CoulombSum
from les_viz.models.config import BondHeadConfig, HeadConfig
from les_viz.response.predict import predict
from les_viz.train.config import LossConfig
from les_viz.train.couplings import couplings_of
from les_viz.train.forward import Forward
from les_viz.train.labelled import Labelled
from les_viz.train.losses import batch_loss
from les_viz.train.moments import born_effective_charges, dipoles, stresses

FRAMES = [
    random_atoms(1, n_atoms=6, closest=1.2),
    random_atoms(2, n_atoms=4, pbc=False, closest=1.2),
    random_atoms(3, n_atoms=3, closest=1.2),
    random_atoms(4, n_atoms=1, pbc=False),
]
NEAR = (random_config().representations[0], replace(random_config().representations[0], cutoff=2.7, n_radial=2))
HEADS = {
    "atomic": {},
    "atomic, features of its own": {"representations": NEAR, "charge_head": HeadConfig(representation=1, hidden=(5,))},
    "bond, features of its own": {
        "representations": NEAR,
        "charge_head": BondHeadConfig(representation=1, cutoff=2.4, n_transfers=3, hidden=(5,), scale=0.3),
    },
    "bond": {
        "charge_head": BondHeadConfig(cutoff=2.6, n_transfers=3, hidden=(5,), scale=0.3, formal_charges={1: 0.5, 8: -1})
    },
    "none": {"charge_head": None, "electrostatics": None},
    "atomic, messages": {"representations": random_config("M+Ar+Bchi").representations},
    "bond, messages": {
        "representations": random_config("Bchi per channel and l").representations,
        "charge_head": BondHeadConfig(cutoff=2.6, n_transfers=3, hidden=(5,), scale=0.3),
    },
    "atomic, messages for the energy only": {
        "representations": (random_config("Ar").representations[0], NEAR[1]),
        "charge_head": HeadConfig(representation=1, hidden=(5,)),
    },
}


def labelled(model, frames, seed=0):
    generator = np.random.default_rng(seed)
    base = model.config.atomic_energies
    return [
        Labelled(
            atoms=frame,
            energy=sum(base[z] for z in frame.numbers) + generator.normal(),
            forces=generator.normal(size=(len(frame), 3)),
            stress=generator.normal(size=(3, 3)) * 1e-2,
            dipole=generator.normal(size=3),
            born_effective_charges=generator.normal(size=(len(frame), 3, 3)),
            total_charge=0.5,
        )
        for frame in frames
    ]


def frame_set(model, frames, seed=0):
    return frame_set_for(model, labelled(model, frames, seed))


@pytest.mark.parametrize("head", HEADS)
def test_a_ragged_mixed_batch_gives_what_predict_gives_for_each_frame(head):
    model = random_model(**HEADS[head])
    numbers = [2, 0, 3, 1]
    outputs = Forward(model, frame_set(model, FRAMES).batch(numbers)).outputs(training=False)
    found = [predict(model, FRAMES[n]) for n in numbers]
    base = [sum(model.config.atomic_energies[z] for z in FRAMES[n].numbers) for n in numbers]
    assert outputs.energy.tolist() == pytest.approx([p.energy - b for p, b in zip(found, base, strict=True)], abs=1e-9)
    forces = np.concatenate([p.forces for p in found])
    np.testing.assert_allclose(outputs.forces.detach().numpy(), forces, rtol=1e-7, atol=1e-7 * np.abs(forces).max())
    charges = np.concatenate([p.latent_charges for p in found])
    np.testing.assert_allclose(outputs.charges.detach().numpy(), charges.reshape(-1, 1), rtol=1e-10, atol=1e-12)


def test_the_frames_of_a_batch_do_not_touch():
    model = random_model()
    frames = frame_set(model, FRAMES)
    alone = [Forward(model, frames.batch([n])).outputs(training=False) for n in range(4)]
    together = Forward(model, frames.batch([0, 1, 2, 3])).outputs(training=False)
    assert torch.allclose(torch.cat([o.forces for o in alone]), together.forces, rtol=1e-12, atol=1e-12)
    assert torch.allclose(torch.cat([o.energy for o in alone]), together.energy, rtol=1e-12)


@pytest.mark.parametrize("self_interaction", [True, False])
@pytest.mark.parametrize("number", [0, 1])
def test_couplings_are_the_coulomb_sum_of_the_engine(number, self_interaction):
    coulomb = CoulombSum(smearing=0.9, k_cutoff=3.3, self_interaction=self_interaction)
    atoms = FRAMES[number]
    positions = torch.tensor(atoms.positions)
    cell = torch.tensor(np.array(atoms.cell)) if atoms.pbc.all() else None
    maps = couplings_of(coulomb, positions, cell, torch.float64)
    charges = torch.linspace(-1, 1.3, len(atoms), dtype=torch.float64)[None, None]
    cells = None if cell is None else cell[None]
    _, potential, field, _ = coulomb.everything(charges, positions[None], cells)
    assert torch.allclose(maps[0] @ charges[0, 0], potential[0, 0], rtol=1e-10, atol=1e-10)
    assert torch.allclose((maps[1:] @ charges[0, 0]).T, field[0, 0], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("head", ["atomic", "bond", "bond, messages", "atomic, messages for the energy only"])
def test_stress_dipole_and_born_charges_are_those_of_predict(head):
    model = random_model(**HEADS[head], charge_sign=-1, epsilon_infinity=1.7)
    forward = Forward(model, frame_set(model, FRAMES).batch([0, 1, 2, 3]))
    outputs = forward.outputs(training=True)
    found = [predict(model, frame, quantities={"stress", "dipole", "born_effective_charges"}) for frame in FRAMES]
    stress, moments = stresses(forward, outputs).detach(), dipoles(forward).detach()
    for number, (frame, prediction) in enumerate(zip(FRAMES, found, strict=True)):
        if frame.pbc.all():
            np.testing.assert_allclose(stress[number].numpy(), prediction.stress, rtol=1e-6, atol=1e-7)
        else:
            assert not bool(stress[number].any())
            np.testing.assert_allclose(moments[number].numpy(), prediction.dipole, rtol=1e-8, atol=1e-10)
    born = np.concatenate([p.born_effective_charges for p in found])
    np.testing.assert_allclose(
        born_effective_charges(forward).detach().numpy(), born, rtol=1e-6, atol=1e-7 * np.abs(born).max()
    )


def test_labels_that_are_missing_do_not_count():
    model = random_model()
    with_labels = frame_set(model, FRAMES[:2]).batch([0, 1])
    nothing = torch.full_like(with_labels.dipole, float("nan"))
    without = replace(with_labels, dipole=nothing, stress=torch.full_like(with_labels.stress, float("nan")))
    config, plain = LossConfig(dipole=5.0, stress=5.0), LossConfig()
    values = [
        float(batch_loss(Forward(model, batch), settings, 0.0).value.detach())
        for batch, settings in ((with_labels, config), (without, config), (without, plain))
    ]
    assert values[1] == pytest.approx(values[2], rel=1e-12)
    assert values[0] > values[1]


@pytest.mark.parametrize("head", HEADS)
def test_the_loss_has_the_right_slope_in_every_weight(head):
    model = random_model(**HEADS[head])
    representation = model.representations[0]
    representation.bessel_frequencies.requires_grad_(requires_grad=False)
    weights = {name: p for name, p in model.named_parameters() if "bessel" not in name}
    for parameter in weights.values():
        parameter.requires_grad_()
    batch = frame_set(model, FRAMES).batch([0, 1, 2, 3])
    moments = 0.0 if head == "none" else 3.0
    config = LossConfig(
        forces=10.0, energy=2.0, neutrality=0.7, stress=300.0, dipole=moments,
        born_effective_charges=0.0 if head == "atomic, messages" else moments,
    )  # fmt: skip

    def loss():
        return batch_loss(Forward(model, batch), config, progress=0.5).value

    gradients = torch.autograd.grad(loss(), list(weights.values()), allow_unused=True, materialize_grads=True)
    generator = torch.Generator().manual_seed(0)
    for (name, parameter), gradient in zip(weights.items(), gradients, strict=True):
        direction = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        start = parameter.detach().clone()

        def shifted(x, parameter=parameter, start=start, direction=direction):
            with torch.no_grad():
                parameter.copy_(start + x * direction)
            value = float(loss().detach())
            with torch.no_grad():
                parameter.copy_(start)
            return value

        expected = slope(shifted, step=1e-4)
        assert float((gradient * direction).sum()) == pytest.approx(expected, rel=1e-5, abs=1e-7 * shifted(0.0)), name


def test_padding_lies_beyond_the_cutoff():
    model = random_model()
    batch = frame_set(model, FRAMES).batch([0, 3])
    surroundings = batch.surroundings
    assert sum(batch.widths) == surroundings.vectors.shape[1]
    lengths = surroundings.vectors.norm(dim=2)
    assert bool((lengths[surroundings.is_neighbor] <= CUTOFF).all())
    assert bool((lengths[~surroundings.is_neighbor] > CUTOFF).all())
    assert not bool(surroundings.is_neighbor[-1].any())
