"""`wrapped` Born effective charges of models against finite differences of their charges, written out as defined."""

import numpy as np
import pytest
from finite_differences import moved, slope, unit_step
from random_models import random_atoms, random_model

from les_viz.response.predict import predict

STEP = 1e-4


def written_out(model, atoms):
    """Σ_j s(R_j - R_i)_a ∂(q_j - q̄)/∂R_ib + (q_i - q̄) δ_ab, s the sine in the cell."""

    def charges(at):
        found = predict(model, at, quantities={"latent_charges"}).latent_charges
        return found - found.mean()

    steps = atoms.positions[None] - atoms.positions[:, None]
    if atoms.pbc.any():
        cell = np.asarray(atoms.cell)
        steps = np.sin(2 * np.pi * steps @ np.linalg.inv(cell)) @ cell / (2 * np.pi)
    slopes = np.array(
        [
            [slope(lambda h, i=i, b=b: charges(moved(atoms, h * unit_step(i, b, len(atoms)))), STEP) for b in range(3)]
            for i in range(len(atoms))
        ]
    )
    return np.einsum("ija,ibj->iab", steps, slopes) + charges(atoms)[:, None, None] * np.eye(3)


@pytest.mark.parametrize("periodic", [True, False])
def test_finite_differences(message, periodic):
    """Also in a skewed cell narrower than the reach of a charge, where an atom has several images as neighbours."""
    model, atoms = random_model(message), random_atoms(1, n_atoms=5)
    atoms.pbc = periodic
    found = predict(model, atoms, quantities={"born_effective_charges"}, bec_method="wrapped")
    expected = written_out(model, atoms)
    assert np.abs(expected - np.eye(3) * expected.trace(axis1=1, axis2=2)[:, None, None] / 3).max() > 0.01
    assert np.abs(found.born_effective_charges - expected).max() < 1e-6


@pytest.mark.parametrize("kind", ["none", "M+Ar+Bchi"])
def test_derivative_of_the_total_charge_is_that_of_the_other_definition(kind):
    model, atoms = random_model(kind), random_atoms(1, n_atoms=5)
    local, wrapped = (
        predict(model, atoms, quantities={"born_effective_charges"}, bec_method=method).total_charge_derivative
        for method in ("local", "wrapped")
    )
    assert np.abs(local).max() > 0.01
    assert np.abs(wrapped - local).max() < 1e-12
