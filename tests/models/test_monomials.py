"""The order of monomials and invariants against the rules of the published codes (oracle CHECKPOINTS §2)."""

from itertools import product

import numpy as np
import pytest

from les_viz.models.monomials import (
    count,
    four_body_keys,
    four_body_weights,
    level_of_each,
    level_slice,
    monomials_of,
    multiplicity,
    n_invariants,
    three_body_weights,
)


def raised_in_order(l_max):
    """Raise x, then y, then z of each monomial of the level before, keeping first appearances."""
    found = [(0, 0, 0)]
    for level in range(1, l_max + 1):
        for powers in [p for p in found if sum(p) == level - 1]:
            for axis in range(3):
                raised = tuple(n + (d == axis) for d, n in enumerate(powers))
                if raised not in found:
                    found.append(raised)
    return found


@pytest.mark.parametrize("l_max", range(5))
def test_order_of_monomials(l_max):
    ours = [powers for level in range(l_max + 1) for powers in monomials_of(level)]
    assert ours == raised_in_order(l_max)
    assert count(l_max) == len(ours)
    assert level_of_each(l_max) == [sum(powers) for powers in ours]
    assert ours[level_slice(l_max)] == list(monomials_of(l_max))


def test_third_level_as_written_down():
    assert monomials_of(3) == (
        (3, 0, 0), (2, 1, 0), (2, 0, 1), (1, 2, 0), (1, 1, 1), (1, 0, 2), (0, 3, 0), (0, 2, 1), (0, 1, 2), (0, 0, 3),
    )  # fmt: skip


@pytest.mark.parametrize("l_max", range(1, 5))
def test_order_of_four_body_keys(l_max):
    """Keys appear as the loops over ascending triples meet them."""
    ascending = sorted(p for p in product(range(l_max + 1), repeat=3) if 1 <= sum(p) <= l_max)
    met = []
    for one, two in product(ascending, ascending):
        key = (sum(one), sum(two))
        if key[0] <= key[1] and sum(key) <= l_max and key not in met:
            met.append(key)
    assert four_body_keys(l_max) == met


def test_an_unknown_order_is_refused():
    with pytest.raises(NotImplementedError, match="known up to 4"):
        four_body_keys(5)


@pytest.mark.parametrize(
    ("l_max", "nu_max", "number"), [(2, 1, 1), (2, 2, 3), (3, 2, 4), (2, 3, 4), (3, 3, 6), (4, 3, 9)]
)
def test_number_of_invariants(l_max, nu_max, number):
    assert n_invariants(l_max, nu_max) == number


@pytest.mark.parametrize("level", range(5))
def test_multiplicities_expand_a_power(level):
    """(x + y + z)^l and |v|^{2l} = Σ M (x^a y^b z^c)²."""
    x, y, z = vector = np.array([0.3, -1.1, 0.7])
    terms = [multiplicity(p) * x ** p[0] * y ** p[1] * z ** p[2] for p in monomials_of(level)]
    assert sum(terms) == pytest.approx(vector.sum() ** level)
    squares = np.array([x ** p[0] * y ** p[1] * z ** p[2] for p in monomials_of(level)]) ** 2
    assert three_body_weights(level) @ squares == pytest.approx((vector @ vector) ** level)


@pytest.mark.parametrize(("l1", "l2"), [(1, 1), (1, 2), (1, 3), (2, 2)])
def test_four_body_weights_contract_to_a_product_of_dot_products(l1, l2):
    """For densities of single directions u, v, w: Σ = (u·w)^l1 (v·w)^l2."""

    def density(vector, level):
        return np.array([np.prod(vector ** np.array(p)) for p in monomials_of(level)])

    u, v, w = np.random.default_rng(1).normal(size=(3, 3))
    pairs = np.outer(density(u, l1), density(v, l2)).ravel()
    value = density(w, l1 + l2) @ four_body_weights(l1, l2) @ pairs
    assert value == pytest.approx((u @ w) ** l1 * (v @ w) ** l2)
