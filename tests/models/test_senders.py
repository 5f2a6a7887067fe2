"""Weighted sums over senders and their derivatives, against the plain writing with a tensor over all edges."""

import pytest
import torch

from les_viz.models.monomials import level_of_each
from les_viz.models.senders import products_with_senders, sums_at_senders, sums_over_senders

L_MAX, N_ATOMS, N_NEIGHBORS, N_CHANNELS = 1, 4, 3, 2
LEVELS = torch.tensor(level_of_each(L_MAX))


def random(*shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_()


WEIGHTS = random(N_ATOMS, N_NEIGHBORS, L_MAX + 1, N_CHANNELS, seed=1)
SENT = random(N_ATOMS, len(LEVELS), N_CHANNELS, seed=2)
RECEIVED = random(N_ATOMS, len(LEVELS), N_CHANNELS, seed=3)
SENDERS = torch.tensor([[1, 2, 2], [0, 0, 2], [1, 1, 1], [0, 1, 2]])
"""Some more than once, as an atom and its image; the last one sends nothing."""


def plain(weights, sent):
    return (weights[:, :, LEVELS] * sent[SENDERS]).sum(dim=1)


FUNCTIONS = {
    "sums": (sums_over_senders, (WEIGHTS, SENT)),
    "products": (products_with_senders, (SENT, RECEIVED)),
    "at senders": (sums_at_senders, (WEIGHTS, RECEIVED)),
}


@pytest.fixture(params=[1 << 18, 50, 1], ids=["all at once", "two receivers at once", "one"])
def at_once(request, monkeypatch):
    monkeypatch.setattr("les_viz.models.senders.ENTRIES_AT_ONCE", request.param)


@pytest.mark.usefixtures("at_once")
def test_each_function_is_what_autograd_makes_of_the_plain_sum():
    summed = plain(WEIGHTS, SENT)
    at_weights, at_sent = torch.autograd.grad(summed, (WEIGHTS, SENT), RECEIVED)
    assert torch.allclose(sums_over_senders(WEIGHTS, SENT, SENDERS), summed, rtol=1e-13, atol=1e-13)
    assert torch.allclose(products_with_senders(SENT, RECEIVED, SENDERS), at_weights, rtol=1e-13, atol=1e-13)
    assert torch.allclose(sums_at_senders(WEIGHTS, RECEIVED, SENDERS), at_sent, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_first_and_second_derivatives(name):
    function, arguments = FUNCTIONS[name]
    assert torch.autograd.gradcheck(lambda first, second: function(first, second, SENDERS), arguments)
    assert torch.autograd.gradgradcheck(lambda first, second: function(first, second, SENDERS), arguments)


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_only_what_needs_a_gradient_gets_one(name):
    function, (first, second) = FUNCTIONS[name]
    for arguments, leaf in (((first, second.detach()), first), ((first.detach(), second), second)):
        (whole,) = torch.autograd.grad(function(first, second, SENDERS).square().sum(), leaf)
        (alone,) = torch.autograd.grad(function(*arguments, SENDERS).square().sum(), leaf)
        assert torch.equal(alone, whole)


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_values_may_lie_in_memory_in_any_order(name):
    function, (first, second) = FUNCTIONS[name]
    turned = second.detach().transpose(0, 1).contiguous().transpose(0, 1)
    assert torch.equal(function(first, turned, SENDERS), function(first, second, SENDERS))


def test_atoms_without_neighbours_receive_nothing():
    nobody, weights = SENDERS[:, :0], WEIGHTS[:, :0]
    assert not sums_over_senders(weights, SENT, nobody).any()
    assert not sums_at_senders(weights, RECEIVED, nobody).any()
    assert products_with_senders(SENT, RECEIVED, nobody).shape == weights.shape
