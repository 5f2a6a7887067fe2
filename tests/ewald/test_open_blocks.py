"""Open-boundary sums over many blocks of atoms against the formula, written out over all pairs in numpy."""

import numpy as np
import pytest
import torch
from scipy.special import erf

from les_viz.ewald.open_blocks import BLOCK, potential_and_field, potential_and_field_at

SIGMA = 0.9


def cluster(n_atoms, *, seed=3):
    """Positions as dense as a liquid's, two of them the same, two close together; two channels of charges."""
    random = np.random.default_rng(seed)
    positions = random.random((n_atoms, 3)) * [1.0, 0.7, 0.4] * (36 * n_atoms) ** (1 / 3)
    positions[1] = positions[0]
    positions[3] = positions[2] + 0.1
    return positions, random.normal(size=(2, n_atoms))


def written_out(charges, positions):
    steps = positions[:, None] - positions[None]
    r = np.linalg.norm(steps, axis=2)
    a = 1 / (np.sqrt(2) * SIGMA)
    bare = np.where(r > 1e-3, r, 1.0)
    b0 = np.where(r > 1e-3, erf(a * r) / bare, 2 * a / np.sqrt(np.pi))
    slope = (erf(a * r) / bare - 2 * a / np.sqrt(np.pi) * np.exp(-((a * r) ** 2))) / bare**2
    b1 = np.where(r > 1e-3, slope, 4 * a**3 / (3 * np.sqrt(np.pi)))
    np.fill_diagonal(b0, 0)
    return charges @ b0.T, np.einsum("cj,ij,ijx->cix", charges, b1, steps)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 3e-6)])
@pytest.mark.parametrize("n_atoms", [4, BLOCK, BLOCK + 1, 3 * BLOCK + 7, 1300])
def test_formula(n_atoms, dtype, tolerance):
    """In one block, in blocks that touch and, with 1300 atoms in 32 Å, in blocks that do not."""
    positions, charges = cluster(n_atoms)
    found = potential_and_field(torch.tensor(charges, dtype=dtype), torch.tensor(positions, dtype=dtype), SIGMA)
    for ours, expected in zip(found, written_out(charges, positions), strict=True):
        assert np.abs(expected).max() > 0.1
        assert np.abs(ours.double().numpy() - expected).max() < tolerance * np.abs(expected).max()


@pytest.mark.parametrize("n_atoms", [5, 700])
def test_formula_at_points(n_atoms):
    """At the atoms themselves each one's own Gaussian is in it; far outside the cluster is the formula, too."""
    positions, charges = cluster(n_atoms)
    apart = np.concatenate(
        (positions, np.add(positions[:4], [60.0, 0, 0]), np.random.default_rng(1).random((2000, 3)) * 30)
    )
    everything = np.concatenate((positions, apart))
    strengths = np.concatenate((charges, np.zeros((2, len(apart)))), axis=1)
    found = potential_and_field_at(*map(torch.tensor, (apart, charges[0], positions)), SIGMA)
    for ours, expected in zip(found, written_out(strengths[:1], everything), strict=True):
        expected = expected[0, n_atoms:]
        assert np.abs(expected).max() > 0.1
        assert np.abs(ours.numpy() - expected).max() < 1e-12 * np.abs(expected).max()


def test_many_atoms_at_one_place():
    charges, positions = torch.ones(1, 3 * BLOCK, dtype=torch.float64), torch.zeros(3 * BLOCK, 3, dtype=torch.float64)
    potential, field = potential_and_field(charges, positions, SIGMA)
    assert np.allclose(potential, (3 * BLOCK - 1) * (2 / np.pi) ** 0.5 / SIGMA, rtol=1e-12)
    assert not field.any()
