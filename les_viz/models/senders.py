"""What arrives at each atom from its senders: picked for each edge, or summed up with weights of each edge and l.

    S_i[v, c] = Σ_j w_ij[l(v), c] A_j[v, c]

T = Σ_i G_i · S_i is linear in w, in A and in G. So its derivative in any of them is one of three functions, and so are
theirs: autograd goes to any order and keeps nothing but w, A and G. What belongs to edges is gathered anew each time,
for a few receivers at once, so that it stays in the cache of a processor: faster than memory for all edges.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from les_viz.models.monomials import level_slice

ENTRIES_AT_ONCE = 1 << 18
"""Gathered numbers (receivers × neighbours × monomials × channels) that are handled together on a processor."""

MORE_ELSEWHERE = 64
"""How many times as many on an accelerator, where each call costs more and caches matter less."""


class Senders:
    """Brings what the atoms sent to its receivers."""

    def __init__(self, neighbor_indices: Tensor) -> None:
        """Take the (atoms, neighbours) table of senders."""
        self.neighbor_indices = neighbor_indices

    def pick(self, sent: Tensor) -> Tensor:
        """(atoms, ...) values to (atoms, neighbours, ...) values of the senders."""
        indices = self.neighbor_indices
        return sent.index_select(0, indices.flatten()).view(*indices.shape, *sent.shape[1:])

    def weighted_sums(self, weights: Tensor, sent: Tensor) -> Tensor:
        """`sums_over_senders` of (atoms, monomials, channels)."""
        return sums_over_senders(weights, sent, self.neighbor_indices)


def sums_over_senders(weights: Tensor, values: Tensor, neighbor_indices: Tensor) -> Tensor:
    """(atoms, monomials, channels) S, differentiable in weights and values to any order.

    Args:
        weights: w, (atoms, neighbours, l_max + 1, channels).
        values: A, (atoms, monomials, channels).
        neighbor_indices: (atoms, neighbours).
    """
    sums: Tensor = _Sums.apply(weights, values.contiguous(), neighbor_indices)  # type: ignore[no-untyped-call]
    return sums


def products_with_senders(values: Tensor, received: Tensor, neighbor_indices: Tensor) -> Tensor:
    """∂T/∂w_ij[l, c] = Σ_{v of l} A_j[v, c] G_i[v, c], (atoms, neighbours, l_max + 1, channels).

    Args:
        values: A, (atoms, monomials, channels).
        received: G, like A.
        neighbor_indices: (atoms, neighbours).
    """
    arguments = values.contiguous(), received.contiguous(), neighbor_indices
    products: Tensor = _Products.apply(*arguments)  # type: ignore[no-untyped-call]
    return products


def sums_at_senders(weights: Tensor, received: Tensor, neighbor_indices: Tensor) -> Tensor:
    """∂T/∂A_j[v, c] = Σ_i w_ij[l(v), c] G_i[v, c], (atoms, monomials, channels); arguments as above."""
    sums: Tensor = _SumsAtSenders.apply(weights, received.contiguous(), neighbor_indices)  # type: ignore[no-untyped-call]
    return sums


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weights: Tensor, values: Tensor, indices: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(weights, values, indices)
        sums = torch.empty_like(values)
        for rows, room in _blocks(indices, values):
            gathered = _picked_into(room, values, indices[rows])
            for number, level in _levels(weights.shape[2]):
                gathered[:, :, level] *= weights[rows, :, number].unsqueeze(2)
            torch.sum(gathered, dim=1, out=sums[rows])
        return sums

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # noqa: ANN401
        weights, values, indices = ctx.saved_tensors
        needs_weights, needs_values, _ = ctx.needs_input_grad
        at_weights = products_with_senders(values, upstream, indices) if needs_weights else None
        return at_weights, sums_at_senders(weights, upstream, indices) if needs_values else None, None


class _Products(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, received: Tensor, indices: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(values, received, indices)
        n_levels = _n_levels(values.shape[1])
        products = values.new_empty(*indices.shape, n_levels, values.shape[2])
        for rows, room in _blocks(indices, values):
            gathered = _picked_into(room, values, indices[rows]).mul_(received[rows].unsqueeze(1))
            for number, level in _levels(n_levels):
                torch.sum(gathered[:, :, level], dim=2, out=products[rows, :, number])
        return products

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # noqa: ANN401
        values, received, indices = ctx.saved_tensors
        needs_values, needs_received, _ = ctx.needs_input_grad
        at_values = sums_at_senders(upstream, received, indices) if needs_values else None
        return at_values, sums_over_senders(upstream, values, indices) if needs_received else None, None


class _SumsAtSenders(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weights: Tensor, received: Tensor, indices: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(weights, received, indices)
        sums = torch.zeros_like(received)
        for rows, sent in _blocks(indices, received):
            at_rows = received[rows].unsqueeze(1)
            for number, level in _levels(weights.shape[2]):
                torch.mul(weights[rows, :, number].unsqueeze(2), at_rows[:, :, level], out=sent[:, :, level])
            sums.index_add_(0, indices[rows].flatten(), sent.flatten(0, 1))
        return sums

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # noqa: ANN401
        weights, received, indices = ctx.saved_tensors
        needs_weights, needs_received, _ = ctx.needs_input_grad
        at_weights = products_with_senders(upstream, received, indices) if needs_weights else None
        return at_weights, sums_over_senders(weights, upstream, indices) if needs_received else None, None


def _blocks(indices: Tensor, values: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Receivers that are handled together, and the room for values of their edges: the same each time, hence warm."""
    n_atoms, n_neighbors = indices.shape
    at_once = ENTRIES_AT_ONCE * (1 if values.device.type == "cpu" else MORE_ELSEWHERE)
    step = min(n_atoms, max(1, at_once // max(1, n_neighbors * values[0].numel())))
    room = values.new_empty(step, n_neighbors, *values.shape[1:])
    for start in range(0, n_atoms, step):
        yield slice(start, start + step), room[: n_atoms - start]


def _picked_into(room: Tensor, values: Tensor, indices: Tensor) -> Tensor:
    torch.index_select(values, 0, indices.flatten(), out=room.flatten(0, 1))
    return room


def _levels(n_levels: int) -> Iterator[tuple[int, slice]]:
    for number in range(n_levels):
        yield number, level_slice(number)


def _n_levels(n_monomials: int) -> int:
    n_levels = 1
    while level_slice(n_levels).start < n_monomials:
        n_levels += 1
    return n_levels
