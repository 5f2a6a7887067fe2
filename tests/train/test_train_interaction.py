"""Interaction forces: those of a model together less those of `predict` on each molecule alone."""

from dataclasses import replace

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.calculators.singlepoint import SinglePointCalculator
from frame_sets import frame_set_for
from random_models import random_model

from les_viz.errors import LesVizError
from les_viz.models.config import BondHeadConfig
from les_viz.response.predict import predict
from les_viz.train.config import DataConfig, LossConfig
from les_viz.train.forward import Forward
from les_viz.train.interaction import SMALLEST
from les_viz.train.labelled import Apart, Labelled, Wanted, labelled_frames
from les_viz.train.losses import batch_loss

RNG = np.random.default_rng(5)
BOND = BondHeadConfig(cutoff=2.6, n_transfers=3, hidden=(5,), scale=0.3)


def pair(distance):
    first, second = molecule("H2O"), molecule("H2O")
    second.rotate(50, "x")
    second.positions += (distance, 0.2, 0.1)
    return first + second


def labelled(atoms, *, apart=True):
    n = len(atoms)
    return Labelled(
        atoms=atoms,
        energy=RNG.normal(),
        forces=RNG.normal(size=(n, 3)),
        apart=Apart(molecule=np.arange(n) // 3, energy=RNG.normal(), forces=RNG.normal(size=(n, 3))) if apart else None,
    )


@pytest.mark.parametrize("distance", [2.8, 7.0])
def test_they_are_forces_together_less_forces_alone(distance):
    model = random_model(charge_head=BOND)
    frames = frame_set_for(model, [labelled(molecule("H2O"), apart=False), labelled(pair(distance))])
    assert len(frames) == 2
    batch = frames.batch_with_apart([0, 1])
    found = batch.interactions.forces(Forward(model, batch).outputs(training=False).forces).detach().numpy()
    together = predict(model, pair(distance)).forces
    alone = np.concatenate([predict(model, pair(distance)[part]).forces for part in (slice(0, 3), slice(3, 6))])
    np.testing.assert_allclose(found, together - alone, atol=1e-6 * abs(together - alone).max())
    assert abs(together - alone).max() > 1e-4


def test_the_loss_counts_each_molecule_relative_to_what_it_feels():
    model = random_model(charge_head=BOND)
    frame = labelled(pair(4.0))
    batch = frame_set_for(model, [frame]).batch_with_apart([0])
    forward = Forward(model, batch)
    truth = frame.forces - frame.apart.forces
    found = batch.interactions.forces(forward.outputs(training=True).forces).detach().numpy()
    expected = np.mean(
        [((found[m] - truth[m]) ** 2).sum() / ((truth[m] ** 2).sum() + SMALLEST**2) for m in (slice(0, 3), slice(3, 6))]
    )
    with_it, without = (
        float(batch_loss(forward, LossConfig(interaction_forces=weight), 0.0).value.detach()) for weight in (2.0, 0.0)
    )
    assert with_it - without == pytest.approx(2 * expected, rel=1e-6)


def test_frames_of_another_level_of_theory_count_between_molecules_only():
    model = random_model(charge_head=BOND)
    main, other = labelled(molecule("H2O"), apart=False), replace(labelled(pair(4.0)), interactions_only=True)
    together = frame_set_for(model, [main, other]).batch_with_apart([0, 1])
    alone = frame_set_for(model, [main]).batch([0])
    without, expected = (
        batch_loss(Forward(model, batch), LossConfig(forces=2.0, energy=3.0), 0.0) for batch in (together, alone)
    )
    assert float(without.value.detach()) == pytest.approx(float(expected.value.detach()), rel=1e-9)
    assert without.squares["forces"][1] == 9
    with_it = batch_loss(Forward(model, together), LossConfig(forces=2.0, energy=3.0, interaction_forces=1.0), 0.0)
    assert float(with_it.value.detach()) > float(without.value.detach()) + 0.1


def test_a_batch_of_such_frames_alone_has_no_error_of_its_own():
    model = random_model(charge_head=BOND)
    frames = frame_set_for(model, [replace(labelled(pair(4.0)), interactions_only=True)])
    loss = batch_loss(Forward(model, frames.batch_with_apart([0])), LossConfig(), 0.0)
    assert float(loss.value.detach()) == 0.0


def written(folder, **left_out):
    atoms = pair(4.0)
    atoms.calc = SinglePointCalculator(atoms, energy=-1.0, forces=np.zeros((6, 3)))
    atoms.info["energy_apart"] = -1.1
    atoms.arrays |= {"molecule": np.array([4, 4, 4, 7, 7, 7]), "forces_apart": np.ones((6, 3))}
    for key in left_out:
        atoms.arrays.pop(key)
    ase.io.write(folder / "data.extxyz", [atoms], format="extxyz")
    return labelled_frames(folder / "data.extxyz", DataConfig(train=()), Wanted(apart=True))[0]


def test_labels_of_molecules_alone_are_read_from_the_file(tmp_path):
    apart = written(tmp_path).apart
    assert apart.molecule.tolist() == [0, 0, 0, 1, 1, 1]
    assert apart.energy == -1.1
    assert (apart.forces == 1).all()


def test_a_label_that_is_missing_is_named(tmp_path):
    with pytest.raises(LesVizError, match="has no 'forces_apart'"):
        written(tmp_path, forces_apart=True)


def test_periodic_frames_are_refused():
    atoms = Atoms(pair(4.0), cell=[12, 12, 12], pbc=True)
    with pytest.raises(LesVizError, match="open frames"):
        frame_set_for(random_model(charge_head=BOND), [labelled(atoms)])
