"""The back ends compute the same sum, on every device."""

import pytest
import torch
from charged_systems import Charged, largest_difference

from les_viz.ewald import electrostatics
from les_viz.ewald.coulomb import cheapest_backend, is_thin
from les_viz.ewald.grid import HalfGrid, half_grid

QUANTITIES = ("energy", "potential", "electric_field", "forces", "stress")


def worst_difference(one, two) -> float:
    """The largest deviation of any quantity, relative to its size."""
    return max(
        largest_difference(getattr(one, name).cpu(), getattr(two, name).cpu())
        / max(float(getattr(two, name).abs().max()), 1e-12)
        for name in QUANTITIES
    )


@pytest.mark.parametrize("channels", [None, 1, 2, 5])
def test_nufft_is_direct(channels):
    system = Charged.random(31, n_atoms=23, channels=channels)
    assert worst_difference(system.sum(backend="nufft"), system.sum(backend="direct")) < 1e-10


@pytest.mark.parametrize("n_atoms", [5, 400])
@pytest.mark.parametrize("edge", [6.0, 24.0])
def test_auto_equals_direct(n_atoms, edge):
    system = Charged.random(32, cell="cubic", n_atoms=n_atoms)
    system = system.changed(positions=system.positions * edge / 6, cell=system.cell * edge / 6)
    assert worst_difference(system.sum(backend="auto"), system.sum(backend="direct")) < 1e-9


def test_auto_takes_each_backend_where_it_is_cheaper():
    def choice(edge: float, n_atoms: int, device: str = "cpu") -> str:
        grid: HalfGrid = half_grid(torch.eye(3)[None] * edge, 3.1)
        return cheapest_backend(grid, n_atoms, device)

    assert choice(6.0, 20) == "direct"
    assert choice(50.0, 12_000) == "nufft"


def test_auto_takes_nufft_earlier_where_its_tolerance_is_loose():
    """Water of 1536 atoms in double precision; single precision has a cost of its own."""
    double, single = (
        half_grid(torch.eye(3, dtype=dtype)[None] * 24.9, 3.14) for dtype in (torch.float64, torch.float32)
    )
    found = [cheapest_backend(double, 1536, "cpu", tolerance) for tolerance in (None, 1e-12, 1e-6)]
    assert found == ["direct", "direct", "nufft"]
    assert cheapest_backend(single, 1536, "cpu", 1e-6) == cheapest_backend(single, 1536, "cpu")


def test_a_thin_cell_is_no_place_for_nufft():
    """Its transform spreads over thirteen points along each axis, where the sum of this cell has three."""
    cell = torch.diag(torch.tensor([2e4, 3.0, 3.0], dtype=torch.float64))
    grid = half_grid(cell[None], 3.1)
    assert is_thin(grid)
    assert cheapest_backend(grid, 400, "cpu") == "direct"
    positions = torch.rand(6, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64) @ cell
    charges = torch.tensor([1.0, -1.0, 0.5, -0.5, 0.2, -0.2], dtype=torch.float64)
    found = [electrostatics(charges, positions, cell, k_cutoff=3.1, backend=name) for name in ("nufft", "direct")]
    assert torch.equal(found[0].potential, found[1].potential)


@pytest.mark.parametrize("edges", [(6.0, 6.0, 6.0), (80.0, 80.0, 80.0), (400.0, 40.0, 12.0)])
def test_other_cells_are_not_thin(edges):
    assert not is_thin(half_grid(torch.diag(torch.tensor(edges))[None], 3.1))


@pytest.mark.parametrize("chunk", [64, 1000])
def test_chunks_of_the_direct_sum_do_not_show(chunk, monkeypatch):
    system = Charged.random(33, n_atoms=29, channels=2)
    whole = system.sum(backend="direct")
    monkeypatch.setattr("les_viz.ewald.direct.TABLE_ENTRIES", chunk)
    assert worst_difference(system.sum(backend="direct"), whole) < 1e-12


def test_nufft_tolerance_is_honoured():
    system = Charged.random(34, n_atoms=40)
    exact = system.sum(backend="direct")
    errors = [
        worst_difference(system.sum(backend="nufft", nufft_tolerance=tolerance), exact)
        for tolerance in (1e-3, 1e-6, 1e-12)
    ]
    assert 1e-7 < errors[0] < 1e-2
    assert 1e-10 < errors[1] < 1e-5
    assert errors[2] < 1e-10


def test_nufft_in_single_precision():
    """By default to 2e-6; the charges fill a box as liquids do, where the smaller grid of finufft errs most."""
    generator = torch.Generator().manual_seed(35)
    positions = (12 * torch.rand(170, 3, generator=generator)).double()
    charges = torch.randn(170, generator=generator)
    charges = (charges - charges.mean()).double()
    cell = 12 * torch.eye(3, dtype=torch.float64)
    exact = electrostatics(charges, positions, cell, k_cutoff=3.1, backend="direct")
    rough = electrostatics(charges.float(), positions.float(), cell.float(), k_cutoff=3.1, backend="nufft")
    for name in ("potential", "electric_field", "stress"):
        wanted, found = getattr(exact, name), getattr(rough, name).double()
        assert (found - wanted).norm() < 4e-6 * wanted.norm(), name


def test_other_devices_use_direct():
    grid = half_grid(torch.eye(3)[None] * 50, 3.1)
    assert cheapest_backend(grid, 100_000, "mps") == "direct"


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("cell", ["triclinic", "left-handed", None])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cuda_is_cpu(cell, dtype, backend):
    if backend == "nufft":
        pytest.importorskip("cufinufft")
    system = Charged.random(35, cell=cell, n_atoms=50, channels=2)
    tensors = {"charges": system.charges, "positions": system.positions, "cell": system.cell}
    moved = {name: None if value is None else value.to("cuda", dtype) for name, value in tensors.items()}
    found = Charged(**moved).sum(backend=backend)
    assert found.energy.device.type == "cuda"
    assert worst_difference(found, system.sum(backend="direct")) < (2e-5 if dtype == torch.float32 else 1e-10)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_differentiates_as_cpu(backend):
    if backend == "nufft":
        pytest.importorskip("cufinufft")
    system, gradients = Charged.random(36, n_atoms=20), []
    for device in ("cpu", "cuda"):
        positions = system.positions.to(device).requires_grad_()
        moved = Charged(charges=system.charges.to(device), positions=positions, cell=system.cell.to(device))
        result = moved.sum(backend=backend)
        (gradient,) = torch.autograd.grad(result.electric_field.square().sum() + result.stress.sum(), positions)
        gradients.append(gradient.cpu())
    assert torch.allclose(gradients[0], gradients[1], rtol=1e-8, atol=1e-9)
