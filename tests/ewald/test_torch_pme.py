"""torch-pme, written by others, as an oracle.

Its kernel of smearing σ splits 1/r into erf(r/√2σ)/r, which is ours, and the rest. The sum over k of its Ewald
calculator (no pairs given) holds the first with the self term removed and the background in place. It counts half of
the potential and stops at a wavelength of its own, so both sums are converged here. It rounds smearing and prefactor
to single precision, hence a smearing of 1 Å and a prefactor of 1.
"""

import numpy as np
import pytest
import torch
import torchpme
import vesin
from charged_systems import CELLS, Charged, largest_difference

from les_viz.units import COULOMB_CONSTANT

SMEARING = 1.0
WAVELENGTH = 0.35
K_CUTOFF = 9.0
NO_PAIRS = (torch.zeros(0, 2, dtype=torch.int64), torch.zeros(0, dtype=torch.float64))


def half_potential(system: Charged, calculator, pairs=NO_PAIRS) -> torch.Tensor:
    indices, distances = pairs
    potential = calculator(system.charges[:, None], system.cell, system.positions, indices, distances)[:, 0]
    return COULOMB_CONSTANT * potential


@pytest.mark.parametrize("cell", CELLS)
def test_smooth_kernel(cell, backend):
    system = Charged.random(91, cell=cell)
    kernel = torchpme.CoulombPotential(smearing=SMEARING)
    calculator = torchpme.EwaldCalculator(kernel, lr_wavelength=WAVELENGTH).to(torch.float64)
    positions = system.positions.clone().requires_grad_()
    potential = half_potential(system.changed(positions=positions), calculator)
    energy = (potential * system.charges).sum()
    (gradient,) = torch.autograd.grad(energy, positions)
    ours = system.sum(smearing=SMEARING, k_cutoff=K_CUTOFF, backend=backend)
    assert float(ours.energy) == pytest.approx(float(energy.detach()), rel=1e-11)
    assert largest_difference(ours.potential, 2 * potential.detach()) < 1e-10
    assert largest_difference(ours.forces, -gradient) < 1e-10


@pytest.mark.parametrize("cell", ["cubic", "triclinic"])
def test_point_charges(cell):
    """Its whole energy of point charges is ours for narrow Gaussians."""
    lattice = Charged.random(92, cell=cell, n_atoms=1).changed(positions=torch.zeros(1, 3, dtype=torch.float64))
    places = torch.tensor([[0.0, 0.0, 0.0], [0.45, 0.5, 0.55], [0.5, 0.05, 0.5], [0.05, 0.5, 0.05]])
    system = lattice.changed(
        positions=places.double() @ lattice.cell, charges=torch.tensor([1.2, -0.7, 0.9, -1.4], dtype=torch.float64)
    )
    finder = vesin.NeighborList(cutoff=8.0, full_list=False)
    i, j, distances = finder.compute(
        points=system.positions.numpy(), box=system.cell.numpy(), periodic=True, quantities="ijd"
    )
    assert distances.min() > 2
    pairs = (torch.from_numpy(np.stack([i, j], axis=1).astype(np.int64)), torch.from_numpy(distances))
    kernel = torchpme.CoulombPotential(smearing=SMEARING)
    calculator = torchpme.EwaldCalculator(kernel, lr_wavelength=WAVELENGTH).to(torch.float64)
    energy = float((half_potential(system, calculator, pairs) * system.charges).sum())
    ours = system.sum(smearing=0.25, k_cutoff=32.0)
    assert float(ours.energy) == pytest.approx(energy, rel=1e-11)
