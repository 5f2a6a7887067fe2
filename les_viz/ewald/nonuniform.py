"""The phase sums of `direct` by non-uniform fast Fourier transforms: cost grows as atoms, not atoms × k.

`finufft` on CPU, `cufinufft` on CUDA (extra `les_viz[cuda]`). Same half grid, same layout; exact up to `tolerance`.
Two real transforms travel as the real and imaginary part of one complex transform.
"""

from functools import lru_cache
from itertools import product
from math import pi
from typing import Any

import torch
from torch import Tensor

from les_viz.errors import SettingError
from les_viz.ewald.fine_grid import OWN_CHOICE, upsampling
from les_viz.ewald.grid import HalfGrid
from les_viz.ewald.reciprocal import GridKernel, field_of_slope, fractional_coordinates, periodic_stress

Extents = tuple[int, int, int]

COARSE_TOLERANCE = 1e-6
"""From here on single precision uses the smaller of finufft's grids: potentials of a Gaussian kernel to 2e-6."""


class NonuniformPhases:
    """Phase sums on one half grid to a given relative accuracy; arguments and results as in `DirectPhases`."""

    def __init__(self, grid: HalfGrid, tolerance: float) -> None:
        """Prepare for a grid."""
        self._grid = grid
        self._tolerance = tolerance

    def spread(self, weights: Tensor, fractional: Tensor) -> Tensor:
        """Sum weights times phases onto the half grid."""
        extents = self._grid.extents
        packed = _pack_channels(weights)
        grids = [_type1(f, p, extents, self._tolerance) for f, p in zip(fractional, packed, strict=True)]
        full = torch.stack(grids)
        mirrored = full.flip(2, 3, 4).conj()
        both = torch.stack(((full + mirrored) / 2, (full - mirrored) / 2j), dim=2).flatten(1, 2)
        return _to_half(both[:, : weights.shape[1]], extents)

    def gather(self, grid: Tensor, fractional: Tensor) -> Tensor:
        """Adjoint of `spread`."""
        full = _from_half(grid, self._grid.extents)
        if full.shape[1] % 2:
            full = torch.cat((full, torch.zeros_like(full[:, :1])), dim=1)
        packed = full[:, 0::2] + 1j * full[:, 1::2]
        values = torch.stack([_type2(f, p, self._tolerance) for f, p in zip(fractional, packed, strict=True)])
        return torch.stack((values.real, values.imag), dim=2).flatten(1, 2)[:, : grid.shape[1]].contiguous()

    def gather_with_gradient(self, grid: Tensor, fractional: Tensor) -> tuple[Tensor, Tensor]:
        """`gather` and its gradient in the fractional coordinates."""
        slopes = (derivative(grid, self._grid.triples, axis) for axis in range(3))
        values = self.gather(torch.cat((grid, *slopes), dim=1), fractional).unflatten(1, (4, grid.shape[1]))
        return values[:, 0], values[:, 1:].permute(0, 2, 3, 1)

    def interaction(self, weights: Tensor, positions: Tensor, kernel: GridKernel) -> tuple[Tensor, Tensor, Tensor]:
        """Potential, field and stress, without a graph."""
        fractional = fractional_coordinates(positions, kernel.inverse_cell)
        value_and_first, rest, unit = packed_kernels(kernel)
        potential, slope = torch.empty_like(weights), weights.new_empty(*weights.shape, 3)
        power = torch.zeros_like(kernel.coulomb)
        for system, channel in product(range(weights.shape[0]), range(weights.shape[1])):
            strengths = torch.complex(weights[system, channel], torch.zeros_like(weights[system, channel]))
            factor = _type1(fractional[system], strengths[None], self._grid.extents, self._tolerance)
            power[system] += _half_power(factor, self._grid.extents)
            modes = torch.cat((factor * value_and_first[system], factor * rest[system]))
            first, second = _type2(fractional[system], modes, self._tolerance, sign=-1)
            potential[system, channel] = first.real
            slope[system, channel] = torch.stack((first.imag / unit, second.real, second.imag), dim=1)
        return potential, field_of_slope(slope, kernel), periodic_stress(power, kernel)


@lru_cache(maxsize=4)
def packed_kernels(kernel: GridKernel) -> tuple[Tensor, Tensor, float]:
    """What turns the full grid of structure factors into two grids of four real transforms.

    With F = 2 c S, the potential is the transform of F and its slopes those of -2πi n F; the potential travels with
    the first slope as 1 + i (-2πi n1), the other two as 2π (n3 - i n2).

    Returns:
        (systems, n1, n2, n3) real and complex factors, and the unit in which the first slope is measured: as large as
        the potential, because the transform is accurate relative to the larger of the two.
    """
    n1, n2, n3 = kernel.grid.extents
    half = torch.complex(kernel.twice_coulomb, torch.zeros_like(kernel.twice_coulomb))
    full = _from_half(torch.view_as_real(half.squeeze(-1)), kernel.grid.extents)[:, 0].real
    unit = 1 / (pi * max(n1, 1))
    axes = (torch.arange(-n, n + 1, dtype=full.dtype, device=full.device) * (2 * pi) for n in (n1, n2, n3))
    first, second, third = torch.meshgrid(*axes, indexing="ij")
    return full * (1 + unit * first), full * torch.complex(third, -second), unit


