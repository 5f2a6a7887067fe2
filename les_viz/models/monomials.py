"""Angular monomials x^a y^b z^c up to l_max and the rotation-invariant products of them (oracle CHECKPOINTS §2).

Monomials of one l stand together, in descending lexicographic order of (a, b, c).
"""

from functools import cache
from itertools import product
from math import factorial

import numpy as np


@cache
def monomials_of(l: int) -> tuple[tuple[int, int, int], ...]:  # noqa: E741 - the field's name
    """The exponents (a, b, c) with a + b + c = l, in order."""
    exponents = [powers for powers in product(range(l + 1), repeat=3) if sum(powers) == l]
    return tuple(sorted(exponents, reverse=True))  # type: ignore[arg-type]


def level_slice(l: int) -> slice:  # noqa: E741
    """Where the monomials of one l stand among all."""
    return slice(l * (l + 1) * (l + 2) // 6, (l + 1) * (l + 2) * (l + 3) // 6)


def count(l_max: int) -> int:
    """Number of monomials up to l_max."""
    return sum(len(monomials_of(level)) for level in range(l_max + 1))


def level_of_each(l_max: int) -> list[int]:
    """The l of each monomial in order."""
    return [l for l in range(l_max + 1) for _ in monomials_of(l)]  # noqa: E741


def multiplicity(powers: tuple[int, int, int]) -> int:
    """How often a monomial occurs in (x + y + z)^l: l!/(a! b! c!)."""
    a, b, c = powers
    return factorial(a + b + c) // (factorial(a) * factorial(b) * factorial(c))


def three_body_weights(l: int) -> np.ndarray:  # noqa: E741
    """(monomials of l,) weights of the squares in the invariant of two densities."""
    return np.array([multiplicity(p) for p in monomials_of(l)], dtype=float)


def four_body_keys(l_max: int) -> list[tuple[int, int]]:
    """(L1, L2) of the invariants of three densities, in the published feature order."""
    if l_max > 4:
        raise NotImplementedError(f"l_max = {l_max}: the order of the features is known up to 4")
    order = [(1, 1), (1, 2), (1, 3), (2, 2)]
    return [key for key in order if sum(key) <= l_max]


def four_body_weights(l1: int, l2: int) -> np.ndarray:
    """(monomials of l1+l2, monomials of l1 × monomials of l2) weights of products A_p A_q A_{p+q}."""
    first, second, total = monomials_of(l1), monomials_of(l2), monomials_of(l1 + l2)
    weights = np.zeros((len(total), len(first), len(second)))
    for i, p in enumerate(first):
        for j, q in enumerate(second):
            target = total.index((p[0] + q[0], p[1] + q[1], p[2] + q[2]))
            weights[target, i, j] = multiplicity(p) * multiplicity(q)
    return weights.reshape(len(total), -1)


def n_invariants(l_max: int, nu_max: int) -> int:
    """Number of invariants of a radial function and channel."""
    return 1 + (l_max if nu_max >= 2 else 0) + (len(four_body_keys(l_max)) if nu_max >= 3 else 0)
