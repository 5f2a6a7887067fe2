"""Net forces and torques of molecules in the loss: closed forms, and that only the pull of others counts."""

import numpy as np
import pytest
import torch
from ase.build import bulk, molecule

from les_viz.system import System
from les_viz.train.molecular import SMALLEST, Molecules

RNG = np.random.default_rng(3)


def found(atoms):
    return Molecules.of(System.from_atoms(atoms), torch.float64, "cpu")


def pair(distance=4.0):
    water, ammonia = molecule("H2O"), molecule("NH3")
    ammonia.positions += (distance, 0.3, -0.2)
    return water + ammonia


def test_net_forces_and_torques_are_sums_over_each_molecule():
    atoms = pair()
    forces = RNG.normal(size=(7, 3))
    net, torque = found(atoms).pulls(torch.tensor(forces))
    for number, own in enumerate((slice(0, 3), slice(3, 7))):
        arms = atoms.positions[own] - atoms.positions[own].mean(axis=0)
        np.testing.assert_allclose(net[number], forces[own].sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(torque[number], np.cross(arms, forces[own]).sum(axis=0), atol=1e-12)


def test_a_molecule_across_the_boundary_counts_as_in_open_space():
    atoms, forces = pair(), torch.tensor(RNG.normal(size=(7, 3)))
    open_space = found(atoms).pulls(forces)
    atoms.set_cell([9.0, 9.0, 9.0])
    atoms.pbc = True
    atoms.positions -= atoms.positions[0]
    atoms.wrap()
    for here, there in zip(found(atoms).pulls(forces), open_space, strict=True):
        np.testing.assert_allclose(here, there, atol=1e-12)


def test_what_acts_inside_a_molecule_alone_costs_nothing():
    atoms, truth = pair(), torch.zeros(7, 3, dtype=torch.float64)
    stretch = truth.clone()
    along = torch.tensor(atoms.positions[1] - atoms.positions[0])
    stretch[0], stretch[1] = -along, along
    molecules = found(atoms)
    assert float(molecules.relative_error(stretch, truth)) == pytest.approx(0, abs=1e-24)
    # A push of 5 meV/Å on one atom: its net force and, off the centre, its torque, over two molecules.
    push = truth.clone()
    push[3, 0] = SMALLEST
    torque = np.cross(molecules.arms[3], push[3]) / SMALLEST
    assert float(molecules.relative_error(push, truth)) == pytest.approx((1 + torque @ torque) / 2, rel=1e-10)


@pytest.mark.parametrize("atoms", [molecule("H2O"), bulk("NaCl", "rocksalt", a=5.64, cubic=True)])
def test_single_molecules_and_crystals_are_left_out(atoms):
    forces = torch.ones(len(atoms), 3, dtype=torch.float64)
    assert len(found(atoms).pulls(forces)[0]) == 0
    assert float(found(atoms).relative_error(forces, 0 * forces)) == 0


def test_a_batch_has_the_molecules_of_its_frames():
    frames = [pair(), molecule("H2O"), pair(5.0)]
    forces = torch.tensor(RNG.normal(size=(17, 3)))
    together = Molecules.together([found(atoms) for atoms in frames]).pulls(forces)
    alone = [found(frames[0]).pulls(forces[:7]), found(frames[2]).pulls(forces[10:])]
    for number in (0, 1):
        np.testing.assert_allclose(together[number], torch.cat([part[number] for part in alone]), atol=1e-12)
