"""Cube files, as ASE reads them."""

import io

import numpy as np
import pytest
from ase.build import molecule
from ase.io.cube import read_cube

from les_viz.errors import SettingError
from les_viz.io.cube import potential_cube
from les_viz.units import HARTREE


def test_ase_reads_back_atoms_grid_and_values():
    atoms = molecule("H2O")
    random = np.random.default_rng(3)
    values = random.normal(size=(3, 4, 7))
    steps = np.array([[0.3, 0.1, 0], [0, 0.4, 0], [0, 0, 0.5]])
    text = potential_cube(atoms.numbers, atoms.positions, values, origin=np.array([-1.0, 0, 2]), steps=steps)
    read = read_cube(io.StringIO(text.decode()), read_data=True)
    np.testing.assert_allclose(read["data"] * HARTREE, values, rtol=1e-4)
    np.testing.assert_allclose(read["origin"], [-1, 0, 2], atol=1e-5)
    np.testing.assert_allclose(read["spacing"], steps, atol=1e-5)
    np.testing.assert_allclose(read["atoms"].positions, atoms.positions, atol=1e-5)
    assert read["atoms"].numbers.tolist() == atoms.numbers.tolist()


def test_shapes_are_checked():
    with pytest.raises(SettingError, match="expected"):
        potential_cube(np.array([1]), np.zeros((1, 3)), np.zeros((3, 3)), origin=np.zeros(3), steps=np.eye(3))
