r"""Sums over neighbours and their exact derivatives, without a graph over the edges.

A representation begins with D_i[z, n, v] = Σ_{j of z} R_n(d_ij) Y_v(û_ij), which depends on the geometry alone as long
as the frequencies of R stay fixed. So D is a constant of each frame, the network that follows is differentiated with
respect to D, and G = ∂E/∂D becomes the derivative in an edge vector by a linear map with constant coefficients:

    p = û (Σ_v α_v Y_v - û·t) + t,    α_v = Σ_n R'_n G[z_j, n, v],    t_a = Σ_w Y_w Σ_n (R_n/d) (G M_a)[z_j, n, w]

with ∂Y_v/∂u_a = Σ_w M_a[v, w] Y_w. Training on forces needs the adjoint of that map once more, and never a second
derivative of the edge functions. Where neighbours of one element stand together, the sums are smaller matrix products.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from les_viz.models import monomials

if TYPE_CHECKING:
    from les_viz.models.representation import Representation

SMALLEST_DISTANCE = 1e-9
"""Å, added to the distance before a vector is made a unit vector; as in the published models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeFunctions:
    """Functions of the edges of a batch; no graph. Neighbours are the last axis: long and contiguous, hence fast.

    Attributes:
        widths: how many places each element has among the neighbours.
        radial: (atoms, n, neighbours): R_n.
        rising: (atoms, n, neighbours): R'_n, 1/Å.
        over_distance: (atoms, n, neighbours): R_n/d, 1/Å, with the d of the unit vectors.
        angular: (atoms, monomials, neighbours).
        unit: (atoms, 3, neighbours), û, a hair shorter than one (`SMALLEST_DISTANCE`).
        direction: (atoms, 3, neighbours), d/|d|.
        lower: (monomials, 3 · lower monomials): M.
    """

    widths: tuple[int, ...]
    radial: Tensor
    rising: Tensor
    over_distance: Tensor
    angular: Tensor
    unit: Tensor
    direction: Tensor
    lower: Tensor

    @staticmethod
    @torch.no_grad()
    def of(representation: "Representation", vectors: Tensor, widths: tuple[int, ...]) -> "EdgeFunctions":
        """Evaluate the edge functions of a representation on (atoms, neighbours, 3) edge vectors."""
        l_max = representation.config.l_max
        distance = vectors.square().sum(dim=2).sqrt()
        radial, rising = _radial(representation, distance)
        padded = (distance + SMALLEST_DISTANCE).unsqueeze(1)
        upright = vectors.transpose(1, 2).contiguous()
        unit = upright / padded
        return EdgeFunctions(
            widths=widths,
            radial=radial,
            rising=rising,
            over_distance=radial / padded,
            angular=_angular(unit, l_max),
            unit=unit,
            direction=upright / distance.unsqueeze(1),
            lower=_lowering(l_max, vectors.dtype, vectors.device),
        )

    @torch.no_grad()
    def of_elements(self, is_element: Tensor) -> "EdgeFunctions":
        """The same functions for neighbours in any order, given (atoms, elements, neighbours) zeros and ones."""

        def masked(functions: Tensor) -> Tensor:
            return (is_element.unsqueeze(2) * functions.unsqueeze(1)).flatten(1, 2)

        radial, rising, over_distance = map(masked, (self.radial, self.rising, self.over_distance))
        return replace(self, radial=radial, rising=rising, over_distance=over_distance)

    @property
    def n_lower(self) -> int:
        """Number of monomials below the highest l."""
        return self.lower.shape[1] // 3

    def blocks(self) -> Iterator[tuple[slice, slice]]:
        """Of each element: its rows in D and the places of its neighbours."""
        n_radial = self.radial.shape[1]
        for z, (end, width) in enumerate(zip(accumulate(self.widths), self.widths, strict=True)):
            yield slice(z * n_radial, (z + 1) * n_radial), slice(end - width, end)

    @torch.no_grad()
    def sums(self) -> Tensor:
        """D, (atoms, elements · n, monomials)."""
        radial = self.radial.transpose(1, 2)
        found = [torch.bmm(self.angular[:, :, at], radial[:, at]) for _, at in self.blocks()]
        return (found[0] if len(found) == 1 else torch.cat(found, dim=2)).transpose(1, 2)

    def pulls(self, gradient: Tensor) -> Tensor:
        """(atoms, neighbours, 3) derivatives in the edge vectors from G = ∂E/∂D; differentiable in G."""
        result: Tensor = _Pulls.apply(gradient, self)  # type: ignore[no-untyped-call]
        return result.transpose(1, 2)


def sums_over_neighbors(representation: "Representation", vectors: Tensor, sender_elements: Tensor) -> Tensor:
    """D, (atoms, elements · n, monomials), differentiable in the edge vectors to any order, but not in parameters.

    Args:
        representation: with frozen radial functions.
        vectors: (atoms, neighbours, 3), Å.
        sender_elements: (atoms, neighbours) position of each neighbour's element in the model's list.
    """
    if torch.is_grad_enabled() and vectors.requires_grad:
        sums: Tensor = _Sums.apply(vectors, representation, sender_elements)  # type: ignore[no-untyped-call]
        return sums
    return _edges(representation, vectors, sender_elements).sums()


