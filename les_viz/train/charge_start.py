"""Charges to start from, so that the short-range part settles around charges that are there.

Forces that are still badly learned drive small charges to zero, and from zero they return slowly: the Coulomb energy is
even in them. A training may therefore start from charges of a stated size, let them wait, and release them slowly.
"""

import torch
from torch import Tensor

from les_viz.models.heads import AtomicHead, BondHead
from les_viz.models.model import LESModel
from les_viz.train.forward import Forward, first_representation
from les_viz.train.frames import Batch

RANDOM_PART = 0.2
"""Factor on the random weights of the distance beside the smooth one that makes the charges of the start."""
RIDGE = 1e-3
"""Of the least squares for the linear map, relative to its diagonal."""


@torch.no_grad()
def start_charges(model: LESModel, batch: Batch, charges: dict[int, float]) -> None:
    """Set a charge head such that atoms of each element have about the charge that is wanted, e.

    Args:
        model: at its random start.
        batch: some training frames.
        charges: e by atomic number; elements that are not named start at 0.
    """
    wanted = torch.tensor([charges.get(z, 0.0) for z in model.config.elements]).to(batch.positions)
    if isinstance(model.charge_head, BondHead):
        _start_transfers(model, model.charge_head, batch, wanted)
    elif isinstance(model.charge_head, AtomicHead):
        _start_linear_map(model, model.charge_head, batch, wanted)


def _start_transfers(model: LESModel, head: BondHead, batch: Batch, wanted: Tensor) -> None:
    """p_ij ∝ c_i - c_j with the wanted charges c, as large as brings the charges closest to them.

    The network starts at zero: its features change while the head waits, and must not move the charges meanwhile.
    """
    n = head.config.n_transfers
    head.layers[-1].weight.zero_()  # type: ignore[operator]
    head.element_values.zero_()
    head.element_values[:, 0] = wanted
    head.element_values[:, n] = 1.0
    head.radial.mul_(RANDOM_PART)
    head.radial[0] += 1.0
    found = _charges(model, batch)
    target = wanted[batch.surroundings.element_idx]
    head.radial.mul_((found * target).sum() / found.square().sum())


def _start_linear_map(model: LESModel, head: AtomicHead, batch: Batch, wanted: Tensor) -> None:
    """Least squares of the wanted charges in the features."""
    if head.linear is None:
        raise TypeError("charges can start from a head with a linear map only")
    representation = first_representation(model)
    sums = Forward(model, batch).sums
    features = representation.density_of_sums(sums, batch.surroundings).invariants.flatten(1).double()
    gram = features.T @ features
    gram += torch.diag(RIDGE * gram.diagonal() + RIDGE * gram.diagonal().mean())
    target = (wanted / head.config.scale).double()[batch.surroundings.element_idx]
    weights = torch.linalg.solve(gram, features.T @ target)
    head.linear.weight.copy_(weights.unsqueeze(0))
    head.layers[-1].weight.zero_()  # type: ignore[operator]


def _charges(model: LESModel, batch: Batch) -> Tensor:
    return Forward(model, batch).latent.charges[:, 0]
