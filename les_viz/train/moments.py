"""Stress, dipoles and Born effective charges of a batch, for losses on them; definitions as in `les_viz.response`."""

import torch
from torch import Tensor

from les_viz.ewald import ChargedBatch, batch_everything
from les_viz.train.forward import Forward, Outputs


def stresses(forward: Forward, outputs: Outputs) -> Tensor:
    """(frames, 3, 3) stress, eV/Å³, sign as in ASE; 0 for open frames."""
    batch = forward.batch
    virials = torch.einsum("ika,ikb->iab", outputs.pulls, batch.surroundings.vectors)
    volume = torch.where(batch.is_periodic, torch.linalg.det(batch.cell).abs(), torch.ones_like(batch.energy))
    summed = batch.per_frame(virials) * (batch.is_periodic / volume)[:, None, None]
    stress = 0.5 * (summed + summed.transpose(1, 2))
    coulomb = forward.model.coulomb
    if coulomb is None:
        return stress
    charged = ChargedBatch(
        charges=outputs.charges,
        positions=batch.positions,
        cell=batch.cell,
        is_periodic=batch.is_periodic,
        system_idx=batch.system_idx,
    )
    return stress + batch_everything(coulomb, charged)[3]


def dipoles(forward: Forward) -> Tensor:
    """(frames, 3) dipoles of partial charges about the centre of the atoms, e Å.

    Of periodic frames they mean something for charges that are transfers only.
    """
    batch, bond = forward.batch, forward.latent.bond
    placed = forward.latent.charges.sum(dim=1) if bond is None else bond.formal
    centre = batch.per_frame(batch.positions) / batch.counts[:, None]
    moments = placed.unsqueeze(1) * (batch.positions - centre[batch.system_idx])
    if bond is not None:
        moments = moments + bond.dipoles
    return batch.per_frame(moments) * forward.model.charge_scale


def born_effective_charges(forward: Forward) -> Tensor:
    """(atoms, field direction, displacement direction) derivatives of the polarisation, e; with their graph."""
    bond, charges = forward.latent.bond, forward.latent.charges
    if bond is None:
        placed, each = charges.sum(dim=1), torch.ones_like(charges)
        along = forward.edge_slopes([charges], [each], training=True)
        edges = forward.batch.surroundings.vectors.unsqueeze(3) * along.unsqueeze(2)
        moving = -forward.at_senders(edges)
    else:
        placed = bond.formal
        rows = []
        for axis in range(3):
            each = torch.zeros_like(bond.dipoles)
            each[:, axis] = 1
            rows.append(forward.at_atoms(forward.edge_slopes([bond.dipoles], [each], training=True)))
        moving = torch.stack(rows, dim=1)
    batch = forward.batch
    mean = batch.per_frame(placed) / batch.counts
    identity = torch.eye(3, dtype=placed.dtype, device=placed.device)
    neutral = (placed - mean[batch.system_idx])[:, None, None] * identity
    return (moving + neutral) * forward.model.charge_scale
