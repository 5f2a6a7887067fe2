r"""Contractions of the `local` Born effective charges with chosen directions e, without the whole tensor.

    F_i = Σ_a E_a (Z_i,ab - Z̄_ab)       (Z̄: mean over the atoms of the system, the acoustic sum rule)

Without the sum rule Z̄ stays, and the net force is N Σ_a E_a Z̄_ab, which vanishes where the total charge is kept.

With one layer this takes one backward pass of Σ_j q_j, however many directions are asked for; with a message-passing
step each direction takes one pullback through the first layer besides (`born_charges`, `paths`). Where charges are
transfers between neighbours, P is known and each direction takes one backward pass of P · e; the field is then the
energy -E·P, and `forces_in_field` differentiates it together with the rest.
"""

import torch
from torch import Tensor

from les_viz.errors import ModelError
from les_viz.models.heads import BondHead
from les_viz.models.model import LESModel
from les_viz.response.born_charges import born_charges_along, mean_by_system
from les_viz.response.evaluation import Evaluation, edge_gradient, sum_over_edges
from les_viz.response.paths import charge_representation


def field_forces(model: LESModel, evaluation: Evaluation, electric_field: Tensor, *, sum_rule: bool = True) -> Tensor:
    """Forces of a uniform field, (atoms, 3) eV/Å, scaled.

    Args:
        model: a model with one charge channel.
        evaluation: made with derivatives.
        electric_field: (3,), V/Å.
        sum_rule: whether there is no net force.
    """
    strength = torch.linalg.vector_norm(electric_field)
    if float(strength) == 0:
        return torch.zeros_like(evaluation.system.positions)
    direction = (electric_field / strength).unsqueeze(0)
    along = directional_born_charges(model, evaluation, direction, sum_rule=sum_rule)
    forces: Tensor = strength * along[:, 0]
    return forces


def directional_born_charges(
    model: LESModel, evaluation: Evaluation, directions: Tensor, *, sum_rule: bool = True
) -> Tensor:
    """Born effective charges for some directions of the field, scaled.

    Args:
        model: a model with one charge channel.
        evaluation: made with derivatives.
        directions: (directions, 3) unit vectors of the field.
        sum_rule: whether their mean is removed, the acoustic sum rule.

    Returns:
        (atoms, directions, 3 displacement), e.

    Raises:
        ModelError: the model has no charges, or several channels.
    """
    if evaluation.charges.shape[1] != 1 or model.charge_head is None:
        channels = 0 if model.charge_head is None else evaluation.charges.shape[1]
        raise ModelError(f"the model has {channels} charge channels, and a field acts on one: choose another model")
    born, _ = born_charges_along(model, evaluation, directions.to(evaluation.charges))
    return model.charge_scale * (born - mean_by_system(born, evaluation.system) if sum_rule else born)


def is_one_backward_pass(model: LESModel) -> bool:
    """Whether all directions together cost no more than one."""
    atomic = model.charge_head is not None and not isinstance(model.charge_head, BondHead)
    return atomic and charge_representation(model).message is None


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
