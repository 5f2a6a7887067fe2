"""Molecules by connectivity, and their dipoles."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from les_viz.response.molecules import find_molecules, kept, molecular_dipoles


def box_of_molecules():
    """Water and ethanol far apart in a skewed cell."""
    ethanol = molecule("CH3CH2OH")
    ethanol.positions += (5, 5, 5)
    atoms = molecule("H2O") + ethanol
    atoms.set_cell([[11.0, 0, 0], [2.0, 11.0, 0], [0, -1.0, 12.0]])
    atoms.pbc = True
    return atoms


def found_in(atoms, *, periodic=True):
    return find_molecules(atoms.numbers, atoms.positions, np.array(atoms.cell), periodic=periodic)


@pytest.mark.parametrize("shift", [(0, 0, 0), (-5.2, 0.1, 6.0)])
def test_molecules_are_found_whole_wherever_the_boundary_cuts_them(shift):
    atoms = box_of_molecules()
    charges = np.random.default_rng(1).normal(size=len(atoms))
    reference = molecular_dipoles(found_in(atoms), charges)
    atoms.positions += shift
    atoms.wrap()
    found = found_in(atoms)
    assert sorted(found.formulas) == ["C2H6O", "H2O"]
    assert found.is_finite.all()
    np.testing.assert_allclose(molecular_dipoles(found, charges), reference, atol=1e-12)


def test_the_dipole_of_a_pair_is_charge_times_distance_about_its_middle():
    atoms = Atoms("HF", [[0, 0, 0], [0.92, 0, 0]])
    found = found_in(atoms, periodic=False)
    np.testing.assert_allclose(molecular_dipoles(found, np.array([0.4, -0.4])), [[-0.4 * 0.92, 0, 0]])
    # A charge that is common to all atoms makes no dipole about the centre.
    np.testing.assert_allclose(molecular_dipoles(found, np.array([1.4, 0.6])), [[-0.4 * 0.92, 0, 0]])


def test_networks_without_end_are_told_from_molecules():
    crystal = bulk("NaCl", "rocksalt", 5.64, cubic=True)
    assert not found_in(crystal).is_finite.any()
    chain = Atoms("C2", [[0, 0, 0], [1.3, 0, 0]], cell=[2.6, 9, 9], pbc=True)
    assert found_in(chain).is_finite.tolist() == [False]
    assert found_in(chain, periodic=False).is_finite.tolist() == [True]


def test_atoms_without_bonds_are_alone():
    found = found_in(Atoms("ArNe", [[0, 0, 0], [5, 0, 0]]), periodic=False)
    assert found.formulas == ("Ar", "Ne")
    np.testing.assert_array_equal(molecular_dipoles(found, np.array([1.0, -1.0])), np.zeros((2, 3)))


def test_groups_that_lose_or_win_an_atom_are_not_kept():
    far = Atoms("OHHOHHArAr", [[x, 0, 0] for x in (0, 1, -1, 20, 21, 19, 40, 50)])
    before = found_in(far, periodic=False)
    far.positions[2, 0] = 10.0
    far.positions[7, 0] = 60.0
    assert kept(before, found_in(far, periodic=False)).tolist() == [False, True, True, True]
    far.positions[2] = (20.0, 1.0, 0.0)
    assert kept(before, found_in(far, periodic=False)).tolist() == [False, False, True, True]
