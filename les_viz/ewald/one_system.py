r"""Potential, field and stress of one system by factorised phases, where nothing is differentiated.

As in `direct`, e^{2πi n·s} = a·t with heads a[atom, n1] and tails t[atom, p]. Cosines and sines of both stand side by
side in H = [cos | sin] and T = [cos | sin], and X = (q H)ᵀ T holds the four sums cc, cs, sc, ss of q times a cosine or
sine of each. Here the half grid of structure factors is never formed: the kernel couples each of the four sums to
itself and to its partner, cc with ss and cs with sc. With w+ and w- of both signs of the tail,

    Y(cc) = 2 (w+ + w-) cc + 2 (w- - w+) ss      Y(cs) = 2 (w+ + w-) cs - 2 (w- - w+) sc      and so on;

the potential is φ = Σ H·U with U = T Yᵀ, its slopes are ∂1 φ = Σ 2πn1 (cos U_s - sin U_c) and, with V = H Y,
∂2,3 φ = Σ 2πn2,3 (cos V_s - sin V_c). The stress is a sum over squares of X and products with partners.

For a few hundred atoms the number of tensor operations counts more than their size: they are few, and on matrices.
Atoms are the columns of all tables: such products are up to five times as fast as those with atoms as rows. Tails that
no k vector needs (the corners of the box around the sphere) are left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import pi

import torch
from torch import Tensor

from les_viz.ewald.reciprocal import GridKernel

TABLE_ENTRIES = 1 << 18
"""Entries of the table of phases of one chunk of atoms, which should stay in a processor's cache."""

KEPT_ENTRIES = 1 << 21
"""Entries of all tables up to which they are kept from one sum over the atoms to the next."""


@dataclass(frozen=True, slots=True)
class _Constants:
    """What a kernel makes of positions and charges.

    Attributes:
        inverse_cell: (3, 3).
        angles: (3·n1 + 2·p, 3): from fractional coordinates to the angles of all rows: heads thrice, tails twice.
        turn: (3·n1 + 2·p, 1): π/2 where a row is a cosine: cos, sin, cos of heads; cos, sin of tails.
        same: (2·n1, 2·p): from a sum to its coefficient.
        partner: (2·n1, 2·p): from its partner.
        same_stress: (4·n1·p, 9): of the square of each sum.
        partner_stress: (4·n1·p, 9): of each sum times its partner.
        head_field: (3, 2·n1): slopes of the heads along x, y, z, downhill.
        tail_field: (3, 2·p): slopes of the tails.
    """

    inverse_cell: Tensor
    angles: Tensor
    turn: Tensor
    same: Tensor
    partner: Tensor
    same_stress: Tensor
    partner_stress: Tensor
    head_field: Tensor
    tail_field: Tensor


@dataclass(frozen=True, slots=True)
class _Tables:
    """Phases of some atoms.

    Attributes:
        atoms: which of them.
        heads: (2·n1, atoms): [cos | sin].
        turned_heads: (2·n1, atoms): [sin | cos].
        tails: (2·p, atoms): [cos | sin].
    """

    atoms: slice
    heads: Tensor
    turned_heads: Tensor
    tails: Tensor


