r"""Born effective charges Z[i, a, b] = ∂P_a/∂r_{i,b} of latent charges that depend on their surroundings.

`local`, exact in any cell:

    Z_i,ab = (q_i - q̄) δ_ab + Σ_j (R_j - R_i)_a ∂q_j/∂R_ib

with each atom j of the infinite crystal at its true displacement. Charges reach only as far as the model sees, so the
sum is finite, and it follows from derivatives on edge vectors d_ji = R_j - R_i (receiver j, sender i): moving i changes
q_j through d_ji by -∂q_j/∂d_ji, hence

    Z_i = (q_i - q̄) 1 - Σ_{edges i -> j} d_ji ⊗ ∂q_j/∂d_ji          (one backward pass of Σ_j q_j)

With one message-passing step the displacement to j is the sum of two steps of a path, whose first one weights the
derivatives of the other (`paths`): exact in any cell as well.

Charges that are transfers between neighbours define P themselves, and then

    Z_i,ab = s z_i δ_ab + ∂/∂r_ib Σ ½ p_jk d_jk,a        (one backward pass for each direction a)

is the same quantity, exact in any cell; with the mean of s z_i removed as above its sum over the atoms is 0.
"""

import torch
from torch import Tensor

from les_viz.models.heads import BondCharges
from les_viz.models.model import LESModel
from les_viz.response.evaluation import Evaluation, edge_gradient, sum_at_senders, sum_over_edges
from les_viz.response.paths import charge_slopes
from les_viz.system import System
from les_viz.types import BornCharges, Forces


def local_born_charges(model: LESModel, evaluation: Evaluation) -> tuple[BornCharges, Forces]:
    """Exact Born effective charges in any cell, unscaled.

    Args:
        model: a model with one charge channel.
        evaluation: made with derivatives.

    Returns:
        (atoms, 3, 3) in e and the derivative of the total charge in each position, (atoms, 3) in e/Å.
    """
    identity = torch.eye(3, dtype=evaluation.charges.dtype, device=evaluation.charges.device)
    return born_charges_along(model, evaluation, identity)


def born_charges_along(model: LESModel, evaluation: Evaluation, directions: Tensor) -> tuple[Tensor, Forces]:
    """`local_born_charges` for some directions of the field.

    Args:
        model: as there.
        evaluation: made with derivatives.
        directions: (directions, 3).

    Returns:
        (atoms, directions, 3 displacement) in e and the derivative of the total charge, (atoms, 3) in e/Å.
    """
    system, table = evaluation.system, evaluation.table
    if evaluation.latent.bond is not None:
        of_bonds = _of_transfers(evaluation, evaluation.latent.bond, directions)
        return of_bonds, torch.zeros_like(evaluation.charges).expand(-1, 3)
    along = evaluation.surroundings.vectors.detach() @ directions.T
    plain, weighted = charge_slopes(model, evaluation, along)
    at_sender = along.unsqueeze(3) * plain.unsqueeze(2)
    if weighted is None:
        born = -sum_at_senders(at_sender, table)
    else:
        born = weighted.sum(dim=1) - sum_at_senders(at_sender + weighted, table)
    neutral = evaluation.charges - mean_by_system(evaluation.charges, system)
    return born + neutral.unsqueeze(2) * directions, sum_over_edges(plain, table)


def _of_transfers(evaluation: Evaluation, bond: BondCharges, directions: Tensor) -> Tensor:
    """Derivatives of the polarisation along each direction, of a model whose charges are transfers."""
    rows = [
        sum_over_edges(
            edge_gradient((bond.dipoles @ direction).sum(), evaluation.surroundings.vectors), evaluation.table
        )
        for direction in directions
    ]
    formal = bond.formal.detach() - mean_by_system(bond.formal.detach(), evaluation.system)
    return torch.stack(rows, dim=1) + formal[:, None, None] * directions


def mean_by_system(values: Tensor, system: System) -> Tensor:
    """(atoms, ...) the mean of an atom's system."""
    totals = values.new_zeros(system.n_systems, *values.shape[1:]).index_add(0, system.system_idx, values)
    shape = (-1, *[1] * (values.ndim - 1))
    return (totals / system.atom_counts.to(values.dtype).view(shape))[system.system_idx]
