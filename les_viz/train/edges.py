r"""Sums over neighbours and their exact derivatives, without a graph over the edges.

A representation begins with D_i[z, n, v] = Σ_{j of z} R_n(d_ij) Y_v(û_ij), which depends on the geometry alone as long
as the frequencies of R stay fixed. So D is a constant of each frame, the network that follows is differentiated with
respect to D, and G = ∂E/∂D becomes the derivative in an edge vector by a linear map with constant coefficients:

    p = û (Σ_v α_v Y_v - û·t) + t,    α_v = Σ_n R'_n G[z_j, n, v],    t_a = Σ_w Y_w Σ_n (R_n/d) (G M_a)[z_j, n, w]

with ∂Y_v/∂u_a = Σ_w M_a[v, w] Y_w. Training on forces needs the adjoint of that map once more, and never a second
derivative of the edge functions. Neighbours of one element stand together, so that the sums are matrix products.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from les_viz.models import monomials
from les_viz.models.representation import SMALLEST_DISTANCE, Representation, angular_monomials


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeFunctions:
    """Functions of the edges of a batch; no graph.

    Attributes:
        widths: how many places each element has among the neighbours.
        radial: (atoms, neighbours, n): R_n.
        rising: (atoms, neighbours, n): R'_n, 1/Å.
        over_distance: (atoms, neighbours, n): R_n/d, 1/Å.
        angular: (atoms, neighbours, monomials).
        unit: (atoms, neighbours, 3).
        lower: (monomials, 3 · lower monomials): M.
    """

    widths: tuple[int, ...]
    radial: Tensor
    rising: Tensor
    over_distance: Tensor
    angular: Tensor
    unit: Tensor
    lower: Tensor

    @staticmethod
    @torch.no_grad()
    def of(representation: Representation, vectors: Tensor, widths: tuple[int, ...]) -> "EdgeFunctions":
        """Evaluate the edge functions of a representation on (atoms, neighbours, 3) edge vectors."""
        config = representation.config
        distance = vectors.square().sum(dim=2).sqrt()
        radial, rising = _radial(representation, distance)
        unit = vectors / (distance + SMALLEST_DISTANCE).unsqueeze(2)
        return EdgeFunctions(
            widths=widths,
            radial=radial,
            rising=rising,
            over_distance=radial / distance.unsqueeze(2),
            angular=angular_monomials(unit, config.l_max),
            unit=unit,
            lower=_lowering(config.l_max, vectors.dtype, vectors.device),
        )

    def blocks(self) -> Iterator[tuple[int, slice]]:
        """Each element with the places of its neighbours."""
        ends = list(accumulate(self.widths))
        yield from ((z, slice(end - width, end)) for z, (end, width) in enumerate(zip(ends, self.widths, strict=True)))

    @torch.no_grad()
    def sums(self) -> Tensor:
        """D, (atoms, elements · n, monomials)."""
        parts = [torch.bmm(self.radial[:, at].transpose(1, 2), self.angular[:, at]) for _, at in self.blocks()]
        return torch.cat(parts, dim=1)

    def pulls(self, gradient: Tensor) -> Tensor:
        """(atoms, neighbours, 3) derivatives in the edge vectors from G = ∂E/∂D; differentiable in G."""
        result: Tensor = _Pulls.apply(gradient, self)  # type: ignore[no-untyped-call]
        return result


class _Pulls(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gradient: Tensor, edges: EdgeFunctions) -> Tensor:  # noqa: ANN401
        ctx.edges = edges
        n_radial, n_lower = edges.radial.shape[2], edges.lower.shape[1] // 3
        by_element = gradient.unflatten(1, (len(edges.widths), n_radial))
        lowered = (gradient @ edges.lower).unflatten(1, (len(edges.widths), n_radial))
        alpha = torch.cat([torch.bmm(edges.rising[:, at], by_element[:, z]) for z, at in edges.blocks()], dim=1)
        beta = torch.cat([torch.bmm(edges.over_distance[:, at], lowered[:, z]) for z, at in edges.blocks()], dim=1)
        along = (alpha * edges.angular).sum(dim=2, keepdim=True)
        turning = (beta.unflatten(2, (3, n_lower)) * edges.angular[:, :, None, :n_lower]).sum(dim=3)
        pulled: Tensor = turning + edges.unit * (along - (edges.unit * turning).sum(dim=2, keepdim=True))
        return pulled

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        edges: EdgeFunctions = ctx.edges
        n_lower = edges.lower.shape[1] // 3
        along = (upstream * edges.unit).sum(dim=2, keepdim=True)
        turning = upstream - edges.unit * along
        first = along * edges.angular
        second = (turning.unsqueeze(3) * edges.angular[:, :, None, :n_lower]).flatten(2)
        straight, raised = [], []
        for _, at in edges.blocks():
            straight.append(torch.bmm(edges.rising[:, at].transpose(1, 2), first[:, at]))
            raised.append(torch.bmm(edges.over_distance[:, at].transpose(1, 2), second[:, at]))
        return torch.cat(straight, dim=1) + torch.cat(raised, dim=1) @ edges.lower.T, None


def _radial(representation: Representation, distance: Tensor) -> tuple[Tensor, Tensor]:
    """(atoms, neighbours, n) radial functions and their slopes, 1/Å."""
    config, p = representation.config, representation.config.cutoff_power
    ratio = (distance / config.cutoff).clamp(max=1.0)
    power = ratio ** (p - 1)
    cutoff = 1 - power * ratio * ((p + 1) * (p + 2) / 2 - ratio * (p * (p + 2) - ratio * (p * (p + 1) / 2)))
    cutoff_slope = power * (1 - ratio).square() * (-p * (p + 1) * (p + 2) / 2 / config.cutoff)
    over_distance = representation.bessel_prefactor * cutoff / distance
    slope_over_distance = (representation.bessel_prefactor * cutoff_slope - over_distance) / distance
    angles = distance.unsqueeze(2) * representation.bessel_frequencies
    waves = angles.sin()
    rising = angles.cos() * representation.bessel_frequencies
    return (
        waves * over_distance.unsqueeze(2),
        rising * over_distance.unsqueeze(2) + waves * slope_over_distance.unsqueeze(2),
    )


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
