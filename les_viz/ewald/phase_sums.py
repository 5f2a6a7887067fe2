"""The two linear maps between atoms and half grid, differentiable to any order on either back end.

`spread` takes weights of atoms to the grid, `gather` is its adjoint. The derivative of each in the positions is the
other applied to a grid multiplied by its integers, so two autograd functions close the recursion.
"""

from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from les_viz.ewald.direct import DirectPhases
from les_viz.ewald.grid import HalfGrid
from les_viz.ewald.nonuniform import NonuniformPhases, derivative
from les_viz.ewald.reciprocal import GridKernel

BackendName = Literal["direct", "nufft"]


class Phases(Protocol):
    """What a back end computes, without a graph."""

    def spread(self, weights: Tensor, fractional: Tensor) -> Tensor:
        """(systems, channels, atoms) to the half grid."""

    def gather(self, grid: Tensor, fractional: Tensor) -> Tensor:
        """The half grid to (systems, channels, atoms)."""

    def gather_with_gradient(self, grid: Tensor, fractional: Tensor) -> tuple[Tensor, Tensor]:
        """`gather` and its gradient (systems, channels, atoms, 3)."""

    def interaction(self, weights: Tensor, positions: Tensor, kernel: GridKernel) -> tuple[Tensor, Tensor, Tensor]:
        """Potential, field (systems, channels, atoms, 3) in V/Å and stress (systems, 3, 3) of charges at positions."""


class PhaseSums:
    """One back end on one grid, with derivatives."""

    def __init__(self, grid: HalfGrid, backend: BackendName, tolerance: float) -> None:
        """Choose the back end; `tolerance` is the relative accuracy of `nufft`."""
        self._triples = grid.triples
        self.phases: Phases = DirectPhases(grid) if backend == "direct" else NonuniformPhases(grid, tolerance)

    def spread(self, weights: Tensor, fractional: Tensor) -> Tensor:
        """(systems, channels, atoms) weights to the half grid, differentiable."""
        if not needs_graph(weights, fractional):
            return self.phases.spread(weights, fractional)
        result: Tensor = _Spread.apply(weights, fractional, self)  # type: ignore[no-untyped-call]
        return result

    def gather(self, values: Tensor, fractional: Tensor) -> Tensor:
        """Half grid to (systems, channels, atoms), differentiable."""
        if not needs_graph(values, fractional):
            return self.phases.gather(values, fractional)
        result: Tensor = _Gather.apply(values, fractional, self)  # type: ignore[no-untyped-call]
        return result

    def gather_with_gradient(self, values: Tensor, fractional: Tensor) -> tuple[Tensor, Tensor]:
        """`gather` and its gradient in the fractional coordinates (systems, channels, atoms, 3), differentiable."""
        if needs_graph(values, fractional):
            slopes = [self.gather(derivative(values, self._triples, axis), fractional) for axis in range(3)]
            return self.gather(values, fractional), torch.stack(slopes, dim=3)
        return self.phases.gather_with_gradient(values, fractional)


def needs_graph(*tensors: Tensor) -> bool:
    """Whether somebody may differentiate what is computed from these."""
    return torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)


def _force(sums: PhaseSums, values: Tensor, fractional: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """`gather`, and the derivative of Σ weights · `gather` in the coordinates (systems, atoms, 3)."""
    gathered, slope = sums.gather_with_gradient(values, fractional)
    return gathered, (slope * weights.unsqueeze(3)).sum(dim=1)


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weights: Tensor, fractional: Tensor, sums: PhaseSums) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(weights, fractional)
        ctx.sums = sums
        return sums.phases.spread(weights, fractional)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # noqa: ANN401
        weights, fractional = ctx.saved_tensors
        if not ctx.needs_input_grad[1]:
            return ctx.sums.gather(upstream, fractional), None, None
        return *_force(ctx.sums, upstream, fractional, weights), None


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, fractional: Tensor, sums: PhaseSums) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(values, fractional)
        ctx.sums = sums
        return sums.phases.gather(values, fractional)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # noqa: ANN401
        values, fractional = ctx.saved_tensors
        on_grid = ctx.sums.spread(upstream, fractional) if ctx.needs_input_grad[0] else None
        moved = _force(ctx.sums, values, fractional, upstream)[1] if ctx.needs_input_grad[1] else None
        return on_grid, moved, None
