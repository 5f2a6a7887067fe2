"""Sums over neighbours with their gradient in closed form, against autograd of the plain writing."""

import pytest
import torch
from random_models import random_atoms, random_model
from seen import surroundings_of

from les_viz.models.edges import sums_over_neighbors
from les_viz.system import System


@pytest.fixture
def seen():
    """A representation, the vectors it sees and the elements of the senders."""
    model = random_model("none")
    system = System.from_atoms(random_atoms(11, n_atoms=3))
    surroundings = surroundings_of(model, system)
    return model.representations[0], surroundings.vectors, surroundings.sender_elements


def test_sums_and_slopes_are_those_of_the_plain_writing(seen):
    representation, vectors, elements = seen
    vectors = vectors.clone().requires_grad_()
    plain = representation.plain_sums(representation.edge_basis(vectors), elements)
    upstream = torch.randn(plain.shape, dtype=plain.dtype, generator=torch.Generator().manual_seed(1))
    (plain_slope,) = torch.autograd.grad(plain, vectors, upstream)
    sums = sums_over_neighbors(representation, vectors, elements)
    (slope,) = torch.autograd.grad(sums, vectors, upstream)
    assert float(plain_slope.abs().max()) > 0.1
    assert torch.allclose(sums, plain, rtol=1e-13, atol=1e-13)
    assert torch.allclose(slope, plain_slope, rtol=1e-12, atol=1e-12)


def test_a_lone_neighbour_leaves_the_vectors_as_they_are(seen):
    representation, vectors, elements = seen
    lone = vectors[:, :1].clone()
    sums_over_neighbors(representation, lone, elements[:, :1])
    assert torch.equal(lone, vectors[:, :1])


def test_second_derivatives(seen):
    representation, vectors, elements = seen
    inner = vectors[:1, :4].clone().requires_grad_()
    assert torch.autograd.gradgradcheck(lambda v: sums_over_neighbors(representation, v, elements[:1, :4]), inner)
