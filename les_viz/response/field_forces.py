r"""Contractions of the `local` Born effective charges with chosen directions e, without the whole tensor.

    F_i = Σ_a E_a (Z_i,ab - Z̄_ab)       (Z̄: mean over the atoms of the system, the acoustic sum rule)

With one layer, Z_i e = (q_i - q̄) e - Σ_{edges i -> j} (d_ji · e) ∂q_j/∂d_ji takes one backward pass of Σ_j q_j, however
many directions are asked for. With a message-passing step each direction takes one pullback through the first layer
besides (`born_charges` derives the weights). Where charges are transfers between neighbours, P is known and each
direction takes one backward pass of P · e; the field is then the energy -E·P, and `forces_in_field` differentiates it
together with the rest.
"""

from typing import Any

import torch
from torch import Tensor

from les_viz.errors import ModelError
from les_viz.models.heads import BondCharges, BondHead
from les_viz.models.model import LESModel
from les_viz.models.representation import AtomDensity, Representation, Surroundings
from les_viz.response.born_charges import mean_by_system
from les_viz.response.evaluation import Evaluation, edge_gradient, sum_at_senders, sum_over_edges


def field_forces(model: LESModel, evaluation: Evaluation, electric_field: Tensor) -> Tensor:
    """Forces of a uniform field, (atoms, 3) eV/Å, scaled, without net force.

    Args:
        model: a model with one charge channel.
        evaluation: made with derivatives.
        electric_field: (3,), V/Å.
    """
    strength = torch.linalg.vector_norm(electric_field)
    if float(strength) == 0:
        return torch.zeros_like(evaluation.system.positions)
    along = directional_born_charges(model, evaluation, (electric_field / strength).unsqueeze(0))
    forces: Tensor = strength * along[:, 0]
    return forces


def directional_born_charges(model: LESModel, evaluation: Evaluation, directions: Tensor) -> Tensor:
    """Born effective charges for some directions of the field, scaled, the acoustic sum rule imposed.

    Args:
        model: a model with one charge channel.
        evaluation: made with derivatives.
        directions: (directions, 3) unit vectors of the field.

    Returns:
        (atoms, directions, 3 displacement), e.

    Raises:
        ModelError: the model has no charges, or several channels.
    """
    directions = directions.to(evaluation.charges)
    if evaluation.charges.shape[1] != 1 or model.charge_head is None:
        channels = 0 if model.charge_head is None else evaluation.charges.shape[1]
        raise ModelError(f"the model has {channels} charge channels, and a field acts on one: choose another model")
    if evaluation.latent.bond is not None:
        born = _of_transfers(evaluation, evaluation.latent.bond, directions)
    else:
        born = _of_charges(model, evaluation, directions)
    return model.charge_scale * (born - mean_by_system(born, evaluation.system))


def is_one_backward_pass(model: LESModel) -> bool:
    """Whether all directions together cost no more than one."""
    atomic = model.charge_head is not None and not isinstance(model.charge_head, BondHead)
    return atomic and _charge_representation(model).message is None


def has_transfers(model: LESModel) -> bool:
    """Whether its charges are transfers between neighbours, so that it knows its polarisation."""
    return isinstance(model.charge_head, BondHead)


def forces_in_field(model: LESModel, evaluation: Evaluation, electric_field: Tensor) -> Tensor:
    """Forces from energy and field in one backward pass, for a model whose charges are transfers.

    Args:
        model: such a model.
        evaluation: made with derivatives.
        electric_field: (3,), V/Å.

    Returns:
        (atoms, 3), eV/Å, scaled.
    """
    latent, bond = evaluation.latent, evaluation.latent.bond
    if bond is None:
        raise TypeError("the charges of this model are not transfers: add field_forces to its forces")
    field = model.charge_scale * electric_field.to(evaluation.charges)
    target = latent.energies.sum() + (latent.charges * evaluation.potential).sum() - (bond.dipoles @ field).sum()
    pulls = edge_gradient(target, evaluation.surroundings.vectors)
    forces = -sum_over_edges(pulls, evaluation.table) + (evaluation.charges.unsqueeze(2) * evaluation.field).sum(dim=1)
    formal = bond.formal.detach() - mean_by_system(bond.formal.detach(), evaluation.system)
    return forces + formal.unsqueeze(1) * field


