r"""Born effective charges Z[i, a, b] = ∂P_a/∂r_{i,b} of latent charges that depend on their surroundings.

`local`, exact in any cell:

    Z_i,ab = (q_i - q̄) δ_ab + Σ_j (R_j - R_i)_a ∂q_j/∂R_ib

with each atom j of the infinite crystal at its true displacement. Charges reach only as far as the model sees, so the
sum is finite, and it follows from derivatives on edge vectors d_ji = R_j - R_i (receiver j, sender i): moving i changes
q_j through d_ji by -∂q_j/∂d_ji, hence

    Z_i = (q_i - q̄) 1 - Σ_{edges i -> j} d_ji ⊗ ∂q_j/∂d_ji          (one backward pass of Σ_j q_j)

With one message-passing step q_j also depends on edges (k, l) around its senders k. The displacement from the moved
atom to j is then the sum of the steps of that path, R_j - R_k and R_k - R_l, so the derivative of Σ_j q_j in what k
sent is collected twice: plain, and weighted with R_j - R_k. That weighting is exact for any cell because each message
knows its own edge vector, periodic image included (`_WeightedGather`).

Charges that are transfers between neighbours define P themselves, and then

    Z_i,ab = s z_i δ_ab + ∂/∂r_ib Σ ½ p_jk d_jk,a        (one backward pass for each direction a)

is the same quantity, exact in any cell; with the mean of s z_i removed as above its sum over the atoms is 0.

`wrapped`, as the reference codes have it (oracle SPEC §4): R_j - R_i is replaced by its sine in the cell.
"""

from typing import Any

import torch
from torch import Tensor

from les_viz.models.heads import BondCharges
from les_viz.models.model import LESModel
from les_viz.models.representation import AtomDensity, Representation, Surroundings
from les_viz.neighbors import NeighborTable
from les_viz.response.evaluation import Evaluation, edge_gradient, sum_at_senders, sum_over_edges
from les_viz.system import System
from les_viz.types import BornCharges, Forces

TWO_PI = 2 * torch.pi


def local_born_charges(model: LESModel, evaluation: Evaluation) -> tuple[BornCharges, Forces]:
    """Exact Born effective charges in any cell, unscaled.

    Args:
        model: a model with one charge channel.
        evaluation: made with derivatives.

    Returns:
        (atoms, 3, 3) in e and the derivative of the total charge in each position, (atoms, 3) in e/Å.
    """
    system, table = evaluation.system, evaluation.table
    if evaluation.latent.bond is not None:
        return bond_born_charges(evaluation, evaluation.latent.bond), torch.zeros_like(system.positions)
    vectors = evaluation.surroundings.vectors.detach()
    head = model.config.charge_head
    representation = model.representations[head.representation] if head is not None else None
    if isinstance(representation, Representation) and representation.message is not None:
        plain, own_weighted, sent_weighted = _two_layer_derivatives(model, representation, evaluation.surroundings)
    else:
        plain = edge_gradient(evaluation.latent.charges.sum(), evaluation.surroundings.vectors)
        own_weighted = sent_weighted = torch.zeros(1, 1, 3, 3, dtype=plain.dtype, device=plain.device)
    at_sender = vectors.unsqueeze(3) * plain.unsqueeze(2) + sent_weighted
    born = own_weighted.sum(dim=1) - sum_at_senders(at_sender, table)
    neutral = evaluation.charges - mean_by_system(evaluation.charges, system)
    return born + _isotropic(neutral[:, 0]), sum_over_edges(plain, table)


def bond_born_charges(evaluation: Evaluation, bond: BondCharges) -> BornCharges:
    """Derivatives of the polarisation of a model whose charges are transfers, (atoms, 3, 3) in e, unscaled."""
    rows = [
        sum_over_edges(edge_gradient(bond.dipoles[:, axis].sum(), evaluation.surroundings.vectors), evaluation.table)
        for axis in range(3)
    ]
    formal = bond.formal.detach() - mean_by_system(bond.formal.detach(), evaluation.system)
    return torch.stack(rows, dim=1) + _isotropic(formal)


def wrapped_born_charges(
    charges: Tensor, positions: Tensor, cell: Tensor | None, *, subtract_mean: bool = True
) -> BornCharges:
    """Born effective charges by the phase formula of the reference codes, for one system.

    Args:
        charges: (atoms,) in e, with a graph to `positions` (or constant).
        positions: (atoms, 3), Å, the leaf.
        cell: (3, 3), Å, or None for an open system, where the formula holds true displacements.
        subtract_mean: whether the mean charge is removed first.

    Returns:
        (atoms, 3 field, 3 displacement), e.

    Reference:
        oracle SPEC §4.
    """
    detached = charges.detach()
    neutral = detached - detached.mean() if subtract_mean else detached
    place = positions.detach()
    if cell is None:
        weights = place.T
        derivatives = _weighted_charge_gradients(charges, positions, weights, subtract_mean=subtract_mean)
        return derivatives.transpose(0, 1) + _isotropic(neutral)
    phase = TWO_PI * place @ torch.linalg.inv(cell)
    weights = torch.cat((phase.sin().T, phase.cos().T))
    derivatives = _weighted_charge_gradients(charges, positions, weights, subtract_mean=subtract_mean)
    sine, cosine = derivatives[:3].transpose(0, 1), derivatives[3:].transpose(0, 1)
    along_cell = phase.cos().unsqueeze(2) * sine - phase.sin().unsqueeze(2) * cosine
    return torch.einsum("bc,ibr->icr", cell, along_cell) / TWO_PI + _isotropic(neutral)


