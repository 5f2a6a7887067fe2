"""The spread of several models, from values that can be checked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from small_bench import model_bytes, water

from les_viz.errors import SettingError
from les_viz.models.loading import load_model_bytes
from les_viz.response.committee import committee_of
from les_viz.response.predict import predict

QUANTITIES = {"energy", "forces", "latent_charges", "dipole"}


@pytest.fixture(scope="module")
def prediction():
    return predict(load_model_bytes("a.safetensors", model_bytes(), dtype="float64"), water(), quantities=QUANTITIES)


def test_the_same_model_twice_does_not_spread(prediction):
    found = committee_of([prediction, prediction])
    assert (found.n_models, found.energy, found.dipole) == (2, 0.0, 0.0)
    assert not found.charges.any()
    assert not found.forces.any()


def test_known_shifts_give_known_spreads(prediction):
    shifted = [
        replace(
            prediction,
            energy=prediction.energy + step,
            partial_charges=prediction.partial_charges + 0.1 * step,
            forces=prediction.forces + step * np.array([0, 3.0, 4.0]),
            dipole=prediction.dipole + step * np.array([2.0, 0, 0]),
        )
        for step in (-1.0, 0.0, 1.0)
    ]
    found = committee_of(shifted)
    assert found.energy == pytest.approx(1.0)
    assert found.dipole == pytest.approx(2.0)
    np.testing.assert_allclose(found.charges, 0.1)
    np.testing.assert_allclose(found.forces, 5.0)


def test_what_makes_no_committee_is_refused(prediction):
    with pytest.raises(SettingError, match="at least two"):
        committee_of([prediction])
    with pytest.raises(SettingError, match="different sizes"):
        committee_of([prediction, replace(prediction, atomic_numbers=prediction.atomic_numbers[:3])])
    with pytest.raises(SettingError, match="lacks forces"):
        committee_of([prediction, replace(prediction, forces=None)])
