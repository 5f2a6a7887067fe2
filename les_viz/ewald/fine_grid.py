"""How much finer than its modes the grid of a non-uniform FFT is, on CPU.

finufft finds a good ratio by itself, but its FFT (FFTW, planned without measuring) takes two to three times as long for
each point of some grids as for those of their neighbours. Where its ratio leads to one of them, another is taken.
"""

from functools import lru_cache
from itertools import chain
from math import ceil

import torch

OWN_CHOICE = 0.0
"""What tells finufft to choose."""

LOOSE = 1e-9
"""Tolerance above which finufft takes the smaller of its usual grids."""

SLOW_SIZES = {torch.float64: {48}, torch.float32: {30, 96, 160, 192}}
"""Points along an axis of the slow grids, as measured."""

STEPS = tuple(chain((1 - step / 100 for step in range(8)), (1 + step / 100 for step in range(1, 16))))
"""Ratios tried, relative to that of finufft: a smaller grid is better, but the accuracy allows little of it."""


@lru_cache(maxsize=64)
def upsampling(modes: tuple[int, ...], tolerance: float, dtype: torch.dtype) -> float:
    """The ratio of fine grid to modes that finufft is to take.

    Args:
        modes: points of the grid of modes along each axis.
        tolerance: relative accuracy.
        dtype: precision of the coordinates.
    """
    usual = 1.25 if tolerance > LOOSE else 2.0
    slow = SLOW_SIZES[dtype]

    def n_slow(step: float) -> int:
        return sum(fine_size(usual * step * n) in slow for n in modes)

    step = min(STEPS, key=n_slow)
    return OWN_CHOICE if step == 1 else usual * step


def fine_size(points: float) -> int:
    """The size of an axis that finufft takes for so many points: even, and a product of 2, 3 and 5."""
    size = 2 * ceil(points / 2)
    while not _is_smooth(size):
        size += 2
    return size


def _is_smooth(number: int) -> bool:
    for prime in (2, 3, 5):
        while number % prime == 0:
            number //= prime
    return number == 1
