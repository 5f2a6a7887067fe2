r"""Potential and field of Gaussian charges on a regular grid: what a point charge would feel there.

Periodic: the sum over the model's own k vectors at the points of a grid is a Fourier transform. With the structure
factor folded onto the grid (n modulo the number of points, which changes nothing at its points) it is exact:

    φ(m/N) = Re Σ_n C_n e^{2πi n·m/N},    C_n = 2 (K/V) e^{-σ²k²/2}/k² S*(k_n),    E = Re Σ_n -i k_n C_n e^{2πi n·m/N}

Open: the plain sum k_e q_i erf(r/(√2 σ))/r over the charges.

At an atom this is the potential with the atom's own Gaussian in it (`self_interaction`).
"""

import torch
from torch import Tensor

from les_viz.ewald.coulomb import CoulombSum
from les_viz.ewald.open_blocks import potential_and_field_at
from les_viz.ewald.phase_sums import PhaseSums
from les_viz.ewald.reciprocal import fractional_coordinates
from les_viz.units import COULOMB_CONSTANT


def periodic_potential_grid(
    coulomb: CoulombSum, charges: Tensor, positions: Tensor, cell: Tensor, shape: tuple[int, int, int]
) -> tuple[Tensor, Tensor]:
    """Potential and field at the points (i/nx, j/ny, k/nz) of a cell.

    Args:
        coulomb: smearing and cutoff of the sum.
        charges: (atoms,), e.
        positions: (atoms, 3), Å.
        cell: (3, 3), Å.
        shape: points along each lattice vector.

    Returns:
        (nx, ny, nz) V and (nx, ny, nz, 3) V/Å.
    """
    kernel = coulomb.kernel(cell.unsqueeze(0))
    sums = PhaseSums(kernel.grid, "direct", 0.0)
    fractional = fractional_coordinates(positions.unsqueeze(0), kernel.inverse_cell)
    factor = (sums.spread(charges.view(1, 1, -1), fractional) * kernel.twice_coulomb)[0, 0]
    coefficients = torch.complex(factor[..., 0], -factor[..., 1]).flatten()
    triples = kernel.grid.triples.flatten(0, 2)
    kvectors = triples @ (2 * torch.pi * kernel.inverse_cell[0].T)
    weights = torch.cat((coefficients[None], -1j * kvectors.T * coefficients))
    folded = _folded(weights, triples, shape)
    values = torch.fft.ifftn(folded, dim=(1, 2, 3), norm="forward").real
    return values[0], values[1:].movedim(0, -1)


def open_potential_at(coulomb: CoulombSum, charges: Tensor, positions: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Potential and field of an open system at any points.

    Args:
        coulomb: the smearing.
        charges: (atoms,), e.
        positions: (atoms, 3), Å.
        points: (points, 3), Å.

    Returns:
        (points,) V and (points, 3) V/Å.
    """
    potential, field = potential_and_field_at(points, charges, positions, coulomb.smearing)
    return COULOMB_CONSTANT * potential, COULOMB_CONSTANT * field


def _folded(weights: Tensor, triples: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """(rows, entries) weights summed onto (rows, nx, ny, nz), each triple modulo the shape."""
    sizes = torch.tensor(shape, device=triples.device)
    index = triples.round().long() % sizes
    flat = (index[:, 0] * shape[1] + index[:, 1]) * shape[2] + index[:, 2]
    folded = weights.new_zeros(len(weights), shape[0] * shape[1] * shape[2]).index_add(1, flat, weights)
    return folded.view(len(weights), *shape)
