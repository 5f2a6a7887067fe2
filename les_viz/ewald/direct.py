r"""Exact phase sums by factorised phases: matrix products instead of an atoms × k table of cosines and sines.

With fractional coordinates s, e^{2πi n·s} = e^{2πi n1 s1} · (e^{2πi n2 s2} e^{2πi n3 s3}) = a · t. Real and imaginary
parts of the head a[atom, n1] and the tail t[atom, p] are columns of two real matrices, whose product X holds all four
combinations re/im × re/im. Both a·t (sign +) and a·t* (sign -) are sums and differences of these four, so half of the
tails suffice:

    Re(a t) = rr - ii     Im(a t) = ri + ir     Re(a t*) = rr + ii     Im(a t*) = ir - ri

Cost: atoms · n1 · p multiply-adds in matrix products. Memory: one chunk of atoms times the tails.
"""

from math import pi

import torch
from torch import Tensor

TABLE_ENTRIES = 1 << 20
"""Entries of the tail table of one chunk of atoms: small enough to stay in a processor's cache."""

_COMBINE = (
    # columns: (+, re), (+, im), (-, re), (-, im); rows: rr, ri, ir, ii
    (1.0, 0.0, 1.0, 0.0),
    (0.0, 1.0, 0.0, -1.0),
    (0.0, 1.0, 0.0, 1.0),
    (-1.0, 0.0, 1.0, 0.0),
)


def spread(weights: Tensor, fractional: Tensor, extents: tuple[int, int, int]) -> Tensor:
    """Sum weights times phases onto the half grid: G = Σ_i w_i e^{2πi n·s_i}.

    Args:
        weights: (systems, channels, atoms).
        fractional: (systems, atoms, 3).
        extents: of the half grid.

    Returns:
        (systems, channels, n1, p, sign, 2).
    """
    n_systems, n_channels, n_atoms = weights.shape
    n_head, n_tail = _sizes(extents)
    product = weights.new_zeros(n_systems, n_channels * 2 * n_head, 2 * n_tail)
    for part in _chunks(n_systems, n_atoms, n_tail):
        head, tail = _tables(fractional[:, part], extents)
        weighted = weights[:, :, None, part] * head.transpose(1, 2).unsqueeze(1)
        product.baddbmm_(weighted.flatten(1, 2), tail)
    pairs = product.view(n_systems, n_channels, n_head, 2, n_tail, 2).transpose(3, 4)
    return (pairs.reshape(-1, 4) @ weights.new_tensor(_COMBINE)).view(n_systems, n_channels, n_head, n_tail, 2, 2)


def gather(grid: Tensor, fractional: Tensor, extents: tuple[int, int, int]) -> Tensor:
    """Adjoint of `spread`: u_i = Σ_n (Re G cos 2πn·s_i + Im G sin 2πn·s_i).

    Args:
        grid: (systems, channels, n1, p, sign, 2).
        fractional: (systems, atoms, 3).
        extents: of the half grid.

    Returns:
        (systems, channels, atoms).
    """
    n_systems, n_channels = grid.shape[:2]
    n_atoms = fractional.shape[1]
    coefficients = _pair_coefficients(grid).flatten(1, 2).transpose(1, 2)
    values = grid.new_empty(n_systems, n_channels, n_atoms)
    for part in _chunks(n_systems, n_atoms, _sizes(extents)[1]):
        head, tail = _tables(fractional[:, part], extents)
        by_head = torch.bmm(tail, coefficients).unflatten(2, (n_channels, -1))
        values[:, :, part] = (by_head * head.unsqueeze(2)).sum(dim=3).transpose(1, 2)
    return values


def gather_with_gradient(grid: Tensor, fractional: Tensor, extents: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """`gather` and its gradient in the fractional coordinates, sharing tables and products.

    Returns:
        (systems, channels, atoms) and (systems, channels, atoms, 3).
    """
    n_systems, n_channels = grid.shape[:2]
    n_atoms = fractional.shape[1]
    n_head, n_tail = _sizes(extents)
    coefficients = _pair_coefficients(grid)
    head_numbers, tail_numbers = _integers(extents, grid)
    values = grid.new_empty(n_systems, n_channels, n_atoms)
    gradient = grid.new_empty(n_systems, n_channels, n_atoms, 3)
    for part in _chunks(n_systems, n_atoms, n_tail):
        head, tail = _tables(fractional[:, part], extents)
        turned_head = _quarter_turn(head, head_numbers)
        turned_tail = _quarter_turn(tail)
        for channel in range(n_channels):
            matrix = coefficients[:, channel]
            by_head = torch.bmm(tail, matrix.transpose(1, 2))
            values[:, channel, part] = (by_head * head).sum(dim=2)
            gradient[:, channel, part, 0] = (by_head * turned_head).sum(dim=2)
            by_tail = torch.bmm(head, matrix).mul_(turned_tail).unflatten(2, (n_tail, 2)).sum(dim=3)
            gradient[:, channel, part, 1:] = by_tail @ tail_numbers
    return values, gradient.mul_(2 * pi)


def _sizes(extents: tuple[int, int, int]) -> tuple[int, int]:
    return extents[0] + 1, (extents[1] + 1) * (2 * extents[2] + 1)


def _chunks(n_systems: int, n_atoms: int, n_tail: int) -> list[slice]:
    step = max(1, TABLE_ENTRIES // (2 * n_tail * n_systems))
    return [slice(start, min(start + step, n_atoms)) for start in range(0, n_atoms, step)]


def _integers(extents: tuple[int, int, int], like: Tensor) -> tuple[Tensor, Tensor]:
    """n1 of each column of the head matrix, and (n2, n3) of each tail."""
    head = torch.arange(extents[0] + 1, dtype=like.dtype, device=like.device).repeat_interleave(2)
    n2 = torch.arange(extents[1] + 1, dtype=like.dtype, device=like.device)
    n3 = torch.arange(-extents[2], extents[2] + 1, dtype=like.dtype, device=like.device)
    return head, torch.cartesian_prod(n2, n3)


def _tables(fractional: Tensor, extents: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """Heads (systems, atoms, 2·n1) and tails (systems, atoms, 2·p), real and imaginary parts side by side."""
    angles = fractional * (2 * pi)
    factors = []
    for axis, first in enumerate((0, 0, -extents[2])):
        n = torch.arange(first, extents[axis] + 1, dtype=angles.dtype, device=angles.device)
        phase = angles[..., axis, None] * n
        factors.append(torch.complex(phase.cos(), phase.sin()))
    head, second, third = factors
    tail = (second.unsqueeze(3) * third.unsqueeze(2)).flatten(2)
    return torch.view_as_real(head).flatten(2), torch.view_as_real(tail).flatten(2)


def _quarter_turn(table: Tensor, factor: Tensor | None = None) -> Tensor:
    """(re, im) -> (-im, re): the derivative of a phase, up to its integer."""
    real, imaginary = table.unflatten(2, (-1, 2)).unbind(dim=3)
    turned = torch.stack((-imaginary, real), dim=3).flatten(2)
    return turned if factor is None else turned * factor


def _pair_coefficients(grid: Tensor) -> Tensor:
    """(systems, channels, 2·n1, 2·p) coefficients of the four re/im combinations: the transpose of the combination."""
    n_head, n_tail = grid.shape[2:4]
    combined = grid.flatten(4) @ grid.new_tensor(_COMBINE).T
    return combined.unflatten(4, (2, 2)).transpose(3, 4).reshape(*grid.shape[:2], 2 * n_head, 2 * n_tail)
