"""Charges from which a training starts, and how they wait."""

from dataclasses import replace
from pathlib import Path

import ase.io
import numpy as np
import pytest
import torch
from ase.build import molecule
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from les_viz.errors import SettingError
from les_viz.train.config import (
    ChargesConfig,
    DataConfig,
    ElectrostaticsSettings,
    LossConfig,
    ModelSettings,
    TrainConfig,
    TrainingConfig,
)
from les_viz.train.forward import Forward
from les_viz.train.loop import Trainer
from les_viz.train.preparation import Prepared, prepare

START = {"H": 0.3, "O": -0.6}


def water_frames(folder: Path) -> Path:
    generator, frames = np.random.default_rng(0), []
    for _ in range(6):
        frame = molecule("H2O")
        other = molecule("H2O")
        other.positions += [0.3, 2.9, 0.2]
        frame += other
        frame.positions += generator.normal(scale=0.05, size=frame.positions.shape)
        frame.calc = SinglePointCalculator(frame, energy=generator.normal(), forces=generator.normal(size=(6, 3)))
        frames.append(frame)
    write(folder / "frames.extxyz", frames)
    return folder


def config_of(head: str, **charges: object) -> TrainConfig:
    return TrainConfig(
        data=DataConfig(train=("frames.extxyz",), validation_fraction=0.2),
        model=ModelSettings(
            cutoff=4.0,
            n_radial=4,
            l_max=2,
            charges=ChargesConfig(head=head, hidden=(4,), start=START, **charges),
            electrostatics=ElectrostaticsSettings(),
        ),
        training=TrainingConfig(epochs=4, atoms_per_batch=12, dtype="float64"),
    )


def charges_by_element(prepared: Prepared) -> dict[int, float]:
    batch = prepared.train.batch(list(range(len(prepared.train))))
    with torch.no_grad():
        charges = Forward(prepared.model, batch).latent.charges[:, 0]
    return {z: float(charges[batch.surroundings.element_idx == i].mean()) for i, z in enumerate((1, 8))}


@pytest.mark.parametrize(
    ("head", "message"), [("atomic", "none"), ("bond", "none"), ("atomic", "full"), ("bond", "modulation")]
)
def test_start(head, message, tmp_path):
    config = config_of(head)
    config = replace(config, model=replace(config.model, message_passing=message))
    found = charges_by_element(prepare(config, water_frames(tmp_path)))
    assert found[1] == pytest.approx(0.3, abs=0.03)
    assert found[8] == pytest.approx(-0.6, abs=0.06)


@pytest.mark.parametrize("head", ["atomic", "bond"])
def test_random_charges_are_of_a_size_that_charges_have(head, tmp_path):
    folder, sizes = water_frames(tmp_path), {}
    for scale in (0.01, 100.0):
        config = config_of(head, scale=scale)
        charges = replace(config.model.charges, start={})
        prepared = prepare(replace(config, model=replace(config.model, charges=charges)), folder)
        batch = prepared.train.batch(list(range(len(prepared.train))))
        sizes[scale] = float(Forward(prepared.model, batch).latent.charges.detach().square().mean().sqrt())
    assert 0 < sizes[0.01] < 0.5
    assert sizes[100.0] == pytest.approx(1.0)


class Silent:
    def step(self, epoch, done, batches, errors):
        pass

    def epoch(self, record, *, best):
        pass


@pytest.mark.parametrize(("held", "rate", "moves"), [(10.0, 1.0, False), (0.0, 0.0, False), (0.0, 0.5, True)])
def test_charges_wait(held, rate, moves, tmp_path):
    config = config_of("bond", held_epochs=held, learning_rate=rate)
    prepared = prepare(config, water_frames(tmp_path))
    trainer = Trainer(config, prepared.model, prepared.train, prepared.held_out)
    charge_weights = [p.detach().clone() for p in prepared.model.charge_head.parameters()]
    energy_weights = [p.detach().clone() for p in prepared.model.energy_heads.parameters()]
    trainer.run_epoch(Silent(), lambda: False)
    after = list(prepared.model.charge_head.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(charge_weights, after, strict=True)) == moves
    after = list(prepared.model.energy_heads.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(energy_weights, after, strict=True))


def test_charges_with_features_of_their_own_learn_from_interactions(tmp_path):
    folder = water_frames(tmp_path)
    frames = ase.io.read(folder / "frames.extxyz", ":")
    for frame in frames:
        frame.info["energy_apart"] = 0.0
        frame.arrays |= {"molecule": np.repeat([0, 1], 3), "forces_apart": frame.get_forces() * 0.5}
    write(folder / "pairs.extxyz", frames)
    config = config_of("bond", cutoff=3.0, n_radial=2, held_epochs=1.0)
    config = replace(
        config,
        data=replace(config.data, interactions=("pairs.extxyz",)),
        loss=LossConfig(interaction_forces=1.0),
        training=replace(config.training, atoms_per_batch=6),
    )
    prepared = prepare(config, folder)
    assert [part.cutoff for part in prepared.config.representations] == [4.0, 3.0]
    trainer = Trainer(config, prepared.model, prepared.train, prepared.held_out)
    charged = [*prepared.model.charge_head.parameters(), *prepared.model.representations[1].parameters()]
    charged = [weight for weight in charged if weight.requires_grad]

    def moved():
        before = [weight.detach().clone() for weight in charged]
        trainer.run_epoch(Silent(), lambda: False)
        trainer.close_epoch()
        return [not torch.equal(a, b) for a, b in zip(before, charged, strict=True)]

    assert not any(moved())
    assert sum(moved()) >= 4
    assert any(moved()[-4:])


def test_files_of_interactions_need_a_weight(tmp_path):
    config = config_of("bond")
    config = replace(config, data=replace(config.data, interactions=("frames.extxyz",)))
    with pytest.raises(SettingError, match=r"loss\.interaction_forces is 0"):
        prepare(config, water_frames(tmp_path))


def test_transfers_of_the_start_stay_while_bonds_stretch_and_end_before_hydrogen_bonds(tmp_path):
    prepared = prepare(config_of("bond", bond_cutoff=2.4), water_frames(tmp_path))
    head = prepared.model.charge_head
    distances = torch.tensor([0.92, 0.97, 1.02, 1.85, 1.95, 2.1], dtype=torch.float64)
    vectors = torch.zeros(1, len(distances), 3, dtype=torch.float64)
    vectors[0, :, 0] = distances
    waves, decay = head.radial_functions(vectors)
    transfers = ((waves @ head.radial) * decay)[0, :, 0].detach()
    shares = (transfers / transfers[1]).numpy()
    np.testing.assert_allclose(shares, [1, 1, 1, 0, 0, 0], atol=0.06)
