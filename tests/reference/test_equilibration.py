"""EEQ charges from dftd4, in a process of their own."""

import numpy as np
import pytest

from les_viz.errors import SettingError
from les_viz.reference import equilibration
from les_viz.reference.process import compute_aside
from les_viz.reference.tight_binding import Cluster

WATER = np.array([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]])

pytestmark = pytest.mark.skipif(not equilibration.is_installed(), reason="dftd4 is not installed")


def water(**change):
    return Cluster(**({"atomic_numbers": np.array([8, 1, 1]), "positions": WATER} | change))


def finished(task):
    while True:
        try:
            next(task)
        except StopIteration as end:
            return end.value


def test_charges_add_up_to_the_total_and_follow_electronegativity():
    for total in (0.0, 1.0):
        charges = equilibration.charges(water(charge=total))["charges"]
        assert sum(charges) == pytest.approx(total, abs=1e-10)
        assert charges[0] < charges[1] == pytest.approx(charges[2])


def test_a_molecule_in_a_large_cell_is_nearly_alone():
    alone = equilibration.charges(water())["charges"]
    crowded, roomy = (equilibration.charges(water(cell=a * np.eye(3)))["charges"] for a in (6.0, 24.0))
    off = [np.abs(np.subtract(charges, alone)).max() for charges in (crowded, roomy)]
    assert off[1] < 1e-3 < off[0]


def test_they_come_from_another_process_and_a_refusal_is_one_sentence(monkeypatch):
    found = finished(compute_aside("equilibration_charges", water()))
    assert found["charges"] == pytest.approx(equilibration.charges(water())["charges"])
    monkeypatch.setattr(equilibration, "is_installed", lambda: False)
    with pytest.raises(SettingError, match="pip install dftd4"):
        equilibration.charges(water())
