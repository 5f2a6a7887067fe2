r"""The Coulomb sum of a fixed geometry as matrices: potential φ = A q and field f = B q of latent charges q.

With phases c = cos k·r, s = sin k·r and the weights w of the half grid (`les_viz.ewald`):

    A_ij = 2 Σ_k w (c_i c_j + s_i s_j),    B_a,ij = 2 Σ_k w k_a (s_i c_j - c_i s_j)
"""

from math import pi

import torch
from torch import Tensor

from les_viz.ewald import CoulombSum
from les_viz.ewald.coulomb import self_potential


@torch.no_grad()
def couplings_of(coulomb: CoulombSum, positions: Tensor, cell: Tensor | None, dtype: torch.dtype) -> Tensor:
    """(4, atoms, atoms): potential (V/e) and components of the field (V/Å/e) at atom i of a unit charge at atom j.

    Args:
        coulomb: the sum that belongs to the model.
        positions: (atoms, 3), Å, double precision.
        cell: (3, 3), Å, double precision, or None for an open system.
        dtype: of the result.
    """
    if cell is not None:
        return _periodic(coulomb, positions, cell, dtype)
    unit = torch.eye(len(positions), dtype=positions.dtype, device=positions.device).unsqueeze(0)
    _, potential, field, _ = coulomb.everything(unit, positions.unsqueeze(0), None)
    return torch.cat((potential.transpose(1, 2), field[0].permute(2, 1, 0))).to(dtype).contiguous()


def _periodic(coulomb: CoulombSum, positions: Tensor, cell: Tensor, dtype: torch.dtype) -> Tensor:
    kernel = coulomb.kernel(cell.unsqueeze(0))
    counts = kernel.coulomb[0] > 0
    vectors = kernel.grid.triples.flatten(0, 2)[counts] @ (2 * pi * kernel.inverse_cell[0].T)
    weights = 2 * kernel.coulomb[0, counts]
    angles = positions @ vectors.T
    cosines, sines = angles.cos().to(dtype), angles.sin().to(dtype)
    there = torch.cat((cosines, sines), dim=1).T.contiguous()
    turned = torch.cat((sines, -cosines), dim=1)
    twice = torch.cat((weights, weights)).to(dtype)
    steps = torch.cat((vectors, vectors)).to(dtype)
    maps = [(there.T * twice) @ there, *((turned * (twice * steps[:, axis])) @ there for axis in range(3))]
    if not coulomb.self_interaction:
        maps[0].diagonal().sub_(coulomb.removed_self_terms * self_potential(coulomb.smearing))
    return torch.stack(maps)
