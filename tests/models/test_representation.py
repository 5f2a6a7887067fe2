"""The features of an atom: what they are invariant to, where they are smooth, what they ignore."""

import numpy as np
import pytest
import torch
from ase import Atoms
from random_models import CUTOFF, MESSAGES, random_atoms, random_model, rotated, rotation_matrix

from les_viz.models.monomials import monomials_of, n_invariants
from les_viz.models.representation import Surroundings, angular_monomials, smooth_cutoff
from les_viz.neighbors import NeighborTable, neighbor_table
from les_viz.system import System

VARIANTS = list(MESSAGES)


def surroundings_of(model, atoms, table=None):
    system = System.from_atoms(atoms)
    table = table or model.neighbors(system)
    return Surroundings(
        vectors=table.edge_vectors(system.positions, system.cell, system.system_idx),
        neighbor_indices=table.neighbor_indices,
        is_neighbor=table.is_neighbor,
        element_idx=model.element_indices(system.atomic_numbers),
    )


def features_of(model, atoms, table=None):
    return model.representations[0](surroundings_of(model, atoms, table))


@pytest.mark.parametrize("message", VARIANTS)
@pytest.mark.parametrize("pbc", [True, False])
def test_rotation_and_reflection(message, pbc):
    model, atoms = random_model(message), random_atoms(1, pbc=pbc)
    features = features_of(model, atoms)
    assert float(features.abs().max()) > 0.1
    for matrix in (rotation_matrix(2), -rotation_matrix(3), np.diag([1.0, 1.0, -1.0])):
        turned = features_of(model, rotated(atoms, matrix))
        assert torch.allclose(turned, features, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("message", VARIANTS)
def test_translation_and_order_of_atoms(message):
    model, atoms = random_model(message), random_atoms(4)
    features = features_of(model, atoms)
    order = np.random.default_rng(5).permutation(len(atoms))
    moved = atoms[order]
    moved.positions += (0.3, -7.0, 2.0)
    moved.wrap()
    assert torch.allclose(features_of(model, moved), features[torch.from_numpy(order)], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("message", VARIANTS)
def test_supercell_repeats_the_features(message):
    model, atoms = random_model(message), random_atoms(6)
    features = features_of(model, atoms)
    for copy in features_of(model, atoms.repeat((1, 2, 2))).split(len(atoms)):
        assert torch.allclose(copy, features, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("l_max", [1, 2, 3, 4])
@pytest.mark.parametrize("nu_max", [1, 2, 3])
@pytest.mark.parametrize("message", ["none", "M+Ar+Bchi"])
def test_number_of_features(l_max, nu_max, message):
    model = random_model(message, l_max=l_max, nu_max=nu_max)
    features = features_of(model, random_atoms(7))
    layers = 1 if message == "none" else 2
    assert features.shape == (7, 3 * n_invariants(l_max, nu_max) * 4 * layers)
    assert model.representations[0].n_features == features.shape[1]


@pytest.mark.parametrize("message", VARIANTS)
def test_padding_and_atoms_beyond_the_cutoff_do_not_matter(message):
    model, atoms = random_model(message), random_atoms(8, pbc=False)
    system = System.from_atoms(atoms)
    exact, wide = model.neighbors(system), neighbor_table(system, CUTOFF + 2)
    assert wide.is_neighbor.sum() > exact.is_neighbor.sum()
    padded = NeighborTable(
        neighbor_indices=torch.cat([exact.neighbor_indices, torch.zeros(7, 3, dtype=torch.int64)], dim=1),
        neighbor_shifts=None,
        is_neighbor=torch.cat([exact.is_neighbor, torch.zeros(7, 3, dtype=torch.bool)], dim=1),
        cutoff=CUTOFF,
    )
    reference = features_of(model, atoms)
    for table in (wide, padded):
        assert torch.allclose(features_of(model, atoms, table), reference, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("message", VARIANTS)
def test_a_neighbour_leaves_smoothly(message):
    """At the cutoff the features and their slopes go over into those without the neighbour."""
    model = random_model(message)
    alone = features_of(model, Atoms("OH", [[0, 0, 0], [0, 0, 9]]))[0]

    def pair(distance):
        return features_of(model, Atoms("OH", [[0, 0, 0], [0, 0, distance]]))[0]

    assert float((pair(CUTOFF - 1) - alone).abs().max()) > 1e-3
    near, nearer = pair(CUTOFF - 2e-3) - alone, pair(CUTOFF - 1e-3) - alone
    assert float(nearer.abs().max()) < 1e-6
    # The cutoff vanishes as the third power, the waves sin(nπd/r_c) as the first: half as far is a sixteenth.
    assert float(near.abs().max() / nearer.abs().max()) == pytest.approx(16, rel=0.05)
    assert torch.equal(pair(CUTOFF + 1e-9), alone)


@pytest.mark.parametrize("message", VARIANTS)
def test_a_lonely_atom_has_finite_features(message):
    features = features_of(random_model(message), Atoms("H"))
    assert torch.isfinite(features).all()
    assert float(features.abs().max()) == 0


def test_elements_are_told_apart():
    model = random_model()
    water, other = (
        Atoms("OH2", [[0, 0, 0], [0.9, 0, 0], [0, 0.9, 0]]),
        Atoms("OHO", [[0, 0, 0], [0.9, 0, 0], [0, 0.9, 0]]),
    )
    difference = (features_of(model, water) - features_of(model, other)).abs().amax(dim=1)
    assert (difference > 1e-3).all()


@pytest.mark.parametrize("power", [5, 6])
def test_smooth_cutoff_is_the_published_polynomial(power):
    p, x = power, torch.linspace(0, 1.2, 25, dtype=torch.float64)
    inside = 1 - (p + 1) * (p + 2) / 2 * x**p + p * (p + 2) * x ** (p + 1) - p * (p + 1) / 2 * x ** (p + 2)
    expected = torch.where(x < 1, inside, torch.zeros_like(x))
    assert torch.allclose(smooth_cutoff(x, power), expected, atol=1e-13)


def test_smooth_cutoff_has_two_vanishing_derivatives_at_its_end():
    x = torch.tensor(1 - 1e-9, dtype=torch.float64, requires_grad=True)
    value = smooth_cutoff(x, 6)
    (slope,) = torch.autograd.grad(value, x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope, x)
    assert max(abs(float(value.detach())), abs(float(slope.detach())), abs(float(curvature))) < 1e-6


def test_angular_monomials_are_powers_in_order():
    vectors = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = [
        vectors[:, 0] ** a * vectors[:, 1] ** b * vectors[:, 2] ** c
        for level in range(5)
        for a, b, c in monomials_of(level)
    ]
    assert torch.allclose(angular_monomials(vectors, 4), torch.stack(expected, dim=1), atol=1e-13)
