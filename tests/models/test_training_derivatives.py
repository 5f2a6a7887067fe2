"""What training needs: derivatives of forces in the weights."""

import pytest
import torch
from finite_differences import slope
from random_models import random_atoms, random_model

from les_viz.ewald import ChargedBatch, batch_energy
from les_viz.models.representation import Surroundings
from les_viz.response.predict import predict
from les_viz.system import System

FRAMES = [random_atoms(1, n_atoms=4), random_atoms(2, n_atoms=3, pbc=False)]


def energies_of(model, system, table, positions):
    """(systems,) energies with their graph, of a batch of a periodic and an open structure."""
    surroundings = Surroundings(
        vectors=table.edge_vectors(positions, system.cell, system.system_idx),
        neighbor_indices=table.neighbor_indices,
        is_neighbor=table.is_neighbor,
        element_idx=model.element_indices(system.atomic_numbers),
    )
    latent = model(surroundings)
    batch = ChargedBatch(
        charges=latent.charges,
        positions=positions,
        cell=system.cell,
        is_periodic=system.is_periodic,
        system_idx=system.system_idx,
    )
    short = torch.zeros(system.n_systems, dtype=torch.float64).index_add(0, system.system_idx, latent.energies)
    return short + batch_energy(model.coulomb, batch)


def forces_of(model, system, table):
    positions = system.positions.clone().requires_grad_()
    energy = energies_of(model, system, table, positions).sum()
    (gradient,) = torch.autograd.grad(energy, positions, create_graph=True)
    return -gradient


@pytest.mark.parametrize("message", ["none", "M+Ar+Bchi", "Bchi per channel and l"])
def test_a_loss_on_forces_has_the_right_slope_in_every_weight(message):
    model, system = random_model(message), System.from_atoms(FRAMES)
    table = model.neighbors(system)
    parameters = [parameter.requires_grad_() for parameter in model.parameters()]
    forces = forces_of(model, system, table)
    expected = torch.cat([torch.tensor(predict(model, frame).forces) for frame in FRAMES])
    assert torch.allclose(forces.detach(), expected, rtol=1e-9, atol=1e-9)
    # The bias at the end of the energy head shifts energies only: it is not in the graph, and its slope is zero.
    gradients = torch.autograd.grad(forces.square().mean(), parameters, allow_unused=True, materialize_grads=True)
    generator = torch.Generator().manual_seed(0)
    for (name, parameter), gradient in zip(model.named_parameters(), gradients, strict=True):
        direction = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        start = parameter.detach().clone()

        def loss(x, parameter=parameter, start=start, direction=direction):
            with torch.no_grad():
                parameter.copy_(start + x * direction)
            value = float(forces_of(model, system, table).square().mean().detach())
            with torch.no_grad():
                parameter.copy_(start)
            return value

        found = float((gradient * direction).sum())
        assert found == pytest.approx(slope(loss, step=1e-4), rel=1e-5, abs=1e-6 * loss(0.0)), name
