r"""Exact phase sums by factorised phases: matrix products instead of an atoms × k table of cosines and sines.

With fractional coordinates s, e^{2πi n·s} = e^{2πi n1 s1} · (e^{2πi n2 s2} e^{2πi n3 s3}) = a · t. Real and imaginary
parts of the head a[atom, n1] and the tail t[atom, p] are columns of two real matrices, whose product X holds all four
combinations re/im × re/im. Both a·t (sign +) and a·t* (sign -) are sums and differences of these four, so half of the
tails suffice:

    Re(a t) = rr - ii     Im(a t) = ri + ir     Re(a t*) = rr + ii     Im(a t*) = ir - ri

Cost: atoms · n1 · p multiply-adds in matrix products. Memory: one chunk of atoms times the tails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import pi

import torch
from torch import Tensor

from les_viz.ewald.grid import HalfGrid
from les_viz.ewald.reciprocal import GridKernel

TABLE_ENTRIES = 1 << 20
"""Entries of the tail table of one chunk of atoms: bounds the memory, and keeps a chunk near a processor's cache."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Constants of a half grid.

    Attributes:
        axis: (columns,) fractional axis of each phase column: heads, then second, then third factors.
        columns: (columns,) 2π times the integer of each phase column.
        sizes: numbers of heads, second and third factors.
        head: (2·n1, 2) from (re, im) of a* U to the value and its derivative: 1 and 2π n1.
        tail: (2·p, 2): 2π n2 and 2π n3, for real and imaginary parts alike.
        rotate: (2,): from (im, re) to (im, -re).
        combine: (4, 4) from (rr, ri, ir, ii) to (re, im) of both signs.
    """

    axis: Tensor
    columns: Tensor
    sizes: tuple[int, int, int]
    head: Tensor
    tail: Tensor
    rotate: Tensor
    combine: Tensor


class DirectPhases:
    """Phase sums on one half grid; keeps the phases of the last coordinates while they fit in one chunk."""

    def __init__(self, grid: HalfGrid) -> None:
        """Prepare for a grid."""
        like = grid.multiplicity
        self._numbers = _numbers(grid.extents, like.dtype, like.device)
        self._n_head = grid.extents[0] + 1
        self._n_tail = (grid.extents[1] + 1) * (2 * grid.extents[2] + 1)
        self._kept: tuple[Tensor, Tensor, Tensor] | None = None

    def spread(self, weights: Tensor, fractional: Tensor) -> Tensor:
        """Sum weights times phases onto the half grid: G = Σ_i w_i e^{2πi n·s_i}.

        Args:
            weights: (systems, channels, atoms).
            fractional: (systems, atoms, 3).

        Returns:
            (systems, channels, n1, p, sign, 2).
        """
        pairs = self._product(weights, fractional).transpose(3, 4)
        combined = pairs.reshape(-1, 4) @ self._numbers.combine
        return combined.view(*pairs.shape[:4], 2, 2)

    def _product(self, weights: Tensor, fractional: Tensor) -> Tensor:
        """(systems, channels, n1, 2, p, 2) sums of weights times re/im of the head times re/im of the tail."""
        n_systems, n_channels = weights.shape[:2]
        product = weights.new_zeros(n_systems, n_channels * 2 * self._n_head, 2 * self._n_tail)
        for part, head, tail in self._tables(fractional):
            heads = torch.view_as_real(head).flatten(2).transpose(1, 2)
            weighted = (weights[:, :, None, part] * heads.unsqueeze(1)).flatten(1, 2)
            product.baddbmm_(weighted, torch.view_as_real(tail).flatten(2))
        return product.view(n_systems, n_channels, self._n_head, 2, self._n_tail, 2)

    def gather(self, grid: Tensor, fractional: Tensor) -> Tensor:
        """Adjoint of `spread`: u_i = Σ_n (Re G cos 2πn·s_i + Im G sin 2πn·s_i).

        Args:
            grid: (systems, channels, n1, p, sign, 2).
            fractional: (systems, atoms, 3).

        Returns:
            (systems, channels, atoms).
        """
        coefficients = self._coefficients(grid)
        values = grid.new_empty(*grid.shape[:2], fractional.shape[1])
        matrix = coefficients.flatten(1, 2).transpose(1, 2)
        for part, head, tail in self._tables(fractional):
            by_head = torch.bmm(torch.view_as_real(tail).flatten(2), matrix).unflatten(2, (grid.shape[1], -1))
            heads = torch.view_as_real(head).flatten(2).unsqueeze(2)
            values[:, :, part] = (by_head * heads).sum(dim=3).transpose(1, 2)
        return values

    def gather_with_gradient(self, grid: Tensor, fractional: Tensor) -> tuple[Tensor, Tensor]:
        """`gather` and its gradient in the fractional coordinates, sharing phases and products.

        Returns:
            (systems, channels, atoms) and (systems, channels, atoms, 3).
        """
        return self._gathered(self._coefficients(grid), fractional)

    def interaction(self, weights: Tensor, fractional: Tensor, kernel: GridKernel) -> tuple[Tensor, Tensor, Tensor]:
        """Potential, its gradient in the fractional coordinates, and stress, without a graph.

        The kernel couples each of the four products to itself and to its partner, rr with ii and ri with ir, so the
        half grid is never formed.
        """
        same, partner, stress = pair_kernel(kernel, self._numbers.rotate)
        product = self._product(weights, fractional)
        partners = product.flip(3, 5)
        matrix = torch.addcmul(product * same, partners, partner)
        powers = torch.stack((product.square(), product * partners), dim=2)
        powers[:, :, 1] *= self._numbers.rotate[:, None, None] * self._numbers.rotate
        summed = powers.sum(dim=(1, 4, 6)).view(len(weights), 1, -1)
        potential, slope = self._gathered(matrix.view(*weights.shape[:2], 2 * self._n_head, -1), fractional)
        return potential, slope, torch.bmm(summed, stress).view(-1, 3, 3)

    def _gathered(self, matrix: Tensor, fractional: Tensor) -> tuple[Tensor, Tensor]:
        """`gather_with_gradient` of (systems, channels, 2·n1, 2·p) coefficients X.

        With U = t X and T = a X as complex numbers, u = Re Σ a* U, ∂1 u = Im Σ 2πn1 a* U, ∂2,3 u = Im Σ 2πn2,3 t* T.
        Im t* T is the real product of t with T turned by -i; it is X that is turned, which has fewer entries.
        """
        n_systems, n_channels = matrix.shape[:2]
        turned = (matrix.unflatten(3, (self._n_tail, 2)).flip(4) * self._numbers.rotate).flatten(3)
        values = matrix.new_empty(n_systems, n_channels, fractional.shape[1])
        gradient = matrix.new_empty(n_systems, n_channels, fractional.shape[1], 3)
        for part, head, tail in self._tables(fractional):
            real_head, real_tail = (torch.view_as_real(table).flatten(2) for table in (head, tail))
            for channel in range(n_channels):
                by_head = torch.bmm(real_tail, matrix[:, channel].transpose(1, 2)).unflatten(2, (self._n_head, 2))
                products = torch.view_as_real(torch.view_as_complex(by_head) * head.conj()).flatten(2)
                first = products @ self._numbers.head
                values[:, channel, part] = first[..., 0]
                gradient[:, channel, part, 0] = first[..., 1]
                by_tail = torch.bmm(real_head, turned[:, channel]).mul_(real_tail)
                gradient[:, channel, part, 1:] = by_tail @ self._numbers.tail
        return values, gradient

    def _tables(self, fractional: Tensor) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Chunks of atoms with their heads (systems, atoms, n1) and tails (systems, atoms, p), complex."""
        n_systems, n_atoms = fractional.shape[:2]
        step = max(1, TABLE_ENTRIES // (2 * self._n_tail * n_systems))
        if self._kept is not None and self._kept[0] is fractional:
            yield slice(0, n_atoms), *self._kept[1:]
            return
        for start in range(0, n_atoms, step):
            part = slice(start, min(start + step, n_atoms))
            tables = self._phases(fractional[:, part])
            if step >= n_atoms:
                self._kept = (fractional, *tables)
            yield part, *tables

    def _phases(self, fractional: Tensor) -> tuple[Tensor, Tensor]:
        angles = fractional.detach().index_select(2, self._numbers.axis) * self._numbers.columns
        head, second, third = torch.complex(angles.cos(), angles.sin()).split(self._numbers.sizes, dim=2)
        return head.contiguous(), (second.unsqueeze(3) * third.unsqueeze(2)).flatten(2)

    def _coefficients(self, grid: Tensor) -> Tensor:
        """(systems, channels, 2·n1, 2·p) coefficients of the four re/im combinations: the transpose of `combine`."""
        combined = (grid.flatten(0, 3).flatten(1) @ self._numbers.combine.T).view(*grid.shape)
        return combined.transpose(3, 4).reshape(*grid.shape[:2], 2 * self._n_head, 2 * self._n_tail)


@lru_cache(maxsize=8)
def pair_kernel(kernel: GridKernel, rotate: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What couples the products rr, ri, ir, ii of a half grid.

    With c+ and c- of both signs and V = 2 c G on the half grid, the transpose of `combine` gives

        rr' = 2 (c+ + c-) rr + 2 (c- - c+) ii     ri' = 2 (c+ + c-) ri - 2 (c- - c+) ir     and so on,

    and the sum over the half grid of s |G|² is that of (s+ + s-) Σ x² + (s- - s+) (2 rr ii - 2 ri ir).

    Returns:
        (systems, 1, n1, 1, p, 1), (systems, 1, n1, 2, p, 2), and (systems, 2·n1·p, 9) for both powers.
    """
    plus, minus = kernel.twice_coulomb[:, 0, ..., 0].unbind(dim=3)
    signs = rotate[:, None, None] * rotate
    same = (plus + minus)[:, None, :, None, :, None]
    partner = (minus - plus)[:, None, :, None, :, None] * signs
    stress = kernel.stress.unflatten(1, (-1, 2))
    both = torch.cat((stress.sum(dim=2), stress[:, :, 1] - stress[:, :, 0]), dim=1)
    return same, partner, both


@lru_cache(maxsize=64)
def _numbers(extents: tuple[int, int, int], dtype: torch.dtype, device: torch.device) -> _Numbers:
    n1, n2, n3 = extents
    integers = [torch.arange(n1 + 1), torch.arange(n2 + 1), torch.arange(-n3, n3 + 1)]
    axis = torch.cat([torch.full_like(n, number) for number, n in enumerate(integers)])
    tails = torch.cartesian_prod(*integers[1:])
    heads = torch.zeros(n1 + 1, 2, 2, dtype=torch.float64)
    heads[:, 0, 0] = 1
    heads[:, 1, 1] = 2 * pi * integers[0].double()
    combine = torch.tensor(
        # columns: (+, re), (+, im), (-, re), (-, im); rows: rr, ri, ir, ii
        ((1.0, 0.0, 1.0, 0.0), (0.0, 1.0, 0.0, -1.0), (0.0, 1.0, 0.0, 1.0), (-1.0, 0.0, 1.0, 0.0)),
        dtype=dtype,
        device=device,
    )
    return _Numbers(
        axis=axis.to(device),
        columns=(2 * pi * torch.cat(integers).double()).to(device, dtype),
        sizes=(n1 + 1, n2 + 1, 2 * n3 + 1),
        head=heads.flatten(0, 1).to(device, dtype),
        tail=(2 * pi * tails.double()).repeat_interleave(2, dim=0).to(device, dtype),
        rotate=torch.tensor((1.0, -1.0), dtype=dtype, device=device),
        combine=combine,
    )