def polarization_of_transfers(model: LESModel, evaluation: Evaluation, unwrapped: Tensor) -> Tensor:
    """Dipole moment of one system whose charges are transfers, (3,) e Å, scaled.

    Args:
        model: such a model.
        evaluation: of one system.
        unwrapped: (atoms, 3) positions, Å, as a trajectory that never jumps has them; only formal charges see them.
    """
    bond = evaluation.latent.bond
    if bond is None:
        raise TypeError("the charges of this model are not transfers: their dipole depends on the images")
    formal = bond.formal.detach() - bond.formal.detach().mean()
    return model.charge_scale * (bond.dipoles.detach().sum(dim=0) + formal @ unwrapped.to(formal))


def _of_transfers(evaluation: Evaluation, bond: BondCharges, directions: Tensor) -> Tensor:
    vectors = evaluation.surroundings.vectors
    rows = [
        sum_over_edges(edge_gradient((bond.dipoles @ direction).sum(), vectors), evaluation.table)
        for direction in directions
    ]
    return torch.stack(rows, dim=1) + bond.formal.detach()[:, None, None] * directions


def _of_charges(model: LESModel, evaluation: Evaluation, directions: Tensor) -> Tensor:
    along = evaluation.surroundings.vectors.detach() @ directions.T
    representation = _charge_representation(model)
    if representation.message is None:
        plain = edge_gradient(evaluation.latent.charges.sum(), evaluation.surroundings.vectors)
        of_edges = -sum_at_senders(along.unsqueeze(3) * plain.unsqueeze(2), evaluation.table)
    else:
        plain, weighted = _two_layer_derivatives(model, representation, evaluation.surroundings, along)
        at_senders = along.unsqueeze(3) * plain.unsqueeze(2) + weighted
        of_edges = weighted.sum(dim=1) - sum_at_senders(at_senders, evaluation.table)
    return of_edges + evaluation.charges.unsqueeze(2) * directions


def _charge_representation(model: LESModel) -> Representation:
    head = model.config.charge_head
    representation = model.representations[head.representation if head is not None else 0]
    if not isinstance(representation, Representation):
        raise TypeError(f"the charges read a {type(representation).__name__}")
    return representation


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


def _two_layer_derivatives(
    model: LESModel, representation: Representation, surroundings: Surroundings, along: Tensor
) -> tuple[Tensor, Tensor]:
    """Derivatives of the charges on edges through both layers.

    Returns:
        plain: (atoms, neighbours, 3), ∂(Σq)/∂d.
        weighted: (atoms, neighbours, directions, 3), first-layer derivatives weighted with the second layer's step.
    """
    n_directions = along.shape[2]
    vectors = surroundings.vectors.detach()
    first_vectors, second_vectors = vectors.clone().requires_grad_(), vectors.clone().requires_grad_()
    first_view, second_view = _seen_at(surroundings, first_vectors), _seen_at(surroundings, second_vectors)
    first = representation.first_layer(first_view, representation.edge_basis(first_view))
    sent = representation.sent_by(first_view, first)
    own = AtomDensity(first.density.detach().requires_grad_(), first.invariants.detach().requires_grad_())
    copies = tuple(values.detach().expand(n_directions + 1, *values.shape).clone().requires_grad_() for values in sent)
    features = representation.second_layer(
        second_view,
        representation.edge_basis(second_view),
        own=own,
        sent=copies,
        gather=lambda values, indices: _DirectionGather.apply(values, indices, along),  # type: ignore[no-untyped-call]
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
