r"""Coulomb energy of Gaussian charges in a periodic cell, by a sum over k.

    E = (K/V) Σ_{0<|k|<=k_cutoff} e^{-σ²k²/2}/k² Σ_c |S_c(k)|²,    S_c(k) = Σ_i q_ic e^{ik·r_i},    K = e²/2ε0

    φ_i = ∂E/∂q_i,    field_i = -∂φ/∂r_i,
    V·stress = dE/dε = -E·1 + (K/V) Σ_k e^{-σ²k²/2}/k² |S|² (σ² + 2/k²) k⊗k

The k = 0 term is dropped: tin-foil boundary, and a uniform background if the cell is charged (Cheng, npj Comput.
Mater. 11, 80 (2025), eq. 4-6). The Gaussians are physical, not an Ewald split: σ and k_cutoff belong to the model.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from les_viz.ewald.grid import HalfGrid
from les_viz.ewald.phase_sums import PhaseSums
from les_viz.units import RECIPROCAL_COULOMB_CONSTANT


@dataclass(frozen=True, slots=True)
class GridKernel:
    """Weights of the half grid for given cells.

    Attributes:
        coulomb: (systems, n1, p, sign): multiplicity · (K/V) e^{-σ²k²/2}/k², eV/e².
        kvectors: (systems, n1, p, sign, 3), 1/Å.
        k_squared: (systems, n1, p, sign), with 1 where the multiplicity is 0.
        inverse_cell: (systems, 3, 3), columns are reciprocal vectors without 2π.
    """

    coulomb: Tensor
    kvectors: Tensor
    k_squared: Tensor
    inverse_cell: Tensor


def grid_kernel(cell: Tensor, grid: HalfGrid, smearing: float) -> GridKernel:
    """Weights of each grid entry; differentiable in the cell."""
    inverse = torch.linalg.inv(cell)
    reciprocal = 2 * torch.pi * inverse.transpose(1, 2)
    kvectors = (grid.triples.flatten(0, 2) @ reciprocal).unflatten(1, grid.triples.shape[:3])
    k_squared = kvectors.square().sum(dim=-1)
    k_squared = torch.where(grid.multiplicity > 0, k_squared, torch.ones_like(k_squared))
    volume = torch.linalg.det(cell).abs()[:, None, None, None]
    gaussian = torch.exp(k_squared * (-0.5 * smearing**2))
    coulomb = grid.multiplicity * gaussian / k_squared * (RECIPROCAL_COULOMB_CONSTANT / volume)
    return GridKernel(coulomb, kvectors, k_squared, inverse)


def periodic_energy(structure_factor: Tensor, kernel: GridKernel) -> Tensor:
    """(systems,) energies in eV from the structure factor on the half grid."""
    power = structure_factor.square().sum(dim=(1, -1))
    return (power * kernel.coulomb).flatten(1).sum(dim=1)


def potential_on_grid(structure_factor: Tensor, kernel: GridKernel) -> Tensor:
    """The grid whose `gather` is the potential at a point."""
    return structure_factor * (2 * kernel.coulomb)[:, None, ..., None]


def periodic_stress(structure_factor: Tensor, kernel: GridKernel, cell: Tensor, smearing: float) -> Tensor:
    """(systems, 3, 3) stress in eV/Å³ at fixed fractional coordinates and charges."""
    power = structure_factor.square().sum(dim=(1, -1)) * kernel.coulomb
    k_flat = kernel.kvectors.flatten(1, 3)
    weight = (power * (smearing**2 + 2 / kernel.k_squared)).flatten(1)
    outer = torch.einsum("bk,bkx,bky->bxy", weight, k_flat, k_flat)
    identity = torch.eye(3, dtype=cell.dtype, device=cell.device)
    strained = outer - power.flatten(1).sum(dim=1)[:, None, None] * identity
    return strained / torch.linalg.det(cell).abs()[:, None, None]


def fractional_coordinates(positions: Tensor, inverse_cell: Tensor) -> Tensor:
    """(systems, atoms, 3) fractional coordinates, moved near the origin so that phases keep their digits."""
    fractional = positions @ inverse_cell
    return fractional - fractional.detach().round()


