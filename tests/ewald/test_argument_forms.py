"""What callers may pass to `electrostatics`, and what wrong forms are told; without the type checker of the tests."""

import numpy as np
import pytest
import torch
from unchecked import unchecked

from les_viz.errors import BoundaryError, SettingError

electrostatics = unchecked("les_viz.ewald.electrostatics").electrostatics
CHARGES = torch.tensor([1.0, -1.0], dtype=torch.float64)
POSITIONS = torch.tensor([[0.0, 0.0, 0.0], [2.0, 0.5, 0.0]], dtype=torch.float64)
CELL = torch.eye(3, dtype=torch.float64) * 8


def energy_with(pbc: object) -> float:
    return float(electrostatics(CHARGES, POSITIONS, CELL, pbc).energy)


@pytest.mark.parametrize("form", [tuple, list, np.array, torch.tensor])
@pytest.mark.parametrize("periodic", [True, False])
def test_three_equal_flags_mean_what_one_means(form, periodic):
    assert energy_with(form([periodic] * 3)) == energy_with(periodic)
    assert energy_with(np.bool_(periodic)) == energy_with(periodic)
    assert energy_with(True) != energy_with(False)


@pytest.mark.parametrize("form", [tuple, list, np.array, torch.tensor])
def test_mixed_periodicity_is_refused_with_the_choices(form):
    with pytest.raises(BoundaryError, match=r"\[True, True, False\]\): pass pbc=True .* or pbc=False"):
        energy_with(form([True, True, False]))


@pytest.mark.parametrize("pbc", ["xyz", None, (True, True), (), torch.ones(2, 3)])
def test_what_says_nothing_about_periodicity_is_refused(pbc):
    with pytest.raises(SettingError, match="pass True or False, or three of them that agree"):
        energy_with(pbc)


@pytest.mark.parametrize(
    ("charges", "positions", "cell", "message"),
    [
        (CHARGES.numpy(), POSITIONS, CELL, "charges is a ndarray: pass a torch tensor"),
        ([1, -1], POSITIONS, CELL, "charges is a list: pass a torch tensor"),
        (CHARGES, POSITIONS, CELL.numpy(), "cell is a ndarray: pass a torch tensor"),
        (CHARGES.long(), POSITIONS, CELL, "charges holds torch.int64: convert it to"),
        (CHARGES.half(), POSITIONS.half(), CELL.half(), "charges holds torch.float16: convert it to"),
        (CHARGES, POSITIONS[:, :2], CELL, r"positions have shape \(2, 2\): pass \(atoms, 3\)"),
        (CHARGES, POSITIONS[0], CELL, r"positions have shape \(3,\): pass \(atoms, 3\)"),
        (CHARGES[0], POSITIONS, CELL, r"charges have shape \(\): pass \(atoms,\) or \(atoms, channels\)"),
        (CHARGES.view(2, 1, 1), POSITIONS, CELL, r"charges have shape \(2, 1, 1\): pass"),
        (CHARGES.view(2, 1)[:, :0], POSITIONS, CELL, r"charges have shape \(2, 0\): pass"),
    ],
)
@pytest.mark.parametrize("pbc", [True, False])
def test_other_kinds_and_shapes_are_refused(charges, positions, cell, message, pbc):
    with pytest.raises(SettingError, match=message):
        electrostatics(charges, positions, cell, pbc=pbc)


@pytest.mark.parametrize("form", [np.array, np.float64, torch.tensor, np.float32])
def test_settings_come_as_any_single_number(form):
    expected = electrostatics(CHARGES, POSITIONS, CELL, smearing=1.5, k_cutoff=2.0).energy
    assert electrostatics(CHARGES, POSITIONS, CELL, smearing=form(1.5), k_cutoff=form(2.0)).energy == expected


@pytest.mark.parametrize(
    ("name", "value"), [("smearing", "1"), ("self_interaction", "yes"), ("backend", ["direct"]), ("system_idx", [0, 0])]
)
def test_settings_of_another_kind_are_refused(name, value):
    with pytest.raises(SettingError, match=name):
        electrostatics(CHARGES, POSITIONS, CELL, **{name: value})


def test_a_coarse_cell_keeps_the_vectors_on_its_sphere():
    """21.3 Å and 2π/7.1: in single precision the cell's own rounding moves vectors at the cutoff out of it."""
    positions = torch.rand(12, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 21.3
    charges = torch.tensor([1.0, -1.0] * 6, dtype=torch.float64)
    cell = torch.eye(3, dtype=torch.float64) * 21.3
    fine, coarse = (electrostatics(charges, positions, c, k_cutoff=2 * np.pi / 7.1) for c in (cell, cell.float()))
    assert float(coarse.energy) == pytest.approx(float(fine.energy), rel=1e-6)


def test_inference_mode_leaves_nothing_behind_that_cannot_be_differentiated():
    cell = torch.eye(3, dtype=torch.float64) * 7.77
    positions = torch.rand(4, 3, dtype=torch.float64)
    charges = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    for backend in ("direct", "nufft"):
        with torch.inference_mode():
            electrostatics(charges, positions, cell, backend=backend)
        moving = positions.clone().requires_grad_()
        electrostatics(charges, moving, cell, backend=backend).energy.backward()
        assert moving.grad is not None
