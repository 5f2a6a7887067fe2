"""Closed forms, self-interaction, charged cells, precision, and what is refused."""

from math import erf, exp, pi, sqrt

import pytest
import torch
from charged_systems import Charged, largest_difference
from unchecked import unchecked

from les_viz.errors import BoundaryError, SettingError
from les_viz.ewald import ChargedCellWarning, electrostatics
from les_viz.ewald.grid import half_grid
from les_viz.units import COULOMB_CONSTANT

ORIGIN_AND_X = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]], dtype=torch.float64)
PAIR = torch.tensor([0.7, -1.3], dtype=torch.float64)


@pytest.mark.parametrize("distance", [1e-4, 0.02, 0.3, 0.44, 0.45, 1.0, 3.7, 25.0])
@pytest.mark.parametrize("smearing", [0.7, 1.0])
def test_two_charges(distance, smearing):
    """k_e q1 q2 erf(r/√2σ)/r, on both sides of the switch to the series."""
    result = electrostatics(PAIR, ORIGIN_AND_X * distance, pbc=False, smearing=smearing)
    a = 1 / (sqrt(2) * smearing)
    product = COULOMB_CONSTANT * 0.7 * -1.3
    kernel = erf(a * distance) / distance
    slope = (2 * a / sqrt(pi) * exp(-((a * distance) ** 2)) - kernel) / distance
    assert float(result.energy) == pytest.approx(product * kernel, rel=1e-13)
    assert float(result.forces[1, 0]) == pytest.approx(-product * slope, rel=1e-9, abs=2e-10)
    assert float(result.forces[0, 0]) == pytest.approx(product * slope, rel=1e-9, abs=2e-10)
    assert float(result.potential[0]) == pytest.approx(COULOMB_CONSTANT * -1.3 * kernel, rel=1e-13)
    assert largest_difference(result.stress, torch.zeros(3, 3, dtype=torch.float64)) == 0


@pytest.mark.parametrize("pbc", [True, False])
def test_self_interaction_is_its_closed_form(pbc):
    """K/(σ(2π)^{3/2}) q² = k_e q²/(σ√(2π)), in both directions and under both boundaries."""
    system, smearing = Charged.random(1, cell="triclinic" if pbc else None), 0.9
    kept = system.sum(self_interaction=True, smearing=smearing)
    removed = system.sum(self_interaction=False, smearing=smearing)
    constant = COULOMB_CONSTANT / (smearing * sqrt(2 * pi))
    assert float(kept.energy - removed.energy) == pytest.approx(constant * float(system.charges @ system.charges))
    assert largest_difference(kept.potential - removed.potential, 2 * constant * system.charges) < 1e-12
    assert largest_difference(kept.electric_field, removed.electric_field) == 0
    assert largest_difference(kept.stress, removed.stress) == 0


@pytest.mark.parametrize("self_interaction", [True, False])
def test_self_interaction_open_equals_a_huge_box(self_interaction):
    charges = torch.tensor([1.0, -2.0, 1.0], dtype=torch.float64)
    positions = torch.tensor([[-1.2, 0.0, 0.0], [0.0, 0.0, 0.0], [1.2, 0.0, 0.0]], dtype=torch.float64)
    cell = torch.eye(3, dtype=torch.float64) * 60
    alone = electrostatics(charges, positions, pbc=False, self_interaction=self_interaction)
    boxed = electrostatics(charges, positions, cell, k_cutoff=6.0, self_interaction=self_interaction)
    assert float(boxed.energy) == pytest.approx(float(alone.energy), abs=1e-5)
    assert largest_difference(boxed.potential, alone.potential) < 1e-3


@pytest.mark.parametrize("pbc", [True, False])
def test_a_kept_self_term_of_coincident_charges_cancels(pbc):
    """Two opposite Gaussians at one place are nothing."""
    cell = torch.eye(3, dtype=torch.float64) * 7 if pbc else None
    result = electrostatics(
        torch.tensor([1.5, -1.5], dtype=torch.float64),
        torch.full((2, 3), 0.3, dtype=torch.float64),
        cell,
        pbc=pbc,
        self_interaction=True,
    )
    assert float(result.energy) == pytest.approx(0, abs=1e-12)


def test_coincident_atoms_are_finite_with_their_derivatives():
    positions = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    result = electrostatics(PAIR, positions, pbc=False, smearing=0.8)
    (gradient,) = torch.autograd.grad(result.energy, positions, create_graph=True)
    (second,) = torch.autograd.grad(gradient[0, 0], positions)
    assert float(result.energy.detach()) == pytest.approx(COULOMB_CONSTANT * 0.7 * -1.3 * sqrt(2 / pi) / 0.8)
    assert torch.isfinite(gradient).all()
    assert torch.isfinite(second).all()


def test_energy_is_half_the_charges_times_the_potential(backend):
    system = Charged.random(2)
    result = system.sum(backend=backend)
    assert float(result.energy) == pytest.approx(0.5 * float(system.charges @ result.potential), abs=1e-10)


