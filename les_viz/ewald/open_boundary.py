r"""Coulomb energy of Gaussian charges with open boundary: a plain sum over pairs.

E = ½ Σ_{i≠j} k_e q_i q_j erf(a r)/r,    a = 1/(√2 σ),    k_e = e²/4πε0
"""

from math import sqrt

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from les_viz.ewald.open_blocks import potential_and_field
from les_viz.ewald.pair_kernels import screened_kernels
from les_viz.patience import check_wanted
from les_viz.units import COULOMB_CONSTANT

PAIRS_AT_ONCE = 1 << 21
"""Pairs handled together: bounds the memory of large clusters."""

PAIRS_IN_CACHE = 1 << 17
"""The same without a graph on a processor, whose cache then holds what is made on the way."""


def open_potential_and_field(charges: Tensor, positions: Tensor, smearing: float) -> tuple[Tensor, Tensor]:
    """Potential and field at each atom from all others of its system, without the self term.

    Args:
        charges: (systems, channels, atoms), e; padding has charge 0.
        positions: (systems, atoms, 3), Å.
        smearing: σ, Å.

    Returns:
        (systems, channels, atoms) V and (systems, channels, atoms, 3) V/Å.
    """
    n_systems, _, n_atoms = charges.shape
    tracked = torch.is_grad_enabled() and (charges.requires_grad or positions.requires_grad)
    if n_systems == 1 and not tracked and positions.device.type == "cpu":
        potential, field = potential_and_field(charges[0], positions[0], smearing)
        return COULOMB_CONSTANT * potential[None], COULOMB_CONSTANT * field[None]
    pairs = PAIRS_AT_ONCE if tracked or positions.device.type != "cpu" else PAIRS_IN_CACHE
    rows = max(1, pairs // (n_systems * n_atoms))
    potentials, fields = [], []
    for start in range(0, n_atoms, rows):
        check_wanted()
        arguments = (charges, positions, start, min(start + rows, n_atoms), smearing)
        if tracked and rows < n_atoms:
            potential, field = checkpoint(_rows, *arguments, use_reentrant=False)
        else:
            potential, field = _rows(*arguments)
        potentials.append(potential)
        fields.append(field)
    return torch.cat(potentials, dim=2), torch.cat(fields, dim=2)


def _rows(charges: Tensor, positions: Tensor, start: int, stop: int, smearing: float) -> tuple[Tensor, Tensor]:
    separation = positions[:, start:stop, None] - positions[:, None]
    a = 1 / (sqrt(2) * smearing)
    b0, b1 = screened_kernels(separation.square().sum(dim=-1), a)
    others = torch.ones(stop - start, positions.shape[1], dtype=positions.dtype, device=positions.device)
    others[torch.arange(stop - start), torch.arange(start, stop)] = 0
    potential = COULOMB_CONSTANT * torch.einsum("bcj,bij->bci", charges, b0 * others)
    field = COULOMB_CONSTANT * torch.einsum("bcj,bij,bijx->bcix", charges, b1, separation)
    return potential, field
