"""Born effective charges of a file: found by name, and read in the order that fits."""

import numpy as np
import pytest

from les_viz.reference.born_tensors import ordered_like, tensors_in

TENSORS = np.random.default_rng(4).normal(size=(5, 3, 3))


@pytest.mark.parametrize("name", ["bec", "BEC", "born_effective_charges", "z-star"])
def test_tensors_are_found_under_the_names_that_files_use(name):
    found = tensors_in({"numbers": np.arange(5), name: TENSORS.reshape(5, 9)})
    assert found is not None
    assert found[0] == name
    np.testing.assert_array_equal(found[1], TENSORS)


def test_other_arrays_are_no_tensors():
    assert tensors_in({"forces": np.zeros((5, 3)), "bec": np.zeros((5, 3)), "stresses": np.zeros((5, 9))}) is None
    assert tensors_in({"bec": np.full((5, 9), np.nan)}) is None


@pytest.mark.parametrize("factor", [1.0, -1.4])
@pytest.mark.parametrize("is_transposed", [False, True])
def test_the_order_is_detected_whatever_scale_and_sign(is_transposed, factor):
    prediction = factor * (TENSORS + 0.1 * np.random.default_rng(5).normal(size=TENSORS.shape))
    given = TENSORS.transpose(0, 2, 1) if is_transposed else TENSORS
    found = ordered_like("bec", given, prediction)
    assert found.is_transposed is is_transposed
    assert found.is_told_apart
    np.testing.assert_array_equal(found.tensors, TENSORS)
    assert min(found.deviations) < 0.2 < max(found.deviations)


def test_symmetric_tensors_are_left_as_they_are_and_it_is_said():
    symmetric = TENSORS + TENSORS.transpose(0, 2, 1)
    found = ordered_like("bec", symmetric, 1.1 * symmetric)
    assert not found.is_transposed
    assert not found.is_told_apart
