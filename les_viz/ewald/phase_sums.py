"""The two linear maps between atoms and half grid, differentiable to any order on either back end.

`spread` takes weights of atoms to the grid, `gather` is its adjoint. The derivative of each in the positions is the
other applied to a grid multiplied by its integers, so two autograd functions close the recursion.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from les_viz.ewald import direct, nonuniform
from les_viz.ewald.grid import HalfGrid

BackendName = Literal["direct", "nufft"]


@dataclass(frozen=True, slots=True)
class PhaseSums:
    """One back end on one grid.

    Attributes:
        grid: the half grid.
        backend: `direct` or `nufft`.
        tolerance: relative accuracy of `nufft`.
    """

    grid: HalfGrid
    backend: BackendName
    tolerance: float

    def spread(self, weights: Tensor, fractional: Tensor) -> Tensor:
        """(systems, channels, atoms) weights to the half grid, differentiable."""
        result: Tensor = _Spread.apply(weights, fractional, self)
        return result

    def gather(self, values: Tensor, fractional: Tensor) -> Tensor:
        """Half grid to (systems, channels, atoms), differentiable."""
        result: Tensor = _Gather.apply(values, fractional, self)
        return result

    def gather_with_gradient(self, values: Tensor, fractional: Tensor) -> tuple[Tensor, Tensor]:
        """`gather` and its gradient in the fractional coordinates (systems, channels, atoms, 3)."""
        if torch.is_grad_enabled() and (values.requires_grad or fractional.requires_grad):
            slopes = [
                self.gather(nonuniform.derivative(values, self.grid.triples, axis), fractional) for axis in range(3)
            ]
            return self.gather(values, fractional), torch.stack(slopes, dim=3)
        if self.backend == "direct":
            return direct.gather_with_gradient(values, fractional, self.grid.extents)
        return nonuniform.gather_with_gradient(
            values, fractional, self.grid.extents, self.grid.triples, self.tolerance
        )

    def _raw_spread(self, weights: Tensor, fractional: Tensor) -> Tensor:
        if self.backend == "direct":
            return direct.spread(weights, fractional, self.grid.extents)
        return nonuniform.spread(weights, fractional, self.grid.extents, self.tolerance)

    def _raw_gather(self, values: Tensor, fractional: Tensor) -> Tensor:
        if self.backend == "direct":
            return direct.gather(values, fractional, self.grid.extents)
        return nonuniform.gather(values, fractional, self.grid.extents, self.tolerance)


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, weights: Tensor, fractional: Tensor, sums: PhaseSums) -> Tensor:
        ctx.save_for_backward(weights, fractional)
        ctx.sums = sums  # type: ignore[attr-defined]
        return sums._raw_spread(weights, fractional)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # type: ignore[override]
        weights, fractional = ctx.saved_tensors
        if not ctx.needs_input_grad[1]:
            return ctx.sums.gather(upstream, fractional), None, None
        value, slope = ctx.sums.gather_with_gradient(upstream, fractional)
        return value, (slope * weights.unsqueeze(3)).sum(dim=1), None


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, values: Tensor, fractional: Tensor, sums: PhaseSums) -> Tensor:
        ctx.save_for_backward(values, fractional)
        ctx.sums = sums  # type: ignore[attr-defined]
        return sums._raw_gather(values, fractional)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, None]:  # type: ignore[override]
        values, fractional = ctx.saved_tensors
        on_grid = ctx.sums.spread(upstream, fractional) if ctx.needs_input_grad[0] else None
        if not ctx.needs_input_grad[1]:
            return on_grid, None, None
        _, slope = ctx.sums.gather_with_gradient(values, fractional)
        return on_grid, (slope * upstream.unsqueeze(3)).sum(dim=1), None