def _edges(representation: "Representation", vectors: Tensor, sender_elements: Tensor) -> EdgeFunctions:
    elements = torch.arange(len(representation.sender_embedding), device=vectors.device)
    is_element = (sender_elements.unsqueeze(1) == elements[:, None]).to(vectors.dtype)
    return EdgeFunctions.of(representation, vectors, (vectors.shape[1],)).of_elements(is_element)


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vectors: Tensor, representation: "Representation", sender_elements: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(vectors, sender_elements)
        ctx.representation = representation
        edges = ctx.edges = _edges(representation, vectors, sender_elements)
        return edges.sums()

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        if not torch.is_grad_enabled():
            edges: EdgeFunctions = ctx.edges
            return edges.pulls(upstream), None, None
        vectors, sender_elements = ctx.saved_tensors
        plain = ctx.representation.plain_sums(ctx.representation.edge_basis(vectors), sender_elements)
        (slope,) = torch.autograd.grad(plain, vectors, upstream, create_graph=True)
        return slope, None, None


class _Pulls(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gradient: Tensor, edges: EdgeFunctions) -> Tensor:  # noqa: ANN401
        ctx.edges = edges
        lowered = (gradient @ edges.lower).transpose(1, 2)
        upright = gradient.transpose(1, 2)
        along, turning = [], []
        for rows, at in edges.blocks():
            alpha = torch.bmm(upright[:, :, rows], edges.rising[:, :, at])
            along.append(alpha.mul_(edges.angular[:, :, at]).sum(dim=1, keepdim=True))
            beta = torch.bmm(lowered[:, :, rows], edges.over_distance[:, :, at]).unflatten(1, (3, edges.n_lower))
            turning.append(beta.mul_(edges.angular[:, None, : edges.n_lower, at]).sum(dim=2))
        turned = torch.cat(turning, dim=2)
        pulled: Tensor = turned + edges.direction * (
            torch.cat(along, dim=2) - (edges.unit * turned).sum(dim=1, keepdim=True)
        )
        return pulled

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        edges: EdgeFunctions = ctx.edges
        along = (upstream * edges.direction).sum(dim=1, keepdim=True)
        turning = (upstream - edges.unit * along).unsqueeze(2)
        straight, raised = [], []
        for _, at in edges.blocks():
            first = along[:, :, at] * edges.angular[:, :, at]
            straight.append(torch.bmm(edges.rising[:, :, at], first.transpose(1, 2)))
            second = (turning[..., at] * edges.angular[:, None, : edges.n_lower, at]).flatten(1, 2)
            raised.append(torch.bmm(edges.over_distance[:, :, at], second.transpose(1, 2)))
        return torch.cat(straight, dim=1) + torch.cat(raised, dim=1) @ edges.lower.T, None


def _radial(representation: "Representation", distance: Tensor) -> tuple[Tensor, Tensor]:
    """(atoms, n, neighbours) radial functions and their slopes, 1/Å."""
    config, p = representation.config, representation.config.cutoff_power
    frequencies = representation.bessel_frequencies[:, None]
    ratio = (distance / config.cutoff).clamp(max=1.0)
    power = ratio ** (p - 1)
    cutoff = 1 - power * ratio * ((p + 1) * (p + 2) / 2 - ratio * (p * (p + 2) - ratio * (p * (p + 1) / 2)))
    cutoff_slope = power * (1 - ratio).square() * (-p * (p + 1) * (p + 2) / 2 / config.cutoff)
    over_distance = representation.bessel_prefactor * cutoff / distance
    slope_over_distance = (representation.bessel_prefactor * cutoff_slope - over_distance) / distance
    angles = distance.unsqueeze(1) * frequencies
    waves = angles.sin()
    radial = waves * over_distance.unsqueeze(1)
    rising = angles.cos().mul_(frequencies).mul_(over_distance.unsqueeze(1))
    return radial, rising.addcmul_(waves, slope_over_distance.unsqueeze(1))


def _angular(unit: Tensor, l_max: int) -> Tensor:
    """(atoms, monomials, neighbours) monomials of (atoms, 3, neighbours) unit vectors.

    In their order, a level is x times the whole level below, then y times those at its end that have no x, then z^l.
    """
    found = unit.new_empty(len(unit), monomials.count(l_max), unit.shape[2])
    found[:, 0] = 1
    for level in range(1, l_max + 1):
        row, below = monomials.level_slice(level).start, monomials.level_slice(level - 1)
        for axis, many in enumerate((below.stop - below.start, level, 1)):
            factors = found[:, below.stop - many : below.stop]
            torch.mul(factors, unit[:, axis : axis + 1], out=found[:, row : row + many])
            row += many
    return found


@lru_cache(maxsize=16)
def _lowering(l_max: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """M with its three blocks side by side."""
    every = [powers for level in range(l_max + 1) for powers in monomials.monomials_of(level)]
    lower = torch.zeros(len(every), 3, monomials.count(l_max - 1), dtype=dtype)
    for row, powers in enumerate(every):
        for axis in range(3):
            if powers[axis]:
                reduced = tuple(n - (axis == d) for d, n in enumerate(powers))
                lower[row, axis, every.index(reduced)] = powers[axis]  # type: ignore[arg-type]
    return lower.flatten(1).to(device)
