"""Changes of the structure: applied, and the same as their Python."""

import numpy as np
import pytest
from small_bench import water

from les_viz.ui.edits import MoveAtom, RotateGroup, StrainCell, SwapElement, edited

EDITS = [
    MoveAtom(1, (0.1, -0.2, 0.0)),
    SwapElement(0, 16),
    StrainCell((1.0, 0.0, -2.0)),
    RotateGroup((0, 1, 2), "z", 90.0),
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: type(edit).__name__)
def test_the_python_of_a_change_does_the_change(edit):
    expected = edited(water(), [edit])
    atoms = water()
    exec(edit.python, {"atoms": atoms})
    np.testing.assert_allclose(atoms.positions, expected.positions, atol=1e-12)
    np.testing.assert_allclose(atoms.cell[:], expected.cell[:])
    assert atoms.numbers.tolist() == expected.numbers.tolist()
    assert edit.name
    same = np.allclose(expected.positions, water().positions) and expected.numbers.tolist() == water().numbers.tolist()
    assert not same


def test_changes_are_named_with_a_true_minus():
    assert [edit.name for edit in EDITS] == [
        "atom 1 moved by (0.1, −0.2, 0) Å",
        "atom 0 made S",
        "cell strained by (1, 0, −2) %",
        "atoms 0, 1, 2 turned by 90° about z",
    ]


def test_the_original_stays():
    atoms = water()
    edited(atoms, EDITS)
    np.testing.assert_array_equal(atoms.positions, water().positions)
    assert edited(atoms, []) is atoms


def test_turning_keeps_distances_in_a_molecule_that_the_boundary_cuts():
    atoms = water()
    turned = edited(atoms, [RotateGroup((0, 1, 2), "x", 77.0)])
    for pair in ((0, 1), (0, 2), (1, 2)):
        assert turned.get_distance(*pair, mic=True) == pytest.approx(atoms.get_distance(*pair, mic=True))


def test_strain_scales_the_atoms_along():
    strained = edited(water(), [StrainCell((10.0, 0.0, 0.0))])
    np.testing.assert_allclose(strained.get_scaled_positions(), water().get_scaled_positions(), atol=1e-12)
    assert strained.cell.lengths() == pytest.approx([7.7, 8, 9])
