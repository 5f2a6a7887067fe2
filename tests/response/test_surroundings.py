"""Nearest neighbours and bonds of each atom."""

import numpy as np
from ase import Atoms
from ase.build import bulk, molecule
from random_models import random_model

from les_viz.response.dipole import find_bonds
from les_viz.response.predict import predict
from les_viz.response.surroundings import coordination_numbers, nearest_distances


def predicted(atoms):
    known = random_model().config.elements
    atoms.numbers[:] = [number if number in known else known[0] for number in atoms.numbers]
    return predict(random_model(), atoms, quantities={"latent_charges"})


def test_a_molecule():
    atoms = molecule("H2O")
    found = nearest_distances(predicted(atoms))
    np.testing.assert_allclose(found, np.full(3, atoms.get_distance(0, 1)), rtol=1e-6)
    assert coordination_numbers(predicted(atoms)).tolist() == [2, 1, 1]


def test_images_and_distant_atoms_count():
    lattice = Atoms("H", cell=[4.0, 5, 6], pbc=True)
    np.testing.assert_allclose(nearest_distances(predicted(lattice)), [4.0])
    assert nearest_distances(predicted(Atoms("H"))).tolist() == [np.inf]
    crystal = predicted(bulk("NaCl", "rocksalt", 5.6, cubic=True))
    np.testing.assert_allclose(nearest_distances(crystal), np.full(8, 2.8))


def test_cations_of_a_hot_salt_are_not_bonded_and_atoms_of_a_metal_are():
    salt = bulk("NaCl", "rocksalt", a=5.2, cubic=True) * (2, 2, 2)  # Na-Na 3.68 Å, within 1.2 times the radii of sodium
    bonds = find_bonds(salt.numbers, salt.positions, salt.cell[:])
    assert {frozenset(pair) for pair in zip(salt.numbers[bonds.first], salt.numbers[bonds.second], strict=True)} == {
        frozenset({11, 17})
    }
    assert (np.bincount(bonds.first) == 6).all()
    sodium = bulk("Na", "bcc", a=4.29, cubic=True) * (2, 2, 2)
    assert len(find_bonds(sodium.numbers, sodium.positions, sodium.cell[:]).first) == 8 * len(sodium)
