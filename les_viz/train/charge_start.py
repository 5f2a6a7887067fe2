"""Charges to start from, so that the short-range part settles around charges that are there.

Forces that are still badly learned drive small charges to zero, and from zero they return slowly: the Coulomb energy is
even in them. A training may therefore start from charges of a stated size, let them wait, and release them slowly.
"""

import torch
from torch import Tensor, nn

from les_viz.elements import covalent_radius
from les_viz.errors import SettingError
from les_viz.models.heads import AtomicHead, BondHead
from les_viz.models.model import LESModel
from les_viz.models.senders import Senders
from les_viz.response.dipole import BOND_TOLERANCE
from les_viz.train.forward import Forward
from les_viz.train.frames import Batch

FLAT_RIDGE = 1e-5
"""Of the least squares for the function of the distance, relative to its mean diagonal."""
RIDGE = 1e-3
"""Of the least squares for the linear map, relative to its diagonal."""

LARGEST_AT_RANDOM = 1.0
"""e: root mean square of charges from random weights, which a large `scale` would make absurd."""


@torch.no_grad()
def calm_charges(model: LESModel, batch: Batch) -> None:
    """Shrink the random charges of a start, if they are larger than charges are.

    Args:
        model: at its random start, with a charge head.
        batch: some training frames.
    """
    head, size = model.charge_head, float(Forward(model, batch).latent.charges.square().mean().sqrt())
    if size <= LARGEST_AT_RANDOM:
        return
    ends: list[Tensor] = [head.radial] if isinstance(head, BondHead) else []
    if isinstance(head, AtomicHead):
        ends = [layer.weight for layer in (head.layers[-1], head.linear) if isinstance(layer, nn.Linear)]
    for weight in ends:
        weight.mul_(LARGEST_AT_RANDOM / size)


@torch.no_grad()
def start_charges(model: LESModel, batch: Batch, charges: dict[int, float]) -> None:
    """Set a charge head such that atoms of each element have about the charge that is wanted, e.

    Args:
        model: at its random start.
        batch: some training frames.
        charges: e by atomic number; elements that are not named start at 0.

    Raises:
        SettingError: no atoms are near enough to each other to carry them.
    """
    wanted = torch.tensor([charges.get(z, 0.0) for z in model.config.elements]).to(batch.positions)
    try:
        if isinstance(model.charge_head, BondHead):
            _start_transfers(model, model.charge_head, batch, wanted)
        elif isinstance(model.charge_head, AtomicHead):
            _start_linear_map(model, model.charge_head, batch, wanted)
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        raise SettingError(
            "the charges of model.charges.start cannot be reached: in the first training frames no atoms of different "
            "such charges are near each other (for bonds: within model.charges.bond_cutoff); name others, or none"
        ) from None


def _start_transfers(model: LESModel, head: BondHead, batch: Batch, wanted: Tensor) -> None:
    """p_ij ∝ c_i - c_j with the wanted charges c along bonds of any length, as large as brings the charges closest.

    Transfers that fade while a bond stretches would make forces along bonds that depend on distant atoms, wrong and out
    of reach of the short-range part. The network starts at zero: its features change while the head waits, and must not
    move the charges meanwhile.
    """
    n = head.config.n_transfers
    head.layers[-1].weight.zero_()  # type: ignore[operator]
    head.element_values.zero_()
    head.element_values[:, 0] = wanted
    head.element_values[:, n] = 1.0
    head.radial[:, 0] = _flat_along_bonds(model, head, batch, wanted)
    found = _charges(model, batch)
    target = wanted[batch.surroundings.element_idx]
    head.radial.mul_((found * target).sum() / found.square().sum())


def _flat_along_bonds(model: LESModel, head: BondHead, batch: Batch, wanted: Tensor) -> Tensor:
    """(n_radial_basis,) coefficients of a function of the distance near 1 where atoms are bonded, near 0 elsewhere."""
    around = batch.surroundings
    waves, decay = head.radial_functions(around.vectors)
    radii = waves.new_tensor([covalent_radius(z) for z in model.config.elements])[around.element_idx]
    senders, at_atoms = Senders(around.neighbor_indices), wanted[around.element_idx]
    difference = at_atoms.unsqueeze(1) - senders.pick(at_atoms)
    reach = BOND_TOLERANCE * (radii.unsqueeze(1) + senders.pick(radii))
    distance = around.vectors.square().sum(dim=2).sqrt()
    counts = (decay.squeeze(2) > 0) & (difference != 0)
    functions = (waves * decay)[counts].double() * difference[counts].double().abs().unsqueeze(1)
    target = (distance < reach)[counts].double() * difference[counts].double().abs()
    gram = functions.T @ functions
    gram += torch.diag(FLAT_RIDGE * gram.diagonal().mean().expand(len(gram)))
    coefficients: Tensor = torch.linalg.solve(gram, functions.T @ target)
    return coefficients.to(waves)


def _start_linear_map(model: LESModel, head: AtomicHead, batch: Batch, wanted: Tensor) -> None:
    """Least squares of the wanted charges in the features."""
    if head.linear is None:
        raise TypeError("charges can start from a head with a linear map only")
    features = Forward(model, batch).features[head.config.representation].double()
    gram = features.T @ features
    gram += torch.diag(RIDGE * gram.diagonal() + RIDGE * gram.diagonal().mean())
    target = (wanted / head.config.scale).double()[batch.surroundings.element_idx]
    weights = torch.linalg.solve(gram, features.T @ target)
    head.linear.weight.copy_(weights.unsqueeze(0))
    head.layers[-1].weight.zero_()  # type: ignore[operator]


def _charges(model: LESModel, batch: Batch) -> Tensor:
    return Forward(model, batch).latent.charges[:, 0]
