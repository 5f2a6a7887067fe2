r"""What two Gaussian charges at a distance do to each other, B0 = erf(a r)/r and its slope, smooth at r = 0.

Coincident atoms are finite; near zero the series is used:

    B0 = erf(a r)/r              = a (2/√π) Σ_n (-x)^n / (n! (2n+1)),      x = a²r²
    B1 = -(1/r) dB0/dr           = a³ (4/√π) Σ_n (-x)^n / (n! (2n+3))
"""

from math import factorial, pi, sqrt

import torch
from torch import Tensor

SERIES_BELOW = 0.1
SERIES_TERMS = 10


def screened_kernels(r_squared: Tensor, a: float) -> tuple[Tensor, Tensor]:
    """B0 and B1 of squared distances, smooth at zero; the series only where it is needed, which is almost nowhere."""
    near = r_squared * a**2 < SERIES_BELOW
    far_squared = torch.where(near, 1.0, r_squared)
    r_far = far_squared.sqrt()
    b0_far = torch.erf(a * r_far) / r_far
    b1_far = (b0_far - (2 * a / sqrt(pi)) * torch.exp(-(a**2) * far_squared)) / far_squared
    places = near.nonzero(as_tuple=True)
    b0_near, b1_near = kernels_near_zero(r_squared[near], a)
    return b0_far.index_put(places, b0_near), b1_far.index_put(places, b1_near)


def kernels_near_zero(r_squared: Tensor, a: float) -> tuple[Tensor, Tensor]:
    """B0 and B1 by their series, where a² r² is below `SERIES_BELOW`."""
    x = r_squared * a**2
    return (2 * a / sqrt(pi)) * _series(x, 1), (4 * a**3 / sqrt(pi)) * _series(x, 3)


def _series(x: Tensor, offset: int) -> Tensor:
    total = torch.zeros_like(x)
    for n in reversed(range(SERIES_TERMS)):
        total = total * x + (-1) ** n / (factorial(n) * (2 * n + offset))
    return total
