"""Predictions on a pretended device; run by `test_other_devices.py`."""

from dataclasses import fields, replace

import finufft
import numpy as np
import pytest
import torch
from ase.build import bulk, molecule
from charged_systems import Charged, largest_difference
from pretend_device import pretended_device

import les_viz
from les_viz.response.prediction import Quantity

EVERYTHING = frozenset(Quantity)


def moved(system: Charged, device: torch.device) -> Charged:
    """The same charges elsewhere."""
    cell = None if system.cell is None else system.cell.to(device)
    return Charged(charges=system.charges.to(device), positions=system.positions.to(device), cell=cell)


def test_pretence_refuses_two_devices():
    with pretended_device() as device:
        there = torch.ones(3, device=device)
        with pytest.raises(RuntimeError, match="operands on"):
            there + torch.ones(3)
        assert (there + 1).device == device


@pytest.mark.parametrize("channels", [None, 2])
@pytest.mark.parametrize("cell", ["triclinic", "left-handed", None])
def test_coulomb_sum(cell, channels):
    system = Charged.random(35, cell=cell, n_atoms=20, channels=channels)
    here = system.sum()
    with pretended_device() as device:
        there = moved(system, device).sum()
    for name in ("energy", "potential", "electric_field", "forces"):
        found, expected = getattr(there, name), getattr(here, name)
        assert found.device == device
        if cell is None:  # a processor sums pairs in blocks, other devices in one piece
            assert torch.allclose(found.here, expected, rtol=1e-13, atol=1e-13), name
        else:
            assert torch.equal(found.here, expected), name


@pytest.mark.parametrize("cell", ["triclinic", None])
def test_coulomb_sum_differentiated_twice(cell):
    system, found = Charged.random(36, cell=cell, n_atoms=8), []

    def second_derivatives(system: Charged) -> torch.Tensor:
        positions = system.positions.requires_grad_()
        energy = replace(system, positions=positions).sum().energy
        (first,) = torch.autograd.grad(energy, positions, create_graph=True)
        (second,) = torch.autograd.grad(first.square().sum(), positions)
        return second

    found.append(second_derivatives(system))
    with pretended_device() as device:
        found.append(second_derivatives(moved(system, device)).here)
    assert torch.allclose(found[0], found[1], rtol=1e-12, atol=1e-14)


class CufinufftOfPretence:
    """The two functions of cufinufft that are used, with the arguments it takes and its tensors on the device."""

    @staticmethod
    def nufft3d1(x, y, z, data, n_modes=None, *, eps=1e-6, isign=1, gpu_device_id=0):
        assert gpu_device_id == 0
        points = (one.here.numpy() for one in (x, y, z))
        found = finufft.nufft3d1(*points, data.here.numpy(), n_modes, eps=eps, isign=isign)
        return torch.from_numpy(found).to(x.device)

    @staticmethod
    def nufft3d2(x, y, z, data, *, eps=1e-6, isign=-1, gpu_device_id=0):
        assert gpu_device_id == 0
        points = (one.here.numpy() for one in (x, y, z))
        return torch.from_numpy(finufft.nufft3d2(*points, data.here.numpy(), eps=eps, isign=isign)).to(x.device)


@pytest.mark.parametrize("channels", [None, 3])
def test_nonuniform_transforms(channels, monkeypatch):
    system = Charged.random(37, n_atoms=20, channels=channels)
    here = system.sum(backend="direct")
    monkeypatch.setattr("les_viz.ewald.nonuniform._library", lambda _: CufinufftOfPretence)
    with pretended_device() as device:
        there = moved(system, device).sum(backend="nufft")
    for name in ("energy", "potential", "electric_field", "forces", "stress"):
        found = getattr(there, name)
        assert found.device == device
        assert largest_difference(found.here, getattr(here, name)) < 1e-9, name


@pytest.mark.parametrize("method", ["local", "wrapped"])
@pytest.mark.parametrize("sample", ["water", "organic", "rocksalt"])
def test_prediction(sample, method):
    atoms = bulk("NaCl", "rocksalt", a=5.6, cubic=True) if sample == "rocksalt" else molecule("H2O")
    if sample == "water":
        atoms.center(2.0)
        atoms.pbc = True
    model = les_viz.load_model(sample)
    quantities = EVERYTHING if atoms.pbc.all() else EVERYTHING - {"stress"}
    here = les_viz.predict(model, atoms, quantities=quantities, bec_method=method)
    with pretended_device() as device:
        there = les_viz.predict(model.to(device), atoms, quantities=quantities, bec_method=method)
    for field in fields(here):
        value = getattr(here, field.name)
        if isinstance(value, np.ndarray):
            assert np.allclose(getattr(there, field.name), value, rtol=1e-10, atol=1e-12), field.name


@pytest.mark.parametrize("sample", ["organic", "water"])
def test_dynamics_in_a_field(sample):
    """Forces of the `bond` head and of the `atomic` one, as neighbours are kept from step to step."""

    def forces_on_the_way(model) -> np.ndarray:
        atoms = molecule("H2O")
        atoms.calc = les_viz.LESCalculator(model, electric_field=(0.0, 0.0, 0.05))
        found = []
        for _ in range(3):
            found.append(atoms.get_forces())
            atoms.positions += 0.01 * found[-1]
        return np.array(found)

    model = les_viz.load_model(sample)
    here = forces_on_the_way(model)
    with pretended_device() as device:
        assert np.allclose(forces_on_the_way(model.to(device)), here, rtol=1e-10, atol=1e-12)
