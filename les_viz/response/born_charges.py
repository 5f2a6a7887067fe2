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

`wrapped`, as the reference codes have it (oracle SPEC §4): R_j - R_i is replaced by its sine in the cell.
"""

import torch
from torch import Tensor

from les_viz.models.heads import BondCharges
from les_viz.models.model import LESModel
from les_viz.models.representation import Surroundings
from les_viz.neighbors import NeighborTable
from les_viz.patience import check_wanted
from les_viz.response.evaluation import Evaluation, check_memory, edge_gradient, sum_at_senders, sum_over_edges
from les_viz.response.paths import charge_slopes
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
    """`wrapped_born_charges` of the latent charges of one system, unscaled.

    Raises:
        RoomError: its graph, beside that of the evaluation, would take more memory than is free.
    """
    check_memory(model, system, table, derivatives=True)
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
    rows = []
    for row in weights:
        check_wanted()
        rows.append(torch.autograd.grad(charges, positions, row, retain_graph=True)[0])
    return torch.stack(rows)