def _half_power(factor: Tensor, extents: Extents) -> Tensor:
    """(entries,) |S|² on the flattened half grid, from one full grid."""
    n1, n2, _ = extents
    half = factor[0, n1:]
    power = half.real.square().addcmul_(half.imag, half.imag)
    return torch.stack((power[:, n2:].flatten(1), power[:, : n2 + 1].flip(1, 2).flatten(1)), dim=2).flatten()


def derivative(grid: Tensor, triples: Tensor, axis: int) -> Tensor:
    """The grid whose `gather` is the derivative of this grid's `gather` along one fractional axis."""
    real, imaginary = grid.unbind(dim=-1)
    n = triples[..., axis] * (2 * pi)
    return torch.stack((n * imaginary, -n * real), dim=-1)


def _pack_channels(weights: Tensor) -> Tensor:
    if weights.shape[1] % 2:
        weights = torch.cat((weights, torch.zeros_like(weights[:, :1])), dim=1)
    return torch.complex(weights[:, 0::2].contiguous(), weights[:, 1::2].contiguous())


def _to_half(full: Tensor, extents: Extents) -> Tensor:
    """(systems, channels, -n1..n1, -n2..n2, -n3..n3) complex to the half grid."""
    n1, n2, _ = extents
    plus = full[:, :, n1:, n2:, :]
    minus = full[:, :, n1:, : n2 + 1, :].flip(3, 4)
    return torch.view_as_real(torch.stack((plus.flatten(3), minus.flatten(3)), dim=4))


def _from_half(grid: Tensor, extents: Extents) -> Tensor:
    """Half grid to a full complex grid with Hermitian symmetry, so that its type-2 transform is real."""
    n1, n2, n3 = extents
    values = torch.view_as_complex(grid.contiguous()).conj() / 2
    plus, minus = (part.unflatten(3, (n2 + 1, 2 * n3 + 1)) for part in values.unbind(dim=4))
    full = plus.new_zeros(*grid.shape[:2], 2 * n1 + 1, 2 * n2 + 1, 2 * n3 + 1)
    full[:, :, n1:, n2:, :] += plus
    full[:, :, n1:, : n2 + 1, :] += minus.flip(3, 4)
    hermitian: Tensor = full + full.flip(2, 3, 4).conj()
    return hermitian


def _type1(fractional: Tensor, strengths: Tensor, extents: Extents, tolerance: float) -> Tensor:
    x, y, z = _angles(fractional)
    modes = tuple(2 * n + 1 for n in extents)
    result = _library(fractional).nufft3d1(
        x, y, z, _outgoing(strengths), modes, isign=1, **_options(fractional, tolerance, modes)
    )
    return torch.as_tensor(result, device=fractional.device).reshape(-1, *modes)


def _type2(fractional: Tensor, modes: Tensor, tolerance: float, sign: int = 1) -> Tensor:
    x, y, z = _angles(fractional)
    options = _options(fractional, tolerance, tuple(modes.shape[1:]))
    result = _library(fractional).nufft3d2(x, y, z, _outgoing(modes), isign=sign, **options)
    return torch.as_tensor(result, device=fractional.device).reshape(modes.shape[0], -1)


def _angles(fractional: Tensor) -> tuple[Any, Any, Any]:
    if not bool(fractional.detach().sum().isfinite()):  # finufft reads memory that is not its own at such a point
        raise SettingError("positions are not finite: pass finite numbers")
    x, y, z = ((fractional - fractional.round()) * (2 * pi)).T.contiguous()
    return _outgoing(x), _outgoing(y), _outgoing(z)


def _outgoing(tensor: Tensor) -> Any:  # noqa: ANN401 - a numpy array or a CUDA tensor, as the library wants it
    tensor = tensor.detach().resolve_conj().contiguous()
    return tensor.numpy() if tensor.device.type == "cpu" else tensor


def _options(fractional: Tensor, tolerance: float, modes: tuple[int, ...]) -> dict[str, float]:
    if fractional.device.type != "cpu":
        return {"eps": tolerance, "gpu_device_id": fractional.device.index or 0}
    options: dict[str, float] = {"eps": tolerance, "nthreads": torch.get_num_threads()}
    if fractional.dtype == torch.float32 and tolerance >= COARSE_TOLERANCE:
        # The smaller grid costs a quarter; what it gets wrong are the largest k, which the Gaussians damp.
        options |= {"eps": max(tolerance, 1e-5), "upsampfac": 1.25, "showwarn": 0}
    factor = upsampling(modes, options["eps"], fractional.dtype)
    return options if factor == OWN_CHOICE else options | {"upsampfac": factor}


def _library(fractional: Tensor) -> Any:  # noqa: ANN401 - two libraries with the same functions
    if fractional.device.type == "cpu":
        import finufft

        return finufft
    if fractional.device.type == "cuda":
        try:
            import cufinufft
        except ImportError as error:
            raise SettingError(
                "backend 'nufft' on CUDA needs cufinufft: pip install 'les_viz[cuda]', or choose backend='direct'"
            ) from error
        return cufinufft
    raise SettingError(f"backend 'nufft' runs on cpu and cuda, not {fractional.device.type}: choose backend='direct'")