def interaction(charges: Tensor, positions: Tensor, kernel: GridKernel) -> tuple[Tensor, Tensor, Tensor]:
    """Potential, field and stress of one channel, without a graph.

    Args:
        charges: (atoms,), e.
        positions: (atoms, 3), Å.
        kernel: of one cell.

    Returns:
        (atoms,) V; (atoms, 3) V/Å; (3, 3) eV/Å³.
    """
    constants = _constants(kernel)
    fractional = positions.detach().mm(constants.inverse_cell)
    fractional.sub_(fractional.round())  # near the origin phases keep their digits
    entries = fractional.shape[0] * constants.turn.shape[0]
    kept = list(_tables(fractional, constants)) if entries <= KEPT_ENTRIES else None
    sums = _sums(charges.detach(), kept or _tables(fractional, constants))
    height, width = sums.shape
    partners = sums.view(2, height // 2, 2, width // 2).flip(0, 2).view(height, width)
    coefficients = (sums * constants.same).addcmul_(partners, constants.partner)
    stress = (sums * sums).view(1, -1).mm(constants.same_stress)
    stress.addmm_(partners.mul_(sums).view(1, -1), constants.partner_stress)
    turned = coefficients.roll(width // 2, 1).t()
    felt = [_felt(coefficients, turned, tables, constants) for tables in kept or _tables(fractional, constants)]
    if len(felt) == 1:
        return *felt[0], stress.view(3, 3)
    potentials, fields = zip(*felt, strict=True)
    return torch.cat(potentials), torch.cat(fields), stress.view(3, 3)


def _tables(fractional: Tensor, constants: _Constants) -> Iterator[_Tables]:
    """The phases of all atoms, chunk by chunk."""
    n_atoms, height = fractional.shape[0], constants.same.shape[0]
    half = height // 2
    step = max(1, TABLE_ENTRIES // constants.turn.shape[0])
    for first in range(0, n_atoms, step):
        part = fractional if step >= n_atoms else fractional[first : first + step]
        table = torch.addmm(constants.turn, constants.angles, part.t()).sin_()
        yield _Tables(
            atoms=slice(first, first + table.shape[1]),
            heads=table[:height],
            turned_heads=table[half : half + height],
            tails=table[height + half :],
        )


def _sums(charges: Tensor, chunks: Iterable[_Tables]) -> Tensor:
    """(2·n1, 2·p) sums of charges times heads times tails."""
    sums: Tensor | None = None
    for tables in chunks:
        weighted = charges[tables.atoms] * tables.heads
        sums = weighted.mm(tables.tails.t()) if sums is None else sums.addmm_(weighted, tables.tails.t())
    if sums is None:
        raise RuntimeError("there are no atoms")
    return sums


def _felt(coefficients: Tensor, turned: Tensor, tables: _Tables, constants: _Constants) -> tuple[Tensor, Tensor]:
    """Potential and field at some atoms."""
    by_head = coefficients.mm(tables.tails)
    by_tail = turned.mm(tables.heads).mul_(tables.tails)
    potential = (by_head * tables.heads).sum(dim=0)
    field = constants.head_field.mm(by_head.mul_(tables.turned_heads)).addmm_(constants.tail_field, by_tail)
    return potential, field.t().contiguous()


@lru_cache(maxsize=8)
def _constants(kernel: GridKernel) -> _Constants:
    like = kernel.coulomb
    triples = kernel.grid.triples
    used = (kernel.grid.multiplicity.amax(dim=(0, 1, 3)) > 0).nonzero()[:, 0]
    heads = 2 * pi * triples[:, 0, 0] * like.new_tensor((1.0, 0.0, 0.0))
    tails = 2 * pi * triples[0, used, 0]
    n_heads, n_tails = len(heads), len(tails)
    widths = torch.tensor((n_heads, n_heads, n_heads, n_tails, n_tails), device=like.device)
    rotate = like.new_tensor((1.0, -1.0))
    signs = rotate[:, None, None, None] * rotate[:, None]
    plus, minus = kernel.twice_coulomb[0, 0][:, used, :, 0].view(1, n_heads, 1, n_tails, 2).unbind(dim=4)
    stress = kernel.stress.view(n_heads, -1, 2, 9)[:, used].view(1, n_heads, 1, n_tails, 2, 9)
    stress_plus, stress_minus = stress.unbind(dim=4)
    downhill = -kernel.inverse_cell[0]
    return _Constants(
        inverse_cell=kernel.inverse_cell[0],
        angles=torch.cat((heads, heads, heads, tails, tails)),
        turn=like.new_tensor((pi / 2, 0.0, pi / 2, pi / 2, 0.0)).repeat_interleave(widths).unsqueeze(1),
        same=(plus + minus).expand(2, -1, 2, -1).reshape(2 * n_heads, -1),
        partner=((minus - plus) * signs).reshape(2 * n_heads, -1),
        same_stress=(stress_plus + stress_minus).expand(2, -1, 2, -1, -1).reshape(-1, 9),
        partner_stress=((stress_minus - stress_plus) * signs.unsqueeze(-1)).reshape(-1, 9),
        head_field=downhill @ torch.cat((-heads, heads)).t(),
        tail_field=downhill @ torch.cat((tails, -tails)).t(),
    )
