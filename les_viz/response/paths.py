"""Derivatives of latent charges on the edges of one or two layers, plain and weighted with displacements.

With one layer ∂(Σ_j q_j)/∂d_ji is all there is to know. With a message-passing step q_j also depends on edges (k, l)
around its senders k; the displacement from a moved atom to j is then the sum of the steps of that path, R_j - R_k and
R_k - R_l, so the derivative of Σ_j q_j in what k sent is collected plain, and weighted with components of R_j - R_k.
That weighting is exact for any cell because each message knows its own edge vector, periodic image included.
"""

from typing import Any

import torch
from torch import Tensor

from les_viz.models.model import LESModel
from les_viz.models.representation import AtomDensity, Representation, Surroundings
from les_viz.models.senders import Senders, products_with_senders, sums_at_senders, sums_over_senders
from les_viz.response.evaluation import Evaluation, edge_gradient


def charge_slopes(model: LESModel, evaluation: Evaluation, along: Tensor) -> tuple[Tensor, Tensor | None]:
    """Derivatives of the sum of all charges on the edges.

    Args:
        model: a model with one charge channel for each atom.
        evaluation: made with derivatives.
        along: (atoms, neighbours, directions), components of each edge vector.

    Returns:
        (atoms, neighbours, 3), ∂(Σq)/∂d through all layers; and (atoms, neighbours, directions, 3), those of the first
        layer weighted with the second layer's step, or None where there is one layer.
    """
    representation = charge_representation(model)
    if representation.message is None:
        return edge_gradient(evaluation.latent.charges.sum(), evaluation.surroundings.vectors), None
    return _two_layer_slopes(model, representation, evaluation.surroundings, along)


def charge_representation(model: LESModel) -> Representation:
    """The representation that the charges are read from."""
    head = model.config.charge_head
    representation = model.representations[head.representation if head is not None else 0]
    if not isinstance(representation, Representation):
        raise TypeError(f"the charges read a {type(representation).__name__}")
    return representation


class _DirectionSenders(Senders):
    """Brings the first copy of what was sent; what comes back goes to all, plain and weighted with `along`."""

    def __init__(self, neighbor_indices: Tensor, along: Tensor) -> None:
        super().__init__(neighbor_indices)
        self.along = along

    def pick(self, sent: Tensor) -> Tensor:
        picked: Tensor = _DirectionGather.apply(sent, self.neighbor_indices, self.along)  # type: ignore[no-untyped-call]
        return picked

    def weighted_sums(self, weights: Tensor, sent: Tensor) -> Tensor:
        summed: Tensor = _DirectionSums.apply(weights, sent, self.neighbor_indices, self.along)  # type: ignore[no-untyped-call]
        return summed


class _DirectionGather(torch.autograd.Function):
    """Pick senders' values from the first copy; send gradients to all, weighted with 1 and each edge's components."""

    @staticmethod
    def forward(ctx: Any, copies: Tensor, indices: Tensor, along: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(indices, along)
        ctx.shape = copies.shape
        return copies[0].index_select(0, indices.flatten()).view(*indices.shape, *copies.shape[2:])

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        indices, along = ctx.saved_tensors
        collected = upstream.new_zeros(ctx.shape)
        flat = indices.flatten()
        collected[0].index_add_(0, flat, upstream.flatten(0, 1))
        for number in range(along.shape[2]):
            weight = along[..., number].reshape(*indices.shape, *[1] * (upstream.ndim - 2))
            collected[number + 1].index_add_(0, flat, (weight * upstream).flatten(0, 1))
        return collected, None, None


class _DirectionSums(torch.autograd.Function):
    """The same for weighted sums over the senders."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, copies: Tensor, indices: Tensor, along: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(weights, copies, indices, along)
        return sums_over_senders(weights, copies[0], indices)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None, None]:  # noqa: ANN401
        weights, copies, indices, along = ctx.saved_tensors
        directed = (component * weights for component in along[:, :, None, None].unbind(dim=4))
        collected = [sums_at_senders(each, upstream, indices) for each in (weights, *directed)]
        return products_with_senders(copies[0], upstream, indices), torch.stack(collected), None, None


def _two_layer_slopes(
    model: LESModel, representation: Representation, surroundings: Surroundings, along: Tensor
) -> tuple[Tensor, Tensor]:
    """`charge_slopes` through both layers."""
    n_directions = along.shape[2]
    vectors = surroundings.vectors.detach()
    first_vectors, second_vectors = vectors.clone().requires_grad_(), vectors.clone().requires_grad_()
    first_view, second_view = _seen_at(surroundings, first_vectors), _seen_at(surroundings, second_vectors)
    first = representation.first_layer(first_view, representation.edge_basis(first_vectors))
    sent = representation.sent_by(first_view, first)
    own = AtomDensity(first.density.detach().requires_grad_(), first.invariants.detach().requires_grad_())
    copies = tuple(values.detach().expand(n_directions + 1, *values.shape).clone().requires_grad_() for values in sent)
    features = representation.second_layer(
        second_view,
        representation.edge_basis(second_vectors),
        own=own,
        sent=copies,
        senders=_DirectionSenders(surroundings.neighbor_indices, along),
    )
    total = model.read_charges([features] * len(model.representations)).sum()
    leaves = (second_vectors, own.density, own.invariants, *copies)
    found = torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
    at_second, at_own, at_sent = found[0], found[1:3], found[3:]
    outputs = (first.density, first.invariants, *sent)
    through_first = _pulled_back(outputs, (*at_own, *(g[0] for g in at_sent)), first_vectors)
    weighted = [
        _pulled_back(sent, tuple(g[number + 1] for g in at_sent), first_vectors) for number in range(n_directions)
    ]
    return at_second + through_first, torch.stack(weighted, dim=2)


def _seen_at(surroundings: Surroundings, vectors: Tensor) -> Surroundings:
    return Surroundings(
        vectors=vectors,
        neighbor_indices=surroundings.neighbor_indices,
        is_neighbor=surroundings.is_neighbor,
        element_idx=surroundings.element_idx,
    )


def _pulled_back(outputs: tuple[Tensor, ...], cotangents: tuple[Tensor, ...], leaf: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(outputs, leaf, cotangents, retain_graph=True, allow_unused=True)
    return torch.zeros_like(leaf) if gradient is None else gradient
