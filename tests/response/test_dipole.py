"""The dipole: whole molecules, stated origin, polarisation."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule as build_molecule
from random_models import random_atoms, random_model, rotated, rotation_matrix

from les_viz.response.dipole import dipole, whole_molecules
from les_viz.response.predict import predict


def boxed(shift=(0.0, 0.0, 0.0)):
    """Two water molecules in a skewed cell."""
    water = build_molecule("H2O")
    second = water.copy()
    second.rotate(50, (1, 2, 3))
    second.positions += (4.0, 3.5, 3.0)
    atoms = water + second
    atoms.set_cell([[8.0, 0, 0], [1.5, 8.0, 0], [-1.0, 0.5, 9.0]])
    atoms.set_pbc((True, True, True))
    atoms.positions += shift
    return atoms


@pytest.mark.parametrize("shift", [(0.1, 0.2, 0.1), (-4.0, 3.9, 0.0), (3.9, 4.6, -3.0), (7.9, 0, 8.9)])
def test_molecules_broken_across_the_boundary_count_whole(shift):
    model = random_model()
    whole = predict(model, boxed(), quantities={"dipole"})
    moved = boxed(shift)
    broken = moved.copy()
    broken.wrap()
    found = predict(model, broken, quantities={"dipole"})
    places = whole_molecules(broken.numbers, broken.positions, np.asarray(broken.cell))
    for first in (0, 3):
        bonds = places[first + 1 : first + 3] - places[first]
        assert bonds == pytest.approx(moved.positions[first + 1 : first + 3] - moved.positions[first], abs=1e-12)
    # The molecules as wholes may sit in other cells: neutral ones would not care, these carry a little charge.
    charges = found.partial_charges
    expected, _ = dipole(charges, places)
    assert found.dipole == pytest.approx(expected, abs=1e-12)
    assert charges == pytest.approx(whole.partial_charges, abs=1e-11)
    lattice = np.linalg.solve(np.asarray(broken.cell).T, (places - moved.positions).T).T
    assert lattice == pytest.approx(lattice.round(), abs=1e-9)


def test_one_broken_molecule_has_the_dipole_of_the_whole_one():
    water = build_molecule("H2O")
    water.set_cell(np.diag([7.0, 8.0, 9.0]))
    water.set_pbc((True, True, True))
    alone = build_molecule("H2O")
    model = random_model("M+Ar+Bchi")
    expected = predict(model, alone, quantities={"dipole"})
    assert np.linalg.norm(expected.dipole) > 1e-3
    for shift in ((0.0, 0.0, 0.0), (0.0, 0.3, 0.0), (6.8, 7.5, 8.9)):
        water.positions[:] = alone.positions + shift
        water.wrap()
        found = predict(model, water, quantities={"dipole"})
        assert found.dipole == pytest.approx(expected.dipole, abs=1e-10)
        assert found.polarization == pytest.approx(expected.dipole / (7 * 8 * 9), abs=1e-13)


def test_origin_is_the_geometric_centre_and_is_stated():
    atoms = random_atoms(1, pbc=False)
    found = predict(random_model(), atoms, quantities={"dipole"})
    assert abs(found.total_charge) > 1e-2
    assert found.dipole_origin == pytest.approx(atoms.positions.mean(axis=0))
    charges = found.partial_charges
    assert found.dipole == pytest.approx(charges @ (atoms.positions - found.dipole_origin), abs=1e-13)
    assert found.dipole == pytest.approx((charges - charges.mean()) @ atoms.positions, abs=1e-12)
    assert found.polarization is None


@pytest.mark.parametrize("shift", [0.0, 100.0])
def test_dipole_turns_with_the_system_and_ignores_its_place(shift):
    model, atoms, rotation = random_model("M+Ar+Bchi"), random_atoms(2, pbc=False), rotation_matrix(3)
    before = predict(model, atoms, quantities={"dipole"}).dipole
    turned = rotated(atoms, rotation)
    turned.positions += shift
    assert predict(model, turned, quantities={"dipole"}).dipole == pytest.approx(rotation @ before, abs=1e-9)


def test_a_left_handed_cell_has_a_positive_volume():
    atoms = boxed()
    swapped = atoms.copy()
    swapped.set_cell(np.asarray(atoms.cell)[[1, 0, 2]])
    right, left = (predict(random_model(), a, quantities={"dipole"}) for a in (atoms, swapped))
    assert left.polarization == pytest.approx(right.polarization, abs=1e-14)


def test_a_bonded_crystal_keeps_its_first_atom_and_moves_others_by_lattice_vectors():
    crystal = Atoms("MgO", positions=[[0, 0, 0], [2.1, 0, 0]], cell=np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) * 2.1)
    places = whole_molecules(crystal.numbers, crystal.positions, np.asarray(crystal.cell))
    assert places[0] == pytest.approx(np.zeros(3))
    steps = np.linalg.solve(np.asarray(crystal.cell).T, places[1] - crystal.positions[1])
    assert steps == pytest.approx(steps.round(), abs=1e-9)
    assert np.linalg.norm(places[1] - places[0]) == pytest.approx(2.1)
