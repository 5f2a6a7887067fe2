"""The grid of a non-uniform FFT where finufft's own is slow: another one, as accurate."""

import pytest
import torch

from les_viz.ewald import electrostatics
from les_viz.ewald.fine_grid import OWN_CHOICE, SLOW_SIZES, fine_size, upsampling


@pytest.mark.parametrize(("points", "expected"), [(31.25, 32), (42, 48), (50, 50), (73.75, 80), (97, 100)])
def test_size_of_an_axis(points, expected):
    assert fine_size(points) == expected


def test_a_good_grid_is_left_to_the_library():
    assert upsampling((25, 25, 25), 1e-12, torch.float64) == OWN_CHOICE
    assert upsampling((25, 49, 25), 1e-5, torch.float32) == OWN_CHOICE


@pytest.mark.parametrize(
    ("modes", "tolerance", "dtype"),
    [
        ((21, 21, 21), 1e-12, torch.float64),
        ((23, 25, 21), 1e-12, torch.float64),
        ((33, 33, 51), 1e-4, torch.float64),
        ((21, 23, 49), 1e-5, torch.float32),
        ((75, 75, 73), 1e-5, torch.float32),
    ],
)
def test_slow_sizes_are_passed_by(modes, tolerance, dtype):
    factor = upsampling(modes, tolerance, dtype)
    assert factor != OWN_CHOICE
    assert not {fine_size(factor * n) for n in modes} & SLOW_SIZES[dtype]


@pytest.mark.parametrize(("edges", "dtype"), [((20, 22, 24), torch.float64), ((20, 22, 20), torch.float32)])
def test_as_accurate_as_the_direct_sum(edges, dtype):
    """21 and 23 modes, in double precision to 1e-12 a grid 48 wide, in single 30; warnings of finufft are errors."""
    cell = torch.diag(torch.tensor(edges, dtype=torch.float64))
    generator = torch.Generator().manual_seed(5)
    positions = torch.rand(400, 3, generator=generator).double() @ cell
    charges = torch.randn(400, generator=generator).double()
    charges = charges - charges.mean()
    exact = electrostatics(charges, positions, cell, k_cutoff=3.1, backend="direct")
    found = electrostatics(charges.to(dtype), positions.to(dtype), cell.to(dtype), k_cutoff=3.1, backend="nufft")
    for name in ("potential", "electric_field", "stress"):
        wanted = getattr(exact, name)
        error = (getattr(found, name).double() - wanted).norm() / wanted.norm()
        assert error < (1e-11 if dtype == torch.float64 else 4e-6), name
