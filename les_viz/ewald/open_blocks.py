r"""The open-boundary sum of one system without a graph: atoms in blocks that lie together, each pair once.

Between blocks farther apart than some 9 σ the Gaussians do not touch, and B0 = 1/r, B1 = 1/r³ to the last digit: no
error function, no exponential, which are most of the cost of a pair.
"""

from collections.abc import Iterator
from math import pi, sqrt

import torch
from torch import Tensor

from les_viz.ewald.pair_kernels import SERIES_BELOW, screened_kernels
from les_viz.patience import check_wanted

BLOCK = 128
"""Most atoms in a block."""

COLUMNS = 512
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
    order, ends = _blocks(positions)
    place, q = positions[order].T.contiguous(), charges[:, order]
    potential, field = torch.zeros_like(q), q.new_zeros(3, *q.shape)
    reach = TOUCHING[positions.dtype] / a
    for rows, columns, is_near in _meetings(place, ends, reach):
        steps = place[:, rows].unsqueeze(2) - place.index_select(1, columns).unsqueeze(1)
        squared = steps[0].square().addcmul_(steps[1], steps[1]).addcmul_(steps[2], steps[2])
        b0, b1 = _kernels(squared, a) if is_near else _bare_kernels(squared)
        pulls = steps.mul_(b1)
        here, there = q[:, rows], q.index_select(1, columns)
        potential[:, rows] += there @ b0.T
        field[:, :, rows] += (pulls @ there.T).transpose(1, 2)
        potential.index_add_(1, columns, here @ b0)
        field.index_add_(2, columns, here @ pulls, alpha=-1)
    for begin, end in zip([0, *ends], ends, strict=False):
        own = slice(begin, end)
        steps = place[:, own].unsqueeze(2) - place[:, own].unsqueeze(1)
        squared = steps.square().sum(dim=0).fill_diagonal_(1 / a**2)  # an atom is not its own neighbour
        b0, b1 = _kernels(squared, a)
        potential[:, own] += q[:, own] @ b0.fill_diagonal_(0)
        field[:, :, own] += ((steps * b1) @ q[:, own].T).transpose(1, 2)
    back = torch.empty_like(order)
    back[order] = torch.arange(len(order), device=order.device)
    return potential[:, back], field.permute(1, 2, 0)[:, back]


def _kernels(squared: Tensor, a: float) -> tuple[Tensor, Tensor]:
    """`screened_kernels`, without looking for the pairs that need the series where there are none."""
    if float(squared.min()) * a**2 < SERIES_BELOW:
        return screened_kernels(squared, a)
    inverse = squared.rsqrt()
    b0 = (squared * inverse).mul_(a).erf_().mul_(inverse)
    gauss = squared.mul_(-(a**2)).exp_().mul_(2 * a / sqrt(pi))
    return b0, torch.sub(b0, gauss).mul_(inverse.square_())


def _bare_kernels(squared: Tensor) -> tuple[Tensor, Tensor]:
    inverse = squared.rsqrt()
    return inverse, inverse.square().mul_(inverse)


def _meetings(place: Tensor, ends: list[int], reach: float) -> Iterator[tuple[slice, Tensor, bool]]:
    """Each block with the atoms of later blocks: rows, columns, and whether Gaussians may touch there."""
    if len(ends) == 1:
        return
    begins = [0, *ends[:-1]]
    parts = [place[:, begin:end] for begin, end in zip(begins, ends, strict=True)]
    low, high = (torch.stack([getattr(part, f"a{end}")(dim=1) for part in parts]) for end in ("min", "max"))
    block_of = torch.repeat_interleave(torch.arange(len(ends)), torch.tensor(ends) - torch.tensor(begins))
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        check_wanted()
        gaps = torch.maximum(low - high[number], low[number] - high).clamp_(min=0)
        near = gaps.square().sum(dim=1).sqrt() < reach
        near_later = near[block_of[end:]]
        for is_near, chosen in ((True, near_later), (False, ~near_later)):
            columns = chosen.nonzero().flatten().add_(end)
            if len(columns):
                yield from ((slice(begin, end), some, is_near) for some in columns.split(COLUMNS))


def _blocks(positions: Tensor) -> tuple[Tensor, list[int]]:
    """An order of the atoms in which those of a block stand together, and where each block ends.

    Halves along the longest edge until a part is small enough.
    """
    parts, done = [torch.arange(len(positions), device=positions.device)], []
    while parts:
        part = parts.pop()
        if len(part) <= BLOCK:
            done.append(part)
            continue
        inside = positions[part]
        axis = int((inside.amax(dim=0) - inside.amin(dim=0)).argmax())
        sorted_part = part[inside[:, axis].argsort()]
        parts += [sorted_part[len(part) // 2 :], sorted_part[: len(part) // 2]]
    ends = torch.tensor([len(part) for part in done]).cumsum(0).tolist()
    return torch.cat(done), ends
