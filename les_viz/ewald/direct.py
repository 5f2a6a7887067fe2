r"""Exact phase sums by factorised phases: matrix products instead of an atoms × k table of cosines and sines.

With fractional coordinates s, e^{2πi n·s} = e^{2πi n1 s1} · e^{2πi (n2 s2 + n3 s3)} = a · t. Cosines and sines of the
head a[atom, n1] and of the tail t[atom, p] stand side by side in two real matrices H = [cos | sin] and T = [cos | sin].
Their product X holds all four combinations cc, cs, sc, ss. Both a·t (sign +) and a·t* (sign -) are sums and differences
of these four, so half of the tails suffice:

    Re(a t) = cc - ss     Im(a t) = cs + sc     Re(a t*) = cc + ss     Im(a t*) = sc - cs

Cost: atoms · n1 · p multiply-adds in matrix products. Memory: one chunk of atoms times the tails. For a few hundred
atoms the number of tensor operations counts more than their size: they are few, and on whole blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import pi

import torch
from torch import Tensor

from les_viz.ewald import one_system
from les_viz.ewald.grid import HalfGrid
from les_viz.ewald.reciprocal import GridKernel, interaction_on_grid

TABLE_ENTRIES = 1 << 18
"""Entries of the tail table of one chunk of atoms, which should stay in a processor's cache."""

KEPT_ENTRIES = 1 << 21
"""Entries of all tail tables up to which they are kept from one sum over the same coordinates to the next."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Constants of a half grid.

    Attributes:
        angles: (3, n1 + p): 2π times the integers, from fractional coordinates to the angles of heads and tails.
        head_slopes: (2·n1, 3): -2π n1 for sines, 2π n1 for cosines, in the first column.
        tail_slopes: (2·p, 3): 2π n2 and 2π n3 for cosines, their opposites for sines, in the other columns.
        combine: (4, 4) from (cc, cs, sc, ss) to (re, im) of both signs.
    """

    angles: Tensor
    head_slopes: Tensor
    tail_slopes: Tensor
    combine: Tensor


@dataclass(frozen=True, slots=True)
class _Tables:
    """Phases of some atoms.

    Attributes:
        head: (systems, atoms, 2·n1): [cos | sin].
        turned_head: (systems, atoms, 2·n1): [sin | cos].
        tail: (systems, atoms, 2·p): [cos | sin].
    """

    head: Tensor
    turned_head: Tensor
    tail: Tensor


