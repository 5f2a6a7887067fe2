"""Radial distribution functions of crystals and of a gas."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from les_viz.analysis.distances import Bins, half_height, radial_distribution
from les_viz.errors import SettingError


def test_coordination_of_simple_cubic():
    atoms = bulk("Po", "sc", a=3.0).repeat(4)
    atoms.positions += 7.7  # outside the cell
    found = radial_distribution(atoms.positions[None], None, atoms.cell.array[None], bins=Bins(r_max=5.5, n_bins=550))
    for radius, count in ((2.9, 0), (3.1, 6), (4.3, 18), (5.3, 26)):
        assert found.coordination[np.searchsorted(found.distance, radius)] == count
    assert found.distance[found.value > 0][0] == pytest.approx(3.0, abs=0.01)


def test_pairs_of_a_skewed_cell_are_those_of_ase():
    random = np.random.default_rng(1)
    cell = np.array([[7.0, 0, 0], [3.0, 6.5, 0], [-2.0, 2.5, 6.0]])
    atoms = Atoms("H8O5", positions=random.uniform(-9, 9, (13, 3)), cell=cell, pbc=True)
    reach = half_height(cell)
    distances = atoms.get_all_distances(mic=True)[:8, 8:]
    found = radial_distribution(atoms.positions[None, :8], atoms.positions[None, 8:], cell[None])
    assert found.coordination[-1] == pytest.approx((distances < reach).sum() / 8, abs=1e-12)


def test_gas():
    positions = np.random.default_rng(2).uniform(0, 12, (60, 200, 3))
    cells = np.broadcast_to(12.0 * np.eye(3), (60, 3, 3))
    found = radial_distribution(positions, None, cells, bins=Bins(n_bins=20))
    outer = found.distance > 2
    assert found.value[outer] == pytest.approx(1, abs=0.03)
    assert (np.abs(found.value - 1) < 5 * found.error)[outer].all()


def test_beyond_the_cell_is_refused():
    with pytest.raises(SettingError, match="half the smallest height"):
        radial_distribution(np.zeros((1, 2, 3)), None, 4.0 * np.eye(3)[None], bins=Bins(r_max=2.5))


def test_no_pair():
    with pytest.raises(SettingError, match="no pair"):
        radial_distribution(np.zeros((1, 1, 3)), None, 4.0 * np.eye(3)[None])