def wrapped_born_charges_of_model(model: LESModel, system: System, table: NeighborTable) -> BornCharges:
    """`wrapped_born_charges` of the latent charges of one system, unscaled."""
    positions = system.positions.detach().requires_grad_()
    surroundings = Surroundings(
        vectors=table.edge_vectors(positions, system.cell, system.system_idx),
        neighbor_indices=table.neighbor_indices,
        is_neighbor=table.is_neighbor,
        element_idx=model.element_indices(system.atomic_numbers),
    )
    charges = model(surroundings).charges[:, 0]
    cell = system.cell[0].to(positions.dtype) if bool(system.is_periodic[0]) else None
    return wrapped_born_charges(charges, positions, cell)


def mean_by_system(values: Tensor, system: System) -> Tensor:
    """(atoms, ...) the mean of an atom's system."""
    totals = values.new_zeros(system.n_systems, *values.shape[1:]).index_add(0, system.system_idx, values)
    shape = (-1, *[1] * (values.ndim - 1))
    return (totals / system.atom_counts.to(values.dtype).view(shape))[system.system_idx]


def _isotropic(charges: Tensor) -> Tensor:
    return charges[:, None, None] * torch.eye(3, dtype=charges.dtype, device=charges.device)


def _weighted_charge_gradients(charges: Tensor, positions: Tensor, weights: Tensor, *, subtract_mean: bool) -> Tensor:
    """(weights, atoms, 3): ∂/∂r Σ_j w_j q_j, the mean removed from q if asked for."""
    if not charges.requires_grad:
        return positions.new_zeros(len(weights), *positions.shape)
    if subtract_mean:
        weights = weights - weights.mean(dim=1, keepdim=True)
    rows = [torch.autograd.grad(charges, positions, row, retain_graph=True)[0] for row in weights]
    return torch.stack(rows)


class _WeightedGather(torch.autograd.Function):
    """Pick senders' values from the first copy; send gradients to all four, weighted with 1 and the edge's x, y, z."""

    @staticmethod
    def forward(ctx: Any, copies: Tensor, indices: Tensor, vectors: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(indices, vectors)
        ctx.shape = copies.shape
        return copies[0].index_select(0, indices.flatten()).view(*indices.shape, *copies.shape[2:])

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        indices, vectors = ctx.saved_tensors
        collected = upstream.new_zeros(ctx.shape)
        flat = indices.flatten()
        collected[0].index_add_(0, flat, upstream.flatten(0, 1))
        for axis in range(3):
            weight = vectors[..., axis].reshape(*indices.shape, *[1] * (upstream.ndim - 2))
            collected[axis + 1].index_add_(0, flat, (weight * upstream).flatten(0, 1))
        return collected, None, None


def _two_layer_derivatives(
    model: LESModel, representation: Representation, surroundings: Surroundings
) -> tuple[Tensor, Tensor, Tensor]:
    """Derivatives of the charges on edges, with the displacements of the second layer's paths.

    Returns:
        plain: (atoms, neighbours, 3), ∂(Σq)/∂d through both layers.
        own_weighted: (atoms, neighbours, 3 path, 3), first-layer derivatives weighted with R_j - R_k.
        sent_weighted: the same, for the moved sender.
    """
    vectors = surroundings.vectors.detach()
    first_vectors, second_vectors = vectors.clone().requires_grad_(), vectors.clone().requires_grad_()
    first_view, second_view = _seen_at(surroundings, first_vectors), _seen_at(surroundings, second_vectors)
    first = representation.first_layer(first_view, representation.edge_basis(first_view))
    sent = representation.sent_by(first_view, first)
    own = AtomDensity(first.density.detach().requires_grad_(), first.invariants.detach().requires_grad_())
    copies = tuple(values.detach().expand(4, *values.shape).clone().requires_grad_() for values in sent)
    features = representation.second_layer(
        second_view,
        representation.edge_basis(second_view),
        own=own,
        sent=copies,
        gather=lambda values, indices: _WeightedGather.apply(values, indices, vectors),  # type: ignore[no-untyped-call]
    )
    total = model.read_charges([features] * len(model.representations)).sum()
    leaves = (second_vectors, own.density, own.invariants, *copies)
    found = torch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
    at_second, at_own, at_sent = found[0], found[1:3], found[3:]
    outputs = (first.density, first.invariants, *sent)
    through_first = _pulled_back(outputs, (*at_own, *(g[0] for g in at_sent)), first_vectors)
    nothing = tuple(torch.zeros_like(g) for g in at_own)
    weighted = [_pulled_back(outputs, (*nothing, *(g[axis + 1] for g in at_sent)), first_vectors) for axis in range(3)]
    own_weighted = torch.stack(weighted, dim=2)
    return at_second + through_first, own_weighted, own_weighted


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