def test_no_net_force_and_symmetric_stress(backend):
    result = Charged.random(9).sum(backend=backend)
    assert float(result.forces.sum(dim=0).abs().max()) < 1e-10
    assert largest_difference(result.stress, result.stress.T) < 1e-14


def test_stress_is_the_strain_derivative():
    system, step = Charged.random(13), 1e-5
    strain = torch.tensor([[0.3, 0.1, -0.2], [0.1, -0.5, 0.4], [-0.2, 0.4, 0.7]], dtype=torch.float64) * step

    def energy(sign: int) -> float:
        deformation = torch.eye(3, dtype=torch.float64) + sign * strain
        strained = system.changed(positions=system.positions @ deformation, cell=system.cell @ deformation)
        return float(strained.sum(k_cutoff=7.0).energy)  # converged: vectors that enter or leave are worth nothing

    volume = float(torch.linalg.det(system.cell))
    expected = (energy(1) - energy(-1)) / 2 / volume
    found = float((system.sum(k_cutoff=7.0).stress * strain).sum())
    assert found == pytest.approx(expected, rel=1e-6)


def test_charged_cell_warns_and_neutral_cells_do_not():
    system = Charged.random(4)
    system.sum()  # warnings are errors here
    with pytest.warns(ChargedCellWarning, match=r"carries a charge of \+0.7 e: a uniform neutralising background"):
        system.changed(charges=system.charges + 0.1).sum()


def test_charged_open_system_does_not_warn():
    system = Charged.random(4, cell=None)
    system.changed(charges=system.charges + 0.1).sum()


def test_float32_rounding_does_not_count_as_charge():
    generator = torch.Generator().manual_seed(0)
    charges = torch.randn(5000, generator=generator)
    charges = charges - charges.mean()
    electrostatics(charges, torch.rand(5000, 3, generator=generator) * 30, torch.eye(3) * 30, k_cutoff=0.5)


def test_background_shifts_the_energy_of_a_charged_cell_as_in_jellium():
    """One unit charge in a cube: -2.837297/2 k_e/L, for a width far below L."""
    charge = torch.ones(1, dtype=torch.float64)
    sigma, edge = 0.3, 5.0
    with pytest.warns(ChargedCellWarning):
        result = electrostatics(
            charge,
            torch.zeros(1, 3, dtype=torch.float64),
            torch.eye(3, dtype=torch.float64) * edge,
            smearing=sigma,
            k_cutoff=30.0,
        )
    # Dropping k = 0 of the Gaussian kernel instead of that of 1/r leaves out π σ²/V.
    expected = (-2.83729747948062 / 2 / edge + pi * sigma**2 / edge**3) * COULOMB_CONSTANT
    assert float(result.energy) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("cell", ["triclinic", None])
def test_float32_is_close_to_float64(cell, backend):
    system = Charged.random(6, cell=cell)
    single = Charged(
        charges=system.charges.float(),
        positions=system.positions.float(),
        cell=None if system.cell is None else system.cell.float(),
    )
    exact, rounded = system.sum(backend=backend), single.sum(backend=backend)
    for name in ("energy", "potential", "electric_field", "forces", "stress"):
        reference = getattr(exact, name)
        assert getattr(rounded, name).dtype == torch.float32
        scale = float(reference.abs().max())
        assert largest_difference(getattr(rounded, name).double(), reference) <= 2e-5 * scale, name


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("edge", "spacing"), [(30.0, 3.0), (9.0, 1.0), (12.6, 0.7), (7.3 * 3, 7.3)])
def test_vectors_on_the_cutoff_count_as_inside(dtype, edge, spacing):
    """An edge that is a multiple of dl puts (n, 0, 0) and its like exactly on the sphere."""
    n = round(edge / spacing)
    grid = half_grid(torch.eye(3, dtype=dtype)[None] * edge, 2 * pi / spacing)
    axis = torch.arange(-n, n + 1)
    squares = torch.cartesian_prod(axis, axis, axis).square().sum(dim=1)
    assert int(grid.multiplicity.sum()) == int(((squares > 0) & (squares <= n * n)).sum())
    below = half_grid(torch.eye(3, dtype=dtype)[None] * edge, 2 * pi / spacing * (1 - 1e-6))
    assert int(grid.multiplicity.sum() - below.multiplicity.sum()) == int((squares == n * n).sum())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("edge", "n"), [(30.0, 10), (9.0, 9), (7.3, 3), (16.0, 8)])
def test_reciprocal_vectors_in_single_precision_decide_for_the_whole_sphere(dtype, edge, n):
    """2π/edge rounds up or down, and with it all vectors on the sphere fall outside or stay inside, in any dtype."""
    cell, cutoff = torch.eye(3, dtype=dtype)[None] * edge, 2 * pi * n / edge
    counts = [int(half_grid(cell, cutoff * (1 + shift)).multiplicity.sum()) for shift in (-1e-6, 1e-6)]
    rounded = int(half_grid(cell, cutoff, single_precision=True).multiplicity.sum())
    step = float(torch.tensor(2 * pi) * (1 / torch.tensor(edge)))
    assert rounded == counts[step * n <= cutoff * (1 + 1e-9)]
    off_the_sphere = half_grid(cell, cutoff * 1.01), half_grid(cell, cutoff * 1.01, single_precision=True)
    assert largest_difference(*(grid.multiplicity for grid in off_the_sphere)) == 0