class DirectPhases:
    """Phase sums on one half grid; keeps the phases of the last coordinates unless they are many."""

    def __init__(self, grid: HalfGrid) -> None:
        """Prepare for a grid."""
        like = grid.multiplicity
        self._numbers = _numbers(grid.extents, like.dtype, like.device)
        self._n_head = grid.extents[0] + 1
        self._n_tail = (grid.extents[1] + 1) * (2 * grid.extents[2] + 1)
        self._kept: tuple[Tensor, list[_Tables]] | None = None

    def spread(self, weights: Tensor, fractional: Tensor) -> Tensor:
        """Sum weights times phases onto the half grid: G = Σ_i w_i e^{2πi n·s_i}.

        Args:
            weights: (systems, channels, atoms).
            fractional: (systems, atoms, 3).

        Returns:
            (systems, channels, n1, p, sign, 2).
        """
        product = self._product(weights, fractional)
        blocks = product.view(*weights.shape[:2], 2, self._n_head, 2, self._n_tail)
        pairs = blocks.permute(0, 1, 3, 5, 2, 4)
        combined = pairs.reshape(-1, 4) @ self._numbers.combine
        return combined.view(*pairs.shape[:4], 2, 2)

    def gather(self, grid: Tensor, fractional: Tensor) -> Tensor:
        """Adjoint of `spread`: u_i = Σ_n (Re G cos 2πn·s_i + Im G sin 2πn·s_i).

        Args:
            grid: (systems, channels, n1, p, sign, 2).
            fractional: (systems, atoms, 3).

        Returns:
            (systems, channels, atoms).
        """
        transposed = self._coefficients(grid).transpose(1, 2)
        by_head = (
            torch.bmm(tables.tail, transposed).view(grid.shape[0], -1, grid.shape[1], 2 * self._n_head)
            * tables.head.unsqueeze(2)
            for tables in self._tables(fractional)
        )
        return _joined([part.sum(dim=3) for part in by_head], dim=1).transpose(1, 2)

    def gather_with_gradient(self, grid: Tensor, fractional: Tensor) -> tuple[Tensor, Tensor]:
        """`gather` and its gradient in the fractional coordinates, sharing phases and products.

        Returns:
            (systems, channels, atoms) and (systems, channels, atoms, 3).
        """
        slopes = (self._numbers.head_slopes, self._numbers.tail_slopes)
        heads, tails = (matrix.expand(grid.shape[0], -1, -1) for matrix in slopes)
        return self._gathered(self._coefficients(grid), fractional, (heads, tails))

    def interaction(self, weights: Tensor, positions: Tensor, kernel: GridKernel) -> tuple[Tensor, Tensor, Tensor]:
        """Potential, field and stress, without a graph."""
        if weights.shape[0] > 1:
            return interaction_on_grid(self, weights, positions, kernel)
        channels = [one_system.interaction(channel, positions[0], kernel) for channel in weights[0].unbind()]
        potential, field, stress = (torch.stack(parts).unsqueeze(0) for parts in zip(*channels, strict=True))
        return potential, field, stress.sum(dim=1)

    def _product(self, weights: Tensor, fractional: Tensor) -> Tensor:
        """(systems, channels · 2·n1, 2·p): sums of weights times heads times tails."""
        product: Tensor | None = None
        for tables, part in zip(self._tables(fractional), weights.split(self._step(weights), dim=2), strict=True):
            weighted = (part.unsqueeze(2) * tables.head.transpose(1, 2).unsqueeze(1)).flatten(1, 2)
            product = torch.bmm(weighted, tables.tail) if product is None else product.baddbmm_(weighted, tables.tail)
        if product is None:
            raise RuntimeError("there are no atoms")
        return product

    def _gathered(self, matrix: Tensor, fractional: Tensor, slopes: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """`gather_with_gradient` of (systems, channels · 2·n1, 2·p) coefficients Y.

        With U = T Yᵀ and V = H Y, both [c | s]: u = Σ H·U, ∂1 u = Σ 2πn1 (cos U_s - sin U_c) and
        ∂2,3 u = Σ 2πn2,3 (cos V_s - sin V_c); for the latter it is Y whose halves change places, as it is smaller.
        `slopes` are the factors of heads (systems, 2·n1, 3) and tails (systems, 2·p, 3).
        """
        n_systems, rows, width = matrix.shape
        height = 2 * self._n_head
        n_channels = rows // height
        transposed = matrix.transpose(1, 2)
        cosines, sines = matrix.split_with_sizes((self._n_tail, self._n_tail), dim=2)
        turned = torch.cat((sines, cosines), dim=2)
        if n_channels > 1:
            turned = turned.view(n_systems, n_channels, height, width).transpose(1, 2).flatten(2)
        values, gradients = [], []
        for tables in self._tables(fractional):
            by_head = torch.bmm(tables.tail, transposed).view(n_systems, -1, n_channels, height)
            by_tail = torch.bmm(tables.head, turned).view(n_systems, -1, n_channels, width)
            values.append((by_head * tables.head.unsqueeze(2)).sum(dim=3))
            first = by_head.mul_(tables.turned_head.unsqueeze(2)).view(n_systems, -1, height)
            second = by_tail.mul_(tables.tail.unsqueeze(2)).view(n_systems, -1, width)
            gradient = torch.baddbmm(torch.bmm(first, slopes[0]), second, slopes[1])
            gradients.append(gradient.view(n_systems, -1, n_channels, 3))
        return _joined(values, dim=1).transpose(1, 2), _joined(gradients, dim=1).transpose(1, 2)

    def _step(self, fractional: Tensor) -> int:
        """Atoms of a chunk, of tensors whose first axis counts the systems."""
        return max(1, TABLE_ENTRIES // (2 * self._n_tail * fractional.shape[0]))

    def _tables(self, fractional: Tensor) -> Iterator[_Tables]:
        """The phases of all atoms, chunk by chunk."""
        if self._kept is not None and self._kept[0] is fractional:
            yield from self._kept[1]
            return
        made = (self._phases(part) for part in fractional.detach().split(self._step(fractional), dim=1))
        if 2 * self._n_tail * fractional.shape[0] * fractional.shape[1] > KEPT_ENTRIES:
            yield from made
            return
        self._kept = (fractional, list(made))
        yield from self._kept[1]

    def _phases(self, fractional: Tensor) -> _Tables:
        angles = fractional.reshape(-1, 3).mm(self._numbers.angles).view(*fractional.shape[:2], -1)
        sizes = (self._n_head, self._n_tail)
        head_cosines, tail_cosines = angles.cos().split_with_sizes(sizes, dim=2)
        head_sines, tail_sines = angles.sin().split_with_sizes(sizes, dim=2)
        heads = torch.cat((head_sines, head_cosines, head_sines), dim=2)
        return _Tables(
            head=heads.narrow(2, self._n_head, 2 * self._n_head),
            turned_head=heads.narrow(2, 0, 2 * self._n_head),
            tail=torch.cat((tail_cosines, tail_sines), dim=2),
        )

    def _coefficients(self, grid: Tensor) -> Tensor:
        """(systems, channels · 2·n1, 2·p) coefficients of the four combinations: the transpose of `combine`."""
        combined = (grid.flatten(0, 3).flatten(1) @ self._numbers.combine.T).view(*grid.shape)
        return combined.permute(0, 1, 4, 2, 5, 3).reshape(grid.shape[0], -1, 2 * self._n_tail)


def _joined(parts: list[Tensor], dim: int) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=dim)


@lru_cache(maxsize=64)
def _numbers(extents: tuple[int, int, int], dtype: torch.dtype, device: torch.device) -> _Numbers:
    n1, n2, n3 = extents
    heads = 2 * pi * torch.arange(n1 + 1).double()
    tails = 2 * pi * torch.cartesian_prod(torch.arange(n2 + 1), torch.arange(-n3, n3 + 1)).double()
    head_angles = torch.stack((heads, torch.zeros_like(heads), torch.zeros_like(heads)))
    tail_angles = torch.stack((torch.zeros_like(tails[:, 0]), *tails.T))
    combine = torch.tensor(
        # columns: (+, re), (+, im), (-, re), (-, im); rows: cc, cs, sc, ss
        ((1.0, 0.0, 1.0, 0.0), (0.0, 1.0, 0.0, -1.0), (0.0, 1.0, 0.0, 1.0), (-1.0, 0.0, 1.0, 0.0)),
        dtype=dtype,
        device=device,
    )
    return _Numbers(
        angles=torch.cat((head_angles, tail_angles), dim=1).to(device, dtype),
        head_slopes=torch.cat((-head_angles.T, head_angles.T)).to(device, dtype),
        tail_slopes=torch.cat((tail_angles.T, -tail_angles.T)).to(device, dtype),
        combine=combine,
    )
