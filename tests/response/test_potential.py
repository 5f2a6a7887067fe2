"""The potential of a prediction on a grid."""

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from random_models import random_atoms, random_model

from les_viz.errors import ModelError, SettingError
from les_viz.response.potential import potential_grid
from les_viz.response.predict import predict


@pytest.mark.parametrize("periodic", [True, False])
def test_the_field_is_minus_the_slope_of_the_potential(periodic):
    model = random_model()
    atoms = random_atoms(seed=2) if periodic else molecule("H2O")
    prediction = predict(model, atoms, quantities={"latent_charges"})
    grid = potential_grid(model, prediction, spacing=0.12)
    assert grid.is_periodic is periodic
    assert grid.values.shape == grid.points().shape[:3]
    middle = tuple(n // 2 for n in grid.values.shape)
    for axis in range(3):
        step = grid.points()[1, 1, 1] - grid.points()[tuple(int(other != axis) for other in range(3))]
        ahead, behind = (tuple(m + sign * (a == axis) for a, m in enumerate(middle)) for sign in (1, -1))
        slope = (grid.values[ahead] - grid.values[behind]) / 2
        assert -grid.field[middle] @ step == pytest.approx(slope, abs=2e-3 * np.abs(grid.field).max())


def test_the_planar_average_runs_over_the_height_of_the_cell():
    model, atoms = random_model(), random_atoms(seed=2)
    grid = potential_grid(model, predict(model, atoms, quantities={"latent_charges"}))
    for axis in range(3):
        heights, means = grid.planar_average(axis)
        spacing = atoms.cell.volume / np.linalg.norm(np.cross(*(atoms.cell[a] for a in range(3) if a != axis)))
        assert heights[0] == 0
        assert heights[-1] == pytest.approx(spacing * (1 - 1 / len(heights)))
        assert means.mean() == pytest.approx(grid.values.mean(), abs=1e-12)


def test_large_systems_get_a_coarser_grid_instead_of_an_endless_one():
    model = random_model()
    far = Atoms("H2", [[0, 0, 0], [60, 60, 60]])
    grid = potential_grid(model, predict(model, far, quantities={"latent_charges"}), spacing=0.1)
    assert grid.values.size <= 600_000
    np.testing.assert_allclose(grid.origin, [-4, -4, -4])
    np.testing.assert_allclose(grid.points()[-1, -1, -1], [64, 64, 64])


def test_what_cannot_be_computed_is_said():
    model = random_model()
    prediction = predict(model, molecule("H2O"), quantities={"latent_charges"})
    with pytest.raises(SettingError, match="spacing"):
        potential_grid(model, prediction, spacing=0.0)
    model.config = replace(model.config, electrostatics=None)
    with pytest.raises(ModelError, match="short-ranged"):
        potential_grid(model, prediction)
