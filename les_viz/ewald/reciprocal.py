r"""Coulomb energy of Gaussian charges in a periodic cell, by a sum over k.

    E = (K/V) Σ_{0<|k|<=k_cutoff} e^{-σ²k²/2}/k² Σ_c |S_c(k)|²,    S_c(k) = Σ_i q_ic e^{ik·r_i},    K = e²/2ε0

    φ_i = ∂E/∂q_i,    field_i = -∂φ/∂r_i,
    stress = (1/V) dE/dε = (K/V²) Σ_k e^{-σ²k²/2}/k² Σ_c |S_c|² [(σ² + 2/k²) k⊗k - 1]

The k = 0 term is dropped: tin-foil boundary, and a uniform background if the cell is charged (Cheng, npj Comput.
Mater. 11, 80 (2025), eq. 4-6). The Gaussians are physical, not an Ewald split: σ and k_cutoff belong to the model.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from les_viz.ewald.grid import LARGE_GRID, HalfGrid, KSet, half_grid
from les_viz.units import RECIPROCAL_COULOMB_CONSTANT


@dataclass(frozen=True, slots=True, eq=False)
class GridKernel:
    """Weights of the half grid for given cells; differentiable in the cells if they are. Its identity is its hash.

    Attributes:
        grid: the half grid.
        coulomb: (systems, entries): multiplicity · (K/V) e^{-σ²k²/2}/k², eV/e²; entries are (n1, p, sign) flattened.
        twice_coulomb: (systems, 1, n1, p, sign, 1), from structure factor to potential.
        stress: (systems, entries, 9), eV/Å³/e².
        inverse_cell: (systems, 3, 3), columns are reciprocal vectors without 2π.
    """

    grid: HalfGrid
    coulomb: Tensor
    twice_coulomb: Tensor
    stress: Tensor
    inverse_cell: Tensor


def grid_kernel(
    cell: Tensor, k_vectors: float | KSet, smearing: float, *, single_precision: bool = False
) -> GridKernel:
    """Find the k vectors of (systems, 3, 3) cells and their weights; kept for cells that come again.

    Args:
        cell: Å, rows are lattice vectors.
        k_vectors: the cutoff in 1/Å, or a set that was chosen before.
        smearing: σ, Å.
        single_precision: as for `half_grid`; a set has its own.
    """
    rule = (k_vectors, single_precision)
    if cell.requires_grad and torch.is_grad_enabled():
        return _kernel(cell, rule, smearing)
    cells = tuple(cell.detach().flatten().tolist())
    return _kept_kernel(cells, rule, smearing, cell.dtype, cell.device)


@lru_cache(maxsize=8)
def _kept_kernel(
    cells: tuple[float, ...], rule: tuple[float | KSet, bool], smearing: float, dtype: torch.dtype, device: torch.device
) -> GridKernel:
    # Kept for others, who may differentiate: no tensor of a caller's inference mode.
    with torch.inference_mode(mode=False), torch.no_grad():
        kernel = _kernel(torch.tensor(cells, dtype=dtype, device=device).view(-1, 3, 3), rule, smearing)
    if kernel.coulomb.numel() > LARGE_GRID:
        _kept_kernel.cache_clear()  # eight such would fill the memory
    return kernel


def _kernel(cell: Tensor, rule: tuple[float | KSet, bool], smearing: float) -> GridKernel:
    k_vectors, single_precision = rule
    if isinstance(k_vectors, KSet):
        grid = k_vectors.grid(cell.dtype, cell.device)
    else:
        grid = half_grid(cell, k_vectors, single_precision=single_precision)
    inverse = torch.linalg.inv(cell)
    volume = torch.linalg.det(cell).abs()[:, None]
    multiplicity = grid.multiplicity.flatten(1)
    kvectors = grid.triples.flatten(0, 2) @ (2 * torch.pi * inverse.transpose(1, 2))
    k_squared = kvectors.square().sum(dim=-1)
    k_squared = torch.where(multiplicity > 0, k_squared, torch.ones_like(k_squared))
    gaussian = torch.exp(k_squared * (-0.5 * smearing**2))
    coulomb = multiplicity * gaussian / k_squared * (RECIPROCAL_COULOMB_CONSTANT / volume)
    outer = (kvectors.unsqueeze(3) * kvectors.unsqueeze(2)) * (smearing**2 + 2 / k_squared)[..., None, None]
    identity = torch.eye(3, dtype=cell.dtype, device=cell.device)
    stress = (coulomb / volume)[..., None, None] * (outer - identity)
    return GridKernel(
        grid=grid,
        coulomb=coulomb,
        twice_coulomb=(2 * coulomb).view(-1, 1, *grid.triples.shape[:3], 1),
        stress=stress.flatten(2),
        inverse_cell=inverse,
    )


def power_spectrum(structure_factor: Tensor) -> Tensor:
    """(systems, entries): Σ_c |S_c|² on the flattened half grid."""
    real, imaginary = structure_factor.unbind(dim=-1)  # sums over a last axis of two numbers are slow
    power = real.square() + imaginary.square()
    return (power.squeeze(1) if power.shape[1] == 1 else power.sum(dim=1)).flatten(1)


def periodic_energy(power: Tensor, kernel: GridKernel) -> Tensor:
    """(systems,) energies in eV from the power spectrum."""
    return (power * kernel.coulomb).sum(dim=1)


def periodic_stress(power: Tensor, kernel: GridKernel) -> Tensor:
    """(systems, 3, 3) stress in eV/Å³ at fixed fractional coordinates and charges."""
    return torch.bmm(power.unsqueeze(1), kernel.stress).view(-1, 3, 3)


def fractional_coordinates(positions: Tensor, inverse_cell: Tensor) -> Tensor:
    """(systems, atoms, 3) fractional coordinates, moved near the origin so that phases keep their digits."""
    fractional = torch.bmm(positions, inverse_cell)
    return fractional - fractional.detach().round()


def field_of_slope(slope: Tensor, kernel: GridKernel) -> Tensor:
    """(systems, channels, atoms, 3) field from the gradient of the potential in fractional coordinates."""
    field: Tensor = slope @ -kernel.inverse_cell.transpose(1, 2).unsqueeze(1)
    return field


@runtime_checkable
class GridSums(Protocol):
    """The maps between atoms and half grid."""

    def spread(self, weights: Tensor, fractional: Tensor) -> Tensor:
        """(systems, channels, atoms) to the half grid."""

    def gather_with_gradient(self, values: Tensor, fractional: Tensor) -> tuple[Tensor, Tensor]:
        """The half grid to (systems, channels, atoms), and its gradient (systems, channels, atoms, 3)."""


def interaction_on_grid(
    sums: GridSums, charges: Tensor, positions: Tensor, kernel: GridKernel
) -> tuple[Tensor, Tensor, Tensor]:
    """Potential (systems, channels, atoms), field and stress, by way of the structure factors of any batch."""
    fractional = fractional_coordinates(positions, kernel.inverse_cell)
    factor = sums.spread(charges, fractional)
    potential, slope = sums.gather_with_gradient(factor * kernel.twice_coulomb, fractional)
    return potential, field_of_slope(slope, kernel), periodic_stress(power_spectrum(factor), kernel)
