r"""Coulomb energy of Gaussian charges with open boundary: a plain sum over pairs.

    E = ½ Σ_{i≠j} k_e q_i q_j erf(a r)/r,    a = 1/(√2 σ),    k_e = e²/4πε0

The kernel and its first derivative are smooth at r = 0 (coincident atoms are finite); near zero their series is used:

    B0 = erf(a r)/r              = a (2/√π) Σ_n (-x)^n / (n! (2n+1)),      x = a²r²
    B1 = -(1/r) dB0/dr           = a³ (4/√π) Σ_n (-x)^n / (n! (2n+3))
"""

from math import factorial, pi, sqrt

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from les_viz.patience import check_wanted
from les_viz.units import COULOMB_CONSTANT

SERIES_BELOW = 0.1
SERIES_TERMS = 10
PAIRS_AT_ONCE = 1 << 21
"""Pairs handled together: bounds the memory of large clusters."""

PAIRS_IN_CACHE = 1 << 17
"""The same without a graph on a processor, whose cache then holds what is made on the way."""


def open_potential_and_field(charges: Tensor, positions: Tensor, smearing: float) -> tuple[Tensor, Tensor]:
    """Potential and field at each atom from all others of its system, without the self term.

    Args:
        charges: (systems, channels, atoms), e; padding has charge 0.
        positions: (systems, atoms, 3), Å.
        smearing: σ, Å.

    Returns:
        (systems, channels, atoms) V and (systems, channels, atoms, 3) V/Å.
    """
    n_systems, _, n_atoms = charges.shape
    tracked = torch.is_grad_enabled() and (charges.requires_grad or positions.requires_grad)
    pairs = PAIRS_AT_ONCE if tracked or positions.device.type != "cpu" else PAIRS_IN_CACHE
    rows = max(1, pairs // (n_systems * n_atoms))
    potentials, fields = [], []
    for start in range(0, n_atoms, rows):
        check_wanted()
        arguments = (charges, positions, start, min(start + rows, n_atoms), smearing)
        if tracked and rows < n_atoms:
            potential, field = checkpoint(_rows, *arguments, use_reentrant=False)
        else:
            potential, field = _rows(*arguments)
        potentials.append(potential)
        fields.append(field)
    return torch.cat(potentials, dim=2), torch.cat(fields, dim=2)


def _rows(charges: Tensor, positions: Tensor, start: int, stop: int, smearing: float) -> tuple[Tensor, Tensor]:
    separation = positions[:, start:stop, None] - positions[:, None]
    a = 1 / (sqrt(2) * smearing)
    b0, b1 = screened_kernels(separation.square().sum(dim=-1), a)
    others = torch.ones(stop - start, positions.shape[1], dtype=positions.dtype, device=positions.device)
    others[torch.arange(stop - start), torch.arange(start, stop)] = 0
    potential = COULOMB_CONSTANT * torch.einsum("bcj,bij->bci", charges, b0 * others)
    field = COULOMB_CONSTANT * torch.einsum("bcj,bij,bijx->bcix", charges, b1, separation)
    return potential, field


def screened_kernels(r_squared: Tensor, a: float) -> tuple[Tensor, Tensor]:
    """B0 and B1 of squared distances, smooth at zero; the series only where it is needed, which is almost nowhere."""
    near = r_squared * a**2 < SERIES_BELOW
    far_squared = torch.where(near, 1.0, r_squared)
    r_far = far_squared.sqrt()
    b0_far = torch.erf(a * r_far) / r_far
    b1_far = (b0_far - (2 * a / sqrt(pi)) * torch.exp(-(a**2) * far_squared)) / far_squared
    places, x_near = near.nonzero(as_tuple=True), r_squared[near] * a**2
    b0 = b0_far.index_put(places, (2 * a / sqrt(pi)) * _series(x_near, 1))
    b1 = b1_far.index_put(places, (4 * a**3 / sqrt(pi)) * _series(x_near, 3))
    return b0, b1


def _series(x: Tensor, offset: int) -> Tensor:
    total = torch.zeros_like(x)
    for n in reversed(range(SERIES_TERMS)):
        total = total * x + (-1) ** n / (factorial(n) * (2 * n + offset))
    return total
