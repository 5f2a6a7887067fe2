r"""Born effective charges as the reference codes define them: displacements in the cell are replaced by their sine.

With θ the phases 2π r·h⁻¹ of the atoms in the cell h (rows), and s(d) = sin(2π d·h⁻¹)·h/2π in place of d:

    Z_i,ab = (q_i - q̄) δ_ab + Σ_j s(R_j - R_i)_a ∂(q_j - q̄)/∂R_ib

Where a charge depends on the edges of its atom alone, s is taken of the edge vectors, images and all, and one backward
pass of Σ_j q_j is enough, as in `born_charges`. Otherwise the sine is parted into the phases of both atoms, and each of
its six weights takes a pass. In an open system s(d) = d, and the definition differs from that of `born_charges` by the
derivative of q̄ alone, which is 0 where the total charge is kept.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from les_viz.models.model import LESModel
from les_viz.patience import check_wanted
from les_viz.response.evaluation import Evaluation, edge_gradient, sum_at_senders, sum_over_edges
from les_viz.response.field_forces import has_transfers, is_one_backward_pass
from les_viz.types import BornCharges, Forces

TWO_PI = 2 * torch.pi


def wrapped_born_charges_of_model(model: LESModel, evaluation: Evaluation) -> tuple[BornCharges, Forces]:
    """`wrapped_born_charges` of the latent charges of one system, unscaled.

    Args:
        model: a model with one charge channel.
        evaluation: of one system, made with derivatives.

    Returns:
        (atoms, 3, 3) in e and the derivative of the total charge in each position, (atoms, 3) in e/Å.
    """
    system, vectors = evaluation.system, evaluation.surroundings.vectors
    positions, charges = system.positions, evaluation.latent.charges[:, 0]
    cell = system.cell[0].to(positions.dtype) if bool(system.is_periodic[0]) else None
    if is_one_backward_pass(model):
        return _from_own_edges(evaluation, cell)

    def gradient(weights: Tensor) -> Tensor:
        return sum_over_edges(edge_gradient(weights @ charges, vectors), evaluation.table)

    total = torch.zeros_like(positions) if has_transfers(model) else gradient(torch.ones_like(charges))
    return wrapped_born_charges(charges.detach(), positions, cell, gradient), total


def wrapped_born_charges(
    charges: Tensor,
    positions: Tensor,
    cell: Tensor | None,
    gradient: Callable[[Tensor], Tensor],
    *,
    subtract_mean: bool = True,
) -> BornCharges:
    """Born effective charges by the phase formula, for one system whatever its charges depend on.

    Args:
        charges: (atoms,), e.
        positions: (atoms, 3), Å.
        cell: (3, 3), Å, or None for an open system.
        gradient: of weights (atoms,), the derivative of Σ_j w_j q_j in the positions, (atoms, 3).
        subtract_mean: whether the mean charge is removed first.

    Returns:
        (atoms, 3 field, 3 displacement), e.

    Reference:
        oracle SPEC §4.
    """

    def gradients(weights: Tensor) -> Tensor:
        if subtract_mean:
            weights = weights - weights.mean(dim=0)
        rows = []
        for column in weights.T:
            check_wanted()
            rows.append(gradient(column))
        return torch.stack(rows, dim=1)

    isotropic = _isotropic(charges - charges.mean() if subtract_mean else charges)
    if cell is None:
        return gradients(positions) + isotropic
    phase = _phases(positions, cell)
    in_phase = phase.cos().unsqueeze(2) * gradients(phase.sin()) - phase.sin().unsqueeze(2) * gradients(phase.cos())
    return torch.einsum("bc,ibr->icr", cell, in_phase) / TWO_PI + isotropic


def _from_own_edges(evaluation: Evaluation, cell: Tensor | None) -> tuple[BornCharges, Forces]:
    """Those of charges that depend on the edges of their own atom alone."""
    system, table, charges = evaluation.system, evaluation.table, evaluation.charges[:, 0]
    vectors, positions = evaluation.surroundings.vectors.detach(), system.positions
    slopes = edge_gradient(evaluation.latent.charges.sum(), evaluation.surroundings.vectors)
    total = sum_over_edges(slopes, table)
    if cell is None:
        steps, mean_step = vectors, positions.mean(dim=0) - positions
    else:
        steps = _phases(vectors, cell).sin() @ cell / TWO_PI
        phase = _phases(positions, cell)
        sine, cosine = phase.sin(), phase.cos()
        mean_step = (sine.mean(dim=0) * cosine - cosine.mean(dim=0) * sine) @ cell / TWO_PI
    born = -sum_at_senders(steps.unsqueeze(3) * slopes.unsqueeze(2), table)
    born = born - mean_step.unsqueeze(2) * total.unsqueeze(1)
    return born + _isotropic(charges - charges.mean()), total


def _phases(displacements: Tensor, cell: Tensor) -> Tensor:
    inverse: Tensor = torch.linalg.inv(cell)
    return displacements @ inverse * TWO_PI


def _isotropic(charges: Tensor) -> Tensor:
    return charges[:, None, None] * torch.eye(3, dtype=charges.dtype, device=charges.device)
