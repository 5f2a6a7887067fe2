"""Structures become batches: layout, periodicity, refusals."""

import numpy as np
import pytest
import torch
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st
from unchecked import unchecked

from les_viz.errors import BoundaryError, StructureError
from les_viz.system import System, element_symbols

WATER = Atoms("OH2", positions=[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])


def periodic(cell):
    return Atoms("H", positions=[[0, 0, 0]], cell=cell, pbc=True)


def test_layout_of_a_batch():
    system = System.from_atoms([WATER, periodic(np.eye(3) * 4), WATER])
    assert system.n_systems == 3
    assert system.n_atoms == 7
    assert system.system_idx.tolist() == [0, 0, 0, 1, 2, 2, 2]
    assert system.atomic_numbers.tolist() == [8, 1, 1, 1, 8, 1, 1]
    assert system.atom_counts.tolist() == [3, 1, 3]
    assert system.is_periodic.tolist() == [False, True, False]
    assert system.cell.shape == (3, 3, 3)
    assert torch.equal(system.positions[4:], torch.tensor(WATER.positions))


def test_cells_stay_in_double_precision():
    system = System.from_atoms(periodic(np.eye(3) * 4.1), dtype=torch.float32)
    assert system.positions.dtype == torch.float32
    assert system.cell.dtype == torch.float64
    assert float(system.cell[0, 0, 0]) == 4.1


@settings(max_examples=20, deadline=None, derandomize=True, database=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_counts_of_any_batch(sizes):
    frames = [Atoms("H" * n, positions=np.arange(3 * n).reshape(n, 3)) for n in sizes]
    system = System.from_atoms(frames)
    assert system.atom_counts.tolist() == sizes
    assert (system.system_idx.diff() >= 0).all()


@pytest.mark.parametrize(
    "cell",
    [
        [[0, 2, 2], [2, 0, 2], [2, 2, 0]],
        [[0, 4, 0], [4, 0, 0], [0, 0, 4]],
        [[4, 0, 0], [3.9, 0.9, 0], [0, 0, 4]],
    ],
)
def test_fcc_left_handed_and_skewed_cells_are_periodic(cell):
    assert System.from_atoms(periodic(cell)).is_periodic.tolist() == [True]


def test_a_box_without_pbc_is_open():
    boxed = WATER.copy()
    boxed.set_cell(np.eye(3) * 10)
    assert System.from_atoms(boxed).is_periodic.tolist() == [False]


@pytest.mark.parametrize("pbc", [(True, True, False), (False, False, True)])
def test_mixed_periodicity_names_the_choices(pbc):
    slab = periodic(np.eye(3) * 5)
    slab.set_pbc(pbc)
    with pytest.raises(BoundaryError, match=r"boundary='periodic' .* or boundary='open'") as caught:
        System.from_atoms(slab)
    assert str(list(pbc)) in str(caught.value)
    assert System.from_atoms(slab, boundary="periodic").is_periodic.tolist() == [True]
    assert System.from_atoms(slab, boundary="open").is_periodic.tolist() == [False]


def test_unknown_boundary_is_refused():
    with pytest.raises(Exception, match="boundary is 'slab': expected 'periodic' or 'open'"):
        unchecked("les_viz.system").System.from_atoms(WATER, boundary="slab")


def test_periodic_needs_a_cell():
    with pytest.raises(BoundaryError, match=r"needs three lattice vectors.*give the cell, or choose boundary='open'"):
        System.from_atoms(WATER, boundary="periodic")


@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e4])
def test_a_flat_cell_is_refused_at_any_scale(scale):
    flat = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 1e-5]]) * scale
    with pytest.raises(StructureError, match=r"\(almost\) in one plane"):
        System.from_atoms(periodic(flat))


def test_an_infinite_cell_is_refused():
    with pytest.raises(StructureError, match="the cell holds a number that is not finite"):
        System.from_atoms(periodic(np.diag([4, np.inf, 4])))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_positions_must_be_numbers(value):
    atoms = WATER.copy()
    atoms.positions[1, 2] = value
    with pytest.raises(StructureError, match="the position of atom 1 is not a finite number"):
        System.from_atoms([WATER, atoms])


@pytest.mark.parametrize("number", [0, -1, 119])
def test_species_must_be_elements(number):
    atoms = WATER.copy()
    atoms.numbers[2] = number
    with pytest.raises(StructureError, match=f"atom 2 has atomic number {number}: expected 1 to 118"):
        System.from_atoms(atoms)


def test_nothing_is_refused():
    with pytest.raises(StructureError, match="no structure was given"):
        System.from_atoms([])
    with pytest.raises(StructureError, match="the structure holds no atoms"):
        System.from_atoms([WATER, Atoms()])


def test_element_symbols_are_sorted_and_unique():
    assert element_symbols([8, 1, 1, 82, 8]) == "H, O, Pb"