def test_vectors_on_the_cutoff_count_in_the_energy():
    """A single wave along x at the cutoff: K/V e^{-σ²k²/2}/k² |S|², twice."""
    edge = 9.0
    charges = torch.tensor([1.0, -1.0], dtype=torch.float64)
    positions = torch.tensor([[0.0, 0.0, 0.0], [edge / 2, 0.0, 0.0]], dtype=torch.float64)
    k = 2 * pi / edge
    for dtype in (torch.float32, torch.float64):
        cell = torch.eye(3, dtype=dtype) * edge
        result = electrostatics(
            charges.to(dtype), positions.to(dtype), cell, smearing=1.0, k_cutoff=k, self_interaction=True
        )
        expected = 2 * 2 * pi * COULOMB_CONSTANT / edge**3 * exp(-(k**2) / 2) / k**2 * 4
        assert float(result.energy) == pytest.approx(expected, rel=1e-6)


def test_a_cell_smaller_than_the_shortest_wave_holds_no_energy():
    result = electrostatics(
        torch.tensor([1.0, -1.0]), torch.tensor([[0.0, 0, 0], [0.5, 0, 0]]), torch.eye(3), self_interaction=True
    )
    assert float(result.energy) == 0


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["smearing", "k_cutoff"])
def test_lengths_must_be_positive_numbers(name, value):
    with pytest.raises(SettingError, match=f"{name} is .*: expected a positive number"):
        Charged.random(0).sum(**{name: value})


@pytest.mark.parametrize("value", ["1", None])
def test_lengths_that_are_no_numbers_are_refused(value):
    coulomb_sum = unchecked("les_viz.ewald.coulomb").CoulombSum
    with pytest.raises(SettingError, match=r"smearing is .*: expected a positive number"):
        coulomb_sum(smearing=value, k_cutoff=1.0, self_interaction=False)


@pytest.mark.parametrize("differentiated", [False, True])
@pytest.mark.parametrize("backend", ["direct", "nufft"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_positions_that_are_not_finite_are_refused(bad, backend, differentiated):
    positions = torch.rand(5, 3, dtype=torch.float64)
    positions[3, 1] = bad
    positions.requires_grad_(differentiated)
    charges = torch.tensor([1.0, -1, 1, -1, 0], dtype=torch.float64)
    for cell, pbc in ((torch.eye(3, dtype=torch.float64) * 6, True), (None, False)):
        with pytest.raises(SettingError, match=r"positions.* are not finite"):
            electrostatics(charges, positions, cell, pbc, backend=backend)


@pytest.mark.parametrize("pbc", [True, False])
def test_charges_that_are_not_finite_are_refused(pbc):
    charges = torch.tensor([[1.0, 0.0], [-1.0, float("nan")]])
    with pytest.raises(SettingError, match="charges of atom 1 are not finite"):
        electrostatics(charges, torch.tensor([[0.0, 0, 0], [2.5, 0, 0]]), torch.eye(3) * 6, pbc)


def test_unknown_backend_is_refused():
    coulomb_sum = unchecked("les_viz.ewald.coulomb").CoulombSum
    with pytest.raises(SettingError, match="backend is 'fft': expected one of auto, direct, nufft"):
        coulomb_sum(smearing=1.0, k_cutoff=1.0, self_interaction=False, backend="fft")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"cell": None}, BoundaryError, "a periodic sum needs a cell: pass cell="),
        ({"cell": torch.zeros(3, 3).double()}, BoundaryError, "volume.*: pass three .*or pbc=False"),
        ({"cell": torch.ones(3, 3).double()}, BoundaryError, "volume.*: pass three .*or pbc=False"),
        ({"cell": torch.eye(3).double() * 1e5}, SettingError, "use a smaller cell, a smaller cutoff or pbc=False"),
        ({"k_cutoff": 1e6}, SettingError, "more than 6e\\+07 terms"),
        ({"system_idx": torch.tensor([0, 0, 1, 0, 1, 1, 1])}, SettingError, "put the atoms of each system together"),
        ({"system_idx": torch.tensor([0, 0, 0, 0, 1, 1, 1])}, SettingError, "goes up to 1, but there are 1 cells"),
    ],
)
def test_bad_arguments_are_refused(changes, error, message):
    system = Charged.random(0)
    arguments = {"charges": system.charges, "positions": system.positions, "cell": system.cell} | changes
    with pytest.raises(error, match=message):
        electrostatics(**arguments)


def test_nothing_to_sum_is_refused():
    with pytest.raises(SettingError, match="there are no atoms"):
        electrostatics(torch.zeros(0), torch.zeros(0, 3), torch.eye(3))


def test_mixed_precision_is_refused():
    with pytest.raises(SettingError, match=r"charges are torch.float32, positions torch.float64: convert one"):
        electrostatics(torch.zeros(2), torch.zeros(2, 3).double(), torch.eye(3).double())
