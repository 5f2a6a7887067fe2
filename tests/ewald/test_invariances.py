"""What must not change the Coulomb energy, and how everything else turns with the system."""

from math import pi

import pytest
import torch
from charged_systems import CELLS, Charged, largest_difference, random_rotation
from hypothesis import given, settings
from hypothesis import strategies as st

from les_viz.ewald import electrostatics

few = settings(max_examples=8, deadline=None, derandomize=True, database=None)
seeds = st.integers(0, 10_000)
any_boundary = st.sampled_from([None, *CELLS])
periodic = st.sampled_from(list(CELLS))
backends = st.sampled_from(["direct", "nufft"])
ACCURACY = 1e-9


@few
@given(seed=seeds, cell=any_boundary, backend=backends)
def test_rotation(seed, cell, backend):
    system, rotation = Charged.random(seed, cell=cell), random_rotation(seed + 1)
    before, after = system.sum(backend=backend), system.rotated(rotation).sum(backend=backend)
    assert largest_difference(before.energy, after.energy) < ACCURACY
    assert largest_difference(before.potential, after.potential) < ACCURACY
    assert largest_difference(before.electric_field @ rotation.T, after.electric_field) < ACCURACY
    assert largest_difference(before.forces @ rotation.T, after.forces) < ACCURACY
    assert largest_difference(rotation @ before.stress @ rotation.T, after.stress) < ACCURACY


@few
@given(seed=seeds, cell=any_boundary, backend=backends, shift=st.floats(-50, 50))
def test_translation(seed, cell, backend, shift):
    system = Charged.random(seed, cell=cell)
    moved = system.changed(positions=system.positions + torch.tensor([shift, -shift / 3, 0.7 * shift]))
    before, after = system.sum(backend=backend), moved.sum(backend=backend)
    for name in ("energy", "potential", "electric_field", "forces", "stress"):
        assert largest_difference(getattr(before, name), getattr(after, name)) < ACCURACY, name


@few
@given(seed=seeds, cell=any_boundary, backend=backends)
def test_permutation(seed, cell, backend):
    system = Charged.random(seed, cell=cell)
    order = torch.randperm(7, generator=torch.Generator().manual_seed(seed))
    mixed = system.changed(charges=system.charges[order], positions=system.positions[order])
    before, after = system.sum(backend=backend), mixed.sum(backend=backend)
    assert largest_difference(before.energy, after.energy) < ACCURACY
    assert largest_difference(before.stress, after.stress) < ACCURACY
    for name in ("potential", "electric_field", "forces"):
        assert largest_difference(getattr(before, name)[order], getattr(after, name)) < ACCURACY, name


@few
@given(seed=seeds, cell=periodic, backend=backends)
def test_shifts_of_single_atoms_by_lattice_vectors(seed, cell, backend):
    system = Charged.random(seed, cell=cell)
    shifts = torch.randint(-3, 4, (7, 3), generator=torch.Generator().manual_seed(seed)).double()
    moved = system.changed(positions=system.positions + shifts @ system.cell)
    before, after = system.sum(backend=backend), moved.sum(backend=backend)
    for name in ("energy", "potential", "electric_field", "forces", "stress"):
        assert largest_difference(getattr(before, name), getattr(after, name)) < ACCURACY, name


@few
@given(seed=seeds, cell=periodic, backend=backends)
def test_other_vectors_of_the_same_lattice(seed, cell, backend):
    system = Charged.random(seed, cell=cell)
    skewed = torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]], dtype=torch.float64) @ system.cell
    before, after = system.sum(backend=backend), system.changed(cell=skewed).sum(backend=backend)
    for name in ("energy", "potential", "electric_field", "forces", "stress"):
        assert largest_difference(getattr(before, name), getattr(after, name)) < ACCURACY, name


