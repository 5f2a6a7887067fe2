"""The charge head of bonds: against its formula written out as loops, its conservation law, and its place in files."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from random_models import CUTOFF, random_atoms, random_config, random_model, weighted

from les_viz.errors import ModelError
from les_viz.models.config import BondHeadConfig
from les_viz.models.header import config_from_json, config_to_json
from les_viz.models.native import read_native, write_native
from les_viz.models.representation import Surroundings
from les_viz.response.predict import predict
from les_viz.system import System

HEAD = BondHeadConfig(cutoff=2.6, n_transfers=3, n_radial_basis=4, hidden=(5,), scale=0.7)


def bond_model(message="none", **changes):
    return random_model(message, charge_head=replace(HEAD, **changes))


def silu(x):
    return x / (1 + np.exp(-x))


def looped_transfers(model, atoms):
    """{(i, j, image): p_ij} and the vectors r_i - r_j by loops over the 5×5×5 nearest images."""
    head = model.charge_head
    system = System.from_atoms(atoms, dtype=torch.float64)
    with torch.no_grad():
        table = model.neighbors(system)
        vectors = table.edge_vectors(system.positions, system.cell, system.system_idx)
        element_idx = model.element_indices(system.atomic_numbers)
        seen = Surroundings(
            vectors=vectors,
            neighbor_indices=table.neighbor_indices,
            is_neighbor=table.is_neighbor,
            element_idx=element_idx,
        )
        features = model.representations[0](seen).numpy()
    w0, w1 = (layer.weight.numpy() for layer in head.layers)
    values = silu(features @ w0.T) @ w1.T + head.element_values.numpy()[element_idx.numpy()]
    donor, acceptor = values[:, :3], values[:, 3:]
    images = [np.array(n) for n in np.ndindex(5, 5, 5)] if atoms.pbc.any() else [np.array([2, 2, 2])]
    found = {}
    for i in range(len(atoms)):
        for j in range(len(atoms)):
            for image in images:
                vector = atoms.positions[i] - atoms.positions[j] - (image - 2) @ np.asarray(atoms.cell)
                d = np.linalg.norm(vector)
                if d < 1e-6 or d >= HEAD.cutoff:
                    continue
                x = d / HEAD.cutoff
                decay = 1 - 28 * x**6 + 48 * x**7 - 21 * x**8
                waves = np.sin(np.arange(1, 5) * np.pi * x) / d
                weight = decay * waves @ head.radial.numpy()
                transfer = 0.7 * (weight * (donor[i] * acceptor[j] - acceptor[i] * donor[j])).sum()
                found[i, j, tuple(image)] = transfer, vector
    return found


@pytest.mark.parametrize("pbc", [True, False])
def test_charges_and_dipole_against_loops(pbc):
    model, atoms = bond_model(), random_atoms(3, pbc=pbc)
    loops = looped_transfers(model, atoms)
    charges, moment = np.zeros(len(atoms)), np.zeros(3)
    for (i, _, _), (transfer, vector) in loops.items():
        charges[i] += transfer
        moment += 0.5 * transfer * vector
    found = predict(model, atoms, quantities={"dipole"})
    assert np.abs(charges).max() > 0.01
    assert found.latent_charges == pytest.approx(charges, abs=1e-12)
    assert found.dipole == pytest.approx(moment, abs=1e-12)


@pytest.mark.parametrize("pbc", [True, False])
@pytest.mark.parametrize("formal", [{}, {8: -2.0, 1: 1.0}])
def test_total_charge_is_that_of_the_formal_charges(pbc, formal):
    atoms = random_atoms(5, pbc=pbc)
    found = predict(bond_model(formal_charges=formal), atoms)
    scale = float(bond_model(formal_charges=formal).charge_head.formal_scale)
    expected = scale * sum(formal.get(int(z), 0.0) for z in atoms.numbers)
    assert np.abs(found.latent_charges).max() > 0.01
    assert found.total_charge == pytest.approx(expected, abs=1e-13)


def test_charges_vanish_with_the_last_neighbour():
    """Continuous at the bond cutoff: a pair has no charges there, and more and more inside."""
    from ase import Atoms

    pair = [predict(bond_model(), Atoms("OH", [[0, 0, 0], [0, 0, d]])).latent_charges for d in (2.61, 2.59, 2.0, 1.0)]
    sizes = [np.abs(charges).max() for charges in pair]
    assert sizes[0] == 0
    assert 0 < sizes[1] < 1e-4
    assert sizes[3] > 0.1
    assert sizes[1] < sizes[2] < sizes[3]


def test_file_round_trip():
    model = bond_model(formal_charges={8: -2.0})
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    config, read = read_native(write_native(model.config, weights))
    assert config == model.config
    assert set(read) == set(weights)
    assert all(np.array_equal(read[name], weights[name]) for name in weights)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cutoff": CUTOFF + 0.1}, "charge_head.cutoff is 3.3"),
        ({"n_transfers": 0}, "charge_head.n_transfers is 0"),
        ({"n_radial_basis": 10**6}, "charge_head.n_radial_basis is 1e"),
        ({"scale": 1e9}, "charge_head.scale is 1e"),
        ({"representation": 1}, "charge_head.representation is 1"),
        ({"formal_charges": {"3": 1.0}}, "names element 3"),
        ({"formal_charges": {"8": 1e9}}, r"formal_charges\[8\] is 1e"),
        ({"kind": "bonds"}, "charge_head.kind is 'bonds'"),
        ({"n_out": 1}, "unknown key 'n_out'"),
    ],
)
def test_bad_headers(change, message):
    content = json.loads(config_to_json(replace(random_config(), charge_head=HEAD)))
    content["charge_head"] |= change
    with pytest.raises(ModelError, match=message):
        config_from_json(json.dumps(content))


def test_kind_chooses_between_the_heads():
    assert isinstance(bond_model().config.charge_head, BondHeadConfig)
    config = replace(random_config(), charge_head=HEAD)
    assert config_from_json(config_to_json(config)) == config
    assert config_from_json(config_to_json(random_config())) == random_config()


def test_formal_charges_have_the_elements_order():
    model = weighted(replace(random_config(), charge_head=replace(HEAD, formal_charges={1: 1.0, 8: -2.0})))
    assert model.charge_head.formal_charges == (-2.0, 1.0)
