"""Formal charges: oxidation numbers of elements in their most common compounds. Textbook values, not a calculation."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

COMMON: Final[Mapping[int, int]] = {
    1: 1,
    3: 1,
    4: 2,
    7: -3,
    8: -2,
    9: -1,
    11: 1,
    12: 2,
    13: 3,
    14: 4,
    17: -1,
    19: 1,
    20: 2,
    22: 4,
    35: -1,
    37: 1,
    38: 2,
    53: -1,
    55: 1,
    56: 2,
    82: 2,
}
"""By atomic number; carbon has none, since it has all of −4 to +4."""


def formal_charges(atomic_numbers: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """(atoms,) in e; None if an element has no usual one, or if they do not add up to zero."""
    if any(int(number) not in COMMON for number in atomic_numbers):
        return None
    charges = np.array([float(COMMON[int(number)]) for number in atomic_numbers])
    return charges if charges.sum() == 0 else None
