"""GFN2-xTB as a reference: in a process of its own, with a field, and able to end."""

import time

import numpy as np
import pytest
from tasks import finished

from les_viz.errors import SettingError
from les_viz.md.infrared import modes_from
from les_viz.reference.process import MOST_ATOMS, compute_aside
from les_viz.reference.tight_binding import Cluster, charges_and_dipole, is_installed
from les_viz.units import DEBYE

WATER = np.array([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]])

DERIVATIVES = ("positions", "hessian", "dipole_gradient")

pytestmark = pytest.mark.skipif(not is_installed(), reason="tblite is not installed")


def water(**change):
    return Cluster(**({"atomic_numbers": np.array([8, 1, 1]), "positions": WATER} | change))


def test_water_has_the_charges_and_the_dipole_that_xtb_prints():
    found = charges_and_dipole(water())
    # xtb 6.5.1 prints -0.561 for O of this geometry (and 2.286 D).
    assert found["charges"] == pytest.approx([-0.5611, 0.2806, 0.2806], abs=1e-4)
    assert np.linalg.norm(found["dipole"]) / DEBYE == pytest.approx(2.286, abs=2e-3)


def test_the_dipole_of_an_ion_is_about_its_centre():
    there = charges_and_dipole(water(positions=WATER[:2], atomic_numbers=np.array([8, 1]), charge=-1.0))
    moved = charges_and_dipole(water(positions=WATER[:2] + 4.0, atomic_numbers=np.array([8, 1]), charge=-1.0))
    np.testing.assert_allclose(moved["dipole"], there["dipole"], atol=1e-5)


def test_born_charges_are_the_slopes_of_the_dipole_and_obey_the_sum_rule():
    found, said = finished(compute_aside("born_charges", water()))
    tensors = np.array(found["born_effective_charges"])
    assert np.abs(tensors.sum(axis=0)).max() < 1e-10
    assert [round(fraction * 6) for fraction, text in dict.fromkeys(said) if "field" in text] == list(range(6))
    step = 2e-3
    for atom, axis in ((0, 2), (1, 1)):
        slopes = []
        for sign in (1, -1):
            moved = WATER.copy()
            moved[atom, axis] += sign * step
            slopes.append(sign * np.array(charges_and_dipole(water(positions=moved))["dipole"]) / (2 * step))
        np.testing.assert_allclose(tensors[atom, :, axis], sum(slopes), atol=2e-4)


def test_a_periodic_cell_has_charges_but_no_finite_field():
    cell = 9.0 * np.eye(3)
    found, _ = finished(compute_aside("charges", water(cell=cell)))
    assert found["dipole"] is None
    assert found["charges"] == pytest.approx([-0.561, 0.2805, 0.2805], abs=0.02)
    with pytest.raises(SettingError, match="open system"):
        finished(compute_aside("born_charges", water(cell=cell)))


def test_vibrations_of_water_are_those_that_xtb_prints():
    found, said = finished(compute_aside("vibrations", water()))
    modes = modes_from(*(np.array(value) for value in ([8, 1, 1], *(found[name] for name in DERIVATIVES))))
    # xtb 6 prints 1539.30, 3643.51 and 3651.88 for its relaxed molecule.
    np.testing.assert_allclose(modes.wavenumbers, [1539.3, 3643.5, 3651.9], atol=3)
    assert np.abs(np.array(found["dipole_gradient"]).reshape(3, 3, 3).sum(axis=0)).max() < 1e-4
    assert len({text for _, text in said if "of 9" in text}) == 9
    with pytest.raises(SettingError, match="open systems"):
        finished(compute_aside("vibrations", water(cell=9.0 * np.eye(3))))


def test_closing_ends_the_process():
    task = compute_aside("born_charges", water())
    next(task)
    start = time.monotonic()
    task.close()
    assert time.monotonic() - start < 5


def test_a_system_that_is_too_large_is_refused_at_once():
    many = MOST_ATOMS + 1
    cluster = Cluster(atomic_numbers=np.ones(many, dtype=np.int64), positions=np.zeros((many, 3)))
    with pytest.raises(SettingError, match=str(MOST_ATOMS)):
        next(compute_aside("charges", cluster))
