"""Neighbour tables against brute force."""

from itertools import product

import numpy as np
import pytest
import torch
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from les_viz.errors import StructureError
from les_viz.neighbors import neighbor_table
from les_viz.system import System

CELLS = {
    "cube": np.eye(3) * 4.0,
    "triclinic": np.array([[3.1, 0.4, -0.3], [1.9, 3.6, 0.2], [-1.4, 1.1, 4.2]]),
    "left-handed": np.array([[0.3, 3.9, 0.1], [3.2, -0.4, 0.2], [0.6, 0.8, 3.5]]),
    "fcc": np.array([[0, 2.2, 2.2], [2.2, 0, 2.2], [2.2, 2.2, 0]]),
}


def brute_force(positions, cell, cutoff):
    """All (receiver, sender, vector) with |r_i - r_j - S·cell| below the cutoff, the atom itself left out."""
    reach = range(-5, 6) if cell is not None else range(1)
    lattice = np.zeros((3, 3)) if cell is None else cell
    found = []
    for shift in product(reach, repeat=3):
        vectors = positions[:, None] - positions[None] - np.array(shift) @ lattice
        distances = np.linalg.norm(vectors, axis=2)
        for i, j in np.argwhere(distances < cutoff):
            if i != j or any(shift):
                found.append((i, j, vectors[i, j]))
    return found


def edges(system, cutoff):
    """The same from the table."""
    table = neighbor_table(system, cutoff)
    vectors = table.edge_vectors(system.positions, system.cell, system.system_idx)
    places = table.is_neighbor.nonzero().tolist()
    return [(i, int(table.neighbor_indices[i, k]), vectors[i, k].numpy()) for i, k in places]


def in_order(found):
    return sorted((int(i), int(j), *np.round(vector, 9) + 0.0) for i, j, vector in found)


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 10_000), cell=st.sampled_from([None, *CELLS]), cutoff=st.sampled_from([1.5, 3.0, 5.2]))
def test_all_pairs_and_images(seed, cell, cutoff):
    generator = np.random.default_rng(seed)
    matrix = None if cell is None else CELLS[cell]
    positions = generator.uniform(-6, 6, (4, 3)) if matrix is None else generator.uniform(-1, 2, (4, 3)) @ matrix
    if matrix is not None:  # atoms outside the cell stay where they are, but keep the brute force small
        positions = positions - np.floor(positions @ np.linalg.inv(matrix)).clip(-1, 1) @ matrix
    atoms = Atoms("H4", positions, cell=matrix, pbc=matrix is not None)
    found, expected = edges(System.from_atoms(atoms), cutoff), brute_force(positions, matrix, cutoff)
    assert np.array(in_order(found)) == pytest.approx(np.array(in_order(expected)), abs=1e-8)


def test_positions_far_outside_the_cell():
    cell = CELLS["triclinic"]
    inside = np.random.default_rng(1).uniform(size=(5, 3)) @ cell
    outside = inside + np.random.default_rng(2).integers(-4, 5, (5, 3)) @ cell
    one, other = (edges(System.from_atoms(Atoms("H5", p, cell=cell, pbc=True)), 3.3) for p in (inside, outside))
    assert np.array(in_order(one)) == pytest.approx(np.array(in_order(other)), abs=1e-8)


def test_a_single_atom_sees_its_images():
    found = edges(System.from_atoms(Atoms("H", cell=np.eye(3) * 2, pbc=True)), 2.5)
    assert len(found) == 6
    assert all(i == j == 0 for i, j, _ in found)


def test_a_batch_keeps_its_systems_apart():
    frames = [
        Atoms("H3", np.random.default_rng(3).uniform(0, 3, (3, 3)), cell=CELLS["cube"], pbc=True),
        Atoms("H2", [[0, 0, 0], [1, 0, 0]]),
        Atoms("H"),
        Atoms("H2", [[0, 0, 0], [1, 1, 0]], cell=CELLS["fcc"], pbc=True),
    ]
    found, expected, start = edges(System.from_atoms(frames), 2.6), [], 0
    for frame in frames:
        expected += [(i + start, j + start, vector) for i, j, vector in edges(System.from_atoms(frame), 2.6)]
        start += len(frame)
    assert np.array(in_order(found)) == pytest.approx(np.array(in_order(expected)), abs=1e-12)


def test_padding_repeats_the_receiver_beyond_the_cutoff():
    system = System.from_atoms(Atoms("H4", [[0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]]))
    table = neighbor_table(system, 1.2)
    assert table.is_neighbor.sum(dim=1).tolist() == [2, 1, 1, 0]
    padding = ~table.is_neighbor
    receivers = torch.arange(4)[:, None].expand_as(table.neighbor_indices)
    assert torch.equal(table.neighbor_indices[padding], receivers[padding])
    lengths = table.edge_vectors(system.positions, system.cell, system.system_idx).norm(dim=2)
    assert (lengths[padding] > 1.2).all()
    assert table.neighbor_shifts is None


def test_nobody_near_still_makes_a_table():
    table = neighbor_table(System.from_atoms(Atoms("H2", [[0, 0, 0], [50, 0, 0]])), 3.0)
    assert table.neighbor_indices.shape == (2, 1)
    assert not table.is_neighbor.any()


def test_edge_vectors_carry_gradients():
    system = System.from_atoms(Atoms("H2", [[0, 0, 0], [1, 0.5, 0]], cell=CELLS["cube"], pbc=True))
    table = neighbor_table(system, 4.5)
    positions, cell = system.positions.clone().requires_grad_(), system.cell.clone().requires_grad_()
    table.edge_vectors(positions, cell, system.system_idx).square().sum().backward()
    assert torch.isfinite(positions.grad).all()
    assert float(cell.grad.abs().max()) > 0


def test_absurdly_dense_structures_are_refused(monkeypatch):
    monkeypatch.setattr("les_viz.neighbors.MOST_EDGES", 1000)
    crowd = Atoms("H40", np.random.default_rng(4).uniform(0, 1, (40, 3)))
    with pytest.raises(StructureError, match=r"has 39 neighbours within 3 Å: .* check the unit of the positions"):
        neighbor_table(System.from_atoms(crowd), 3.0)