@few
@given(seed=seeds, cell=periodic, swap=st.sampled_from([(1, 0, 2), (0, 2, 1), (2, 1, 0)]))
def test_left_handed_cell_is_the_right_handed_one(seed, cell, swap):
    system = Charged.random(seed, cell=cell)
    swapped = system.changed(cell=system.cell[list(swap)])
    assert torch.linalg.det(swapped.cell) * torch.linalg.det(system.cell) < 0
    before, after = system.sum(), swapped.sum()
    for name in ("energy", "potential", "electric_field", "forces", "stress"):
        assert largest_difference(getattr(before, name), getattr(after, name)) < ACCURACY, name


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("counts", [(2, 1, 1), (2, 2, 2), (1, 3, 2)])
def test_supercell(cell, counts, backend):
    system = Charged.random(3, cell=cell)
    n_cells = counts[0] * counts[1] * counts[2]
    one, many = system.sum(backend=backend), system.repeated(*counts).sum(backend=backend)
    assert float(many.energy) == pytest.approx(n_cells * float(one.energy), abs=ACCURACY * n_cells)
    assert largest_difference(many.stress, one.stress) < ACCURACY
    for name in ("potential", "electric_field", "forces"):
        for copy in getattr(many, name).split(7):
            assert largest_difference(copy, getattr(one, name)) < ACCURACY, name


def test_fcc_primitive_cell_is_the_cube():
    """Its diagonal is zero, by which some codes take it for a cluster."""
    primitive = Charged.random(5, cell="fcc primitive", n_atoms=2)
    edge = 2 * CELLS["fcc primitive"][0][1]
    centres = torch.tensor([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], dtype=torch.float64) * edge
    cube = Charged(
        charges=primitive.charges.repeat(4),
        positions=(primitive.positions[None] + centres[:, None]).flatten(0, 1),
        cell=torch.eye(3, dtype=torch.float64) * edge,
    )
    assert float(cube.sum().energy) == pytest.approx(4 * float(primitive.sum().energy), abs=ACCURACY)
    assert largest_difference(cube.sum().stress, primitive.sum().stress) < ACCURACY


def test_open_boundary_is_a_huge_box():
    """A neutral octupole sees its images as L⁻⁷."""
    corners = torch.cartesian_prod(*[torch.tensor([-0.8, 0.8], dtype=torch.float64)] * 3)
    charges = corners.sign().prod(dim=1)
    alone = electrostatics(charges, corners, None, pbc=False, smearing=0.8)
    near, far = (
        electrostatics(charges, corners, torch.eye(3, dtype=torch.float64) * edge, smearing=0.8, k_cutoff=8.5)
        for edge in (20.0, 40.0)
    )
    assert float(far.energy) == pytest.approx(float(alone.energy), abs=1e-6)
    assert largest_difference(far.forces, alone.forces) < 1e-5
    assert float((near.energy - alone.energy) / (far.energy - alone.energy)) == pytest.approx(2**7, rel=0.05)


def test_open_boundary_is_the_limit_of_boxes_with_a_dipole():
    """What is left is the dipole's interaction with its images, 2π/3 k_e μ²/V for a cube under tin-foil."""
    system = Charged.random(11, cell=None)
    dipole = system.charges @ system.positions
    alone = float(system.sum(smearing=1.0).energy)
    edge = 45.0
    box = torch.eye(3, dtype=torch.float64) * edge
    boxed = float(system.changed(cell=box).sum(smearing=1.0, k_cutoff=6.5).energy)
    expected = -2 * pi / 3 * 14.3996454791 * float(dipole @ dipole) / edge**3
    assert abs(expected) > 1e-4
    assert boxed - alone == pytest.approx(expected, rel=0.02)


def test_channels_add_up(backend):
    system = Charged.random(7, channels=3)
    together = system.sum(backend=backend)
    apart = [system.changed(charges=column).sum(backend=backend) for column in system.charges.unbind(dim=1)]
    assert together.potential.shape == (7, 3)
    assert together.electric_field.shape == (7, 3, 3)
    assert largest_difference(together.energy, sum(part.energy for part in apart)) < ACCURACY
    assert largest_difference(together.forces, sum(part.forces for part in apart)) < ACCURACY
    assert largest_difference(together.stress, sum(part.stress for part in apart)) < ACCURACY
    assert largest_difference(together.potential, torch.stack([p.potential for p in apart], dim=1)) < ACCURACY
    assert largest_difference(together.electric_field, torch.stack([p.electric_field for p in apart], 1)) < ACCURACY


def test_one_channel_is_a_vector_of_charges():
    system = Charged.random(8)
    column = system.changed(charges=system.charges[:, None])
    assert column.sum().potential.shape == (7, 1)
    assert largest_difference(column.sum().potential[:, 0], system.sum().potential) == 0
