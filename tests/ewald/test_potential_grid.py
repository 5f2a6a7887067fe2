"""The potential on a grid against the sums over atoms, closed forms and torch-pme."""

from math import erf, sqrt

import numpy as np
import pytest
import torch

from les_viz.ewald import CoulombSum, electrostatics
from les_viz.ewald.potential_grid import open_potential_at, periodic_potential_grid
from les_viz.units import COULOMB_CONSTANT

COULOMB = CoulombSum(smearing=1.0, k_cutoff=3.0, self_interaction=True)
CELL = torch.tensor([[7.0, 0.5, 0.0], [-1.0, 8.0, 0.3], [0.4, 0.0, -9.0]], dtype=torch.float64)


def charged(n=7, seed=3):
    random = torch.Generator().manual_seed(seed)
    charges = torch.randn(n, generator=random, dtype=torch.float64)
    return charges - charges.mean(), torch.rand(n, 3, generator=random, dtype=torch.float64) @ CELL


@pytest.mark.parametrize("shape", [(20, 18, 24), (5, 6, 4)])
def test_the_grid_is_what_a_test_charge_feels_even_where_it_is_coarse(shape):
    charges, positions = charged()
    values, field = periodic_potential_grid(COULOMB, charges, positions, CELL, shape)
    for index in ((0, 0, 0), (3, 2, 1), tuple(n - 1 for n in shape)):
        point = torch.tensor([i / n for i, n in zip(index, shape, strict=True)], dtype=torch.float64) @ CELL
        probe = electrostatics(
            torch.cat((charges, torch.zeros(1, dtype=torch.float64))),
            torch.cat((positions, point[None])),
            CELL,
            smearing=1.0,
            k_cutoff=3.0,
        )
        assert values[index].item() == pytest.approx(probe.potential[-1].item(), abs=1e-11)
        np.testing.assert_allclose(field[index], probe.electric_field[-1], atol=1e-11)


def test_the_mean_over_a_cell_is_zero():
    charges, positions = charged()
    values, _ = periodic_potential_grid(COULOMB, charges, positions, CELL, (24, 24, 24))
    assert abs(values.mean().item()) < 1e-12


def test_an_open_charge_has_the_closed_form():
    points = torch.tensor([[0.0, 0, 0], [1e-5, 0, 0], [0.7, 0, 0], [3.0, 4.0, 0]], dtype=torch.float64)
    charge = torch.tensor([-0.8], dtype=torch.float64)
    values, field = open_potential_at(COULOMB, charge, torch.zeros(1, 3, dtype=torch.float64), points)
    for value, r in zip(values[2:].tolist(), (0.7, 5.0), strict=True):
        assert value == pytest.approx(-0.8 * COULOMB_CONSTANT * erf(r / sqrt(2)) / r, rel=1e-12)
    assert values[0].item() == pytest.approx(-0.8 * COULOMB_CONSTANT * sqrt(2 / np.pi), rel=1e-12)
    np.testing.assert_allclose(field[0], np.zeros(3), atol=1e-12)
    step = 1e-5
    ahead, _ = open_potential_at(COULOMB, charge, torch.tensor([[-step, 0, 0]], dtype=torch.float64), points[2:3])
    back, _ = open_potential_at(COULOMB, charge, torch.tensor([[step, 0, 0]], dtype=torch.float64), points[2:3])
    assert field[2, 0].item() == pytest.approx(-(ahead - back).item() / (2 * step), rel=1e-7)


def test_open_and_a_huge_cell_agree_in_the_differences():
    charges = torch.tensor([1.0, -1.0], dtype=torch.float64)
    positions = torch.tensor([[30.0, 30, 30], [31.5, 30, 30]], dtype=torch.float64)
    huge = 60.0 * torch.eye(3, dtype=torch.float64)
    shape = (40, 40, 40)
    periodic, _ = periodic_potential_grid(
        CoulombSum(smearing=1.0, k_cutoff=6.0, self_interaction=True), charges, positions, huge, shape
    )
    places = torch.tensor([[20, 20, 20], [22, 20, 20], [20, 21, 21]])
    free, _ = open_potential_at(COULOMB, charges, positions, places.double() * 1.5)
    found = torch.stack([periodic[tuple(place)] for place in places.tolist()])
    np.testing.assert_allclose(found - found[0], free - free[0], atol=2e-3)


def test_torch_pme_says_the_same_at_a_point_of_the_grid():
    torchpme = pytest.importorskip("torchpme")
    charges, positions = charged(4, seed=8)
    converged = CoulombSum(smearing=1.0, k_cutoff=9.0, self_interaction=True)
    values, _ = periodic_potential_grid(converged, charges, positions, CELL, (9, 10, 11))
    probe = (torch.tensor([4 / 9, 0.7, 2 / 11], dtype=torch.float64) @ CELL)[None]
    calculator = torchpme.EwaldCalculator(torchpme.CoulombPotential(smearing=1.0), lr_wavelength=0.35)
    found = calculator.to(torch.float64)(
        torch.cat((charges, charges.new_zeros(1)))[:, None],
        CELL,
        torch.cat((positions, probe)),
        torch.zeros(0, 2, dtype=torch.int64),  # no pairs: the smooth kernel alone
        torch.zeros(0, dtype=torch.float64),
    )
    # It counts half of the potential.
    assert values[4, 7, 2].item() == pytest.approx(2 * COULOMB_CONSTANT * found[-1, 0].item(), abs=1e-9)
