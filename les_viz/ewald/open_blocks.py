r"""Open-boundary sums without a graph, in blocks of places that lie together; of one system each pair once.

Between blocks farther apart than some 9 σ the Gaussians do not touch, and B0 = 1/r, B1 = 1/r³ to the last digit: no
error function, no exponential, which are most of the cost of a pair.
"""

from collections.abc import Iterator
from itertools import accumulate
from math import pi, sqrt

import torch
from torch import Tensor

from les_viz.ewald.pair_kernels import SERIES_BELOW, kernels_near_zero
from les_viz.patience import check_wanted

BLOCK = 256
"""Most atoms in a block."""

COLUMNS = 256
"""Atoms that a block meets at once: what is made on the way stays in the cache of a processor."""

TOUCHING = {torch.float64: 6.3, torch.float32: 4.5}
"""a r from where erf(a r) is 1, and a r exp(-a² r²) nothing beside it, in the precision at hand."""


def potential_and_field(charges: Tensor, positions: Tensor, smearing: float) -> tuple[Tensor, Tensor]:
    """Σ_j q_j B0 and Σ_j q_j B1 (r_i - r_j) over all others.

    Args:
        charges: (channels, atoms).
        positions: (atoms, 3), Å.
        smearing: σ, Å.

    Returns:
        (channels, atoms) e/Å and (channels, atoms, 3) e/Å².
    """
    a = 1 / (sqrt(2) * smearing)
    order, blocks = _blocks(positions, BLOCK)
    place, q = positions[order].T.contiguous(), charges[:, order]
    potential, field = torch.zeros_like(q), q.new_zeros(3, *q.shape)
    for rows in blocks:
        for columns, is_near in _others(place[:, rows], place[:, rows.stop :], a):
            later = columns + rows.stop
            b0, pulls = _pair(place[:, rows], place.index_select(1, later), a, is_near=is_near)
            here, there = q[:, rows], q.index_select(1, later)
            potential[:, rows] += there @ b0.T
            field[:, :, rows] += (pulls @ there.T).transpose(1, 2)
            potential.index_add_(1, later, here @ b0)
            field.index_add_(2, later, here @ pulls, alpha=-1)
        own = place[:, rows]
        steps = own.unsqueeze(2) - own.unsqueeze(1)
        b0, b1 = _kernels(_squared(steps).fill_diagonal_(1 / a**2), a)  # an atom is not its own neighbour
        potential[:, rows] += q[:, rows] @ b0.fill_diagonal_(0)
        field[:, :, rows] += ((steps * b1) @ q[:, rows].T).transpose(1, 2)
    back = _inverse(order)
    return potential[:, back], field.permute(1, 2, 0)[:, back]


def potential_and_field_at(
    points: Tensor, charges: Tensor, positions: Tensor, smearing: float
) -> tuple[Tensor, Tensor]:
    """Σ_j q_j B0 and Σ_j q_j B1 (r - r_j) over all charges.

    Args:
        points: (points, 3), Å.
        charges: (atoms,).
        positions: (atoms, 3), Å.
        smearing: σ, Å.

    Returns:
        (points,) e/Å and (points, 3) e/Å².
    """
    a = 1 / (sqrt(2) * smearing)
    order, blocks = _blocks(points, max(BLOCK, BLOCK * COLUMNS // len(positions)))
    targets, place = points[order].T.contiguous(), positions.T.contiguous()
    potential, field = torch.zeros_like(targets[0]), torch.zeros_like(targets)
    for rows in blocks:
        for columns, is_near in _others(targets[:, rows], place, a):
            b0, pulls = _pair(targets[:, rows], place.index_select(1, columns), a, is_near=is_near)
            potential[rows] += b0 @ charges[columns]
            field[:, rows] += pulls @ charges[columns]
    back = _inverse(order)
    return potential[back], field.T[back]


def _others(rows: Tensor, columns: Tensor, a: float) -> Iterator[tuple[Tensor, bool]]:
    """Which of (3, columns) places to take together, and whether their Gaussians may touch those of (3, rows)."""
    check_wanted()
    low, high = rows.amin(dim=1, keepdim=True), rows.amax(dim=1, keepdim=True)
    gaps = torch.maximum(low - columns, columns - high).clamp_(min=0)
    near = _squared(gaps) < (TOUCHING[rows.dtype] / a) ** 2
    for is_near, chosen in ((True, near), (False, ~near)):
        found = chosen.nonzero().flatten()
        if len(found):
            yield from ((some, is_near) for some in found.split(COLUMNS))


def _pair(rows: Tensor, columns: Tensor, a: float, *, is_near: bool) -> tuple[Tensor, Tensor]:
    """(rows, columns) B0 and (3, rows, columns) B1 times the steps."""
    steps = rows.unsqueeze(2) - columns.unsqueeze(1)
    squared = _squared(steps)
    b0, b1 = _kernels(squared, a) if is_near else _bare_kernels(squared)
    return b0, steps.mul_(b1)


def _squared(steps: Tensor) -> Tensor:
    return steps[0].square().addcmul_(steps[1], steps[1]).addcmul_(steps[2], steps[2])


def _kernels(squared: Tensor, a: float) -> tuple[Tensor, Tensor]:
    """`screened_kernels` in few steps; the series comes in afterwards where it is needed."""
    closest = SERIES_BELOW / a**2
    needs_series = bool(squared.min() < closest)
    far = squared.clamp(min=closest) if needs_series else squared
    inverse = far.rsqrt()
    b0 = (far * inverse).mul_(a).erf_().mul_(inverse)
    b1 = torch.sub(b0, (far * -(a**2)).exp_().mul_(2 * a / sqrt(pi))).mul_(inverse.square_())
    if needs_series:
        places = (squared < closest).nonzero(as_tuple=True)
        b0[places], b1[places] = kernels_near_zero(squared[places], a)
    return b0, b1


def _bare_kernels(squared: Tensor) -> tuple[Tensor, Tensor]:
    inverse = squared.rsqrt()
    return inverse, inverse.square().mul_(inverse)


def _blocks(positions: Tensor, size: int) -> tuple[Tensor, list[slice]]:
    """An order of the atoms in which those of a block stand together, and where each block stands.

    Halves along the longest edge until a part is small enough.
    """
    parts, done = [torch.arange(len(positions), device=positions.device)], []
    while parts:
        part = parts.pop()
        if len(part) <= size:
            done.append(part)
            continue
        inside = positions[part]
        axis = int((inside.amax(dim=0) - inside.amin(dim=0)).argmax())
        sorted_part = part[inside[:, axis].argsort()]
        parts += [sorted_part[len(part) // 2 :], sorted_part[: len(part) // 2]]
    ends = list(accumulate(len(part) for part in done))
    return torch.cat(done), [slice(end - len(part), end) for part, end in zip(done, ends, strict=True)]


def _inverse(order: Tensor) -> Tensor:
    back = torch.empty_like(order)
    back[order] = torch.arange(len(order), device=order.device)
    return back
