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
