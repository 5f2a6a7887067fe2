"""Parts of tensors, and predictions under another scale."""

import numpy as np
import pytest
from random_models import random_atoms, random_model

from les_viz.errors import SettingError
from les_viz.response.predict import predict
from les_viz.response.tensors import axial_vectors, isotropic_parts, rescaled, symmetric_eigenvalues

TENSORS = np.random.default_rng(5).normal(size=(4, 3, 3))


def test_the_parts_make_up_the_tensor():
    vectors = axial_vectors(TENSORS)
    antisymmetric = 0.5 * (TENSORS - TENSORS.transpose(0, 2, 1))
    probe = np.array([0.3, -1.0, 2.0])
    np.testing.assert_allclose(antisymmetric @ probe, np.cross(probe, vectors), atol=1e-14)
    np.testing.assert_allclose(symmetric_eigenvalues(TENSORS).mean(axis=1), isotropic_parts(TENSORS))


def test_signs_of_eigenvalues_survive():
    np.testing.assert_allclose(symmetric_eigenvalues(np.diag([1.0, -2.0, 0.5])), [-2.0, 0.5, 1.0])


def test_another_scale_is_what_a_rescaled_model_predicts():
    model, atoms = random_model(), random_atoms(seed=2)
    asked = {"energy", "forces", "dipole", "born_effective_charges"}
    other = model.rescaled(charge_sign=-1, epsilon_infinity=1.8)
    expected = predict(other, atoms, quantities=asked)
    found = rescaled(predict(model, atoms, quantities=asked), other.charge_scale)
    for name in (
        "energy",
        "forces",
        "latent_charges",
        "charge_scale",
        "partial_charges",
        "total_charge",
        "dipole",
        "born_effective_charges",
        "acoustic_sum_residual",
        "total_charge_derivative",
    ):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-12, err_msg=name)


def test_a_scale_below_one_is_refused():
    prediction = predict(random_model(), random_atoms(seed=2), quantities={"dipole"})
    with pytest.raises(SettingError, match="at least 1"):
        rescaled(prediction, 0.5)
