"""Nearest neighbours and bonds of each atom."""

import numpy as np
from ase import Atoms
from ase.build import bulk, molecule
from random_models import random_model

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
