"""Round numbers for scales."""

from math import ceil, floor, log10


def round_up(value: float) -> float:
    """The next number of two digits; 1 for zero and for what is no number."""
    if not value > 0:
        return 1.0
    step = 10.0 ** (floor(log10(value)) - 1)
    return float(ceil(value / step - 1e-9) * step)
