"""A bench with a tiny, untrained model: for tests of the app that must not wait for a good one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import write

from les_viz.models.config import ElectrostaticsConfig, HeadConfig, ModelConfig, RepresentationConfig
from les_viz.models.native import expected_shapes, write_native

CHARGE_SCALE, CHARGE_OFFSET = 7.167, 0.61756
"""Chosen such that the default seed gives water's oxygen about −0.5 e and its hydrogens +0.25 e."""

CONFIG = ModelConfig(
    elements=(1, 8),
    representations=(RepresentationConfig(cutoff=3.0, n_embedding=2, n_radial_basis=4, n_radial=4, l_max=1, nu_max=2),),
    energy_heads=(HeadConfig(linear=True),),
    charge_head=HeadConfig(linear=True, scale=CHARGE_SCALE),
    electrostatics=ElectrostaticsConfig(smearing=1.0, k_cutoff=3.0, self_interaction=False),
)


def model_bytes(channels: int = 1, seed: int = 3) -> bytes:
    """A model in our format with random weights; a short-range one if it has no channels of charges."""
    config = replace(CONFIG, charge_head=None, electrostatics=None)
    if channels > 0:
        config = replace(CONFIG, charge_head=replace(CONFIG.charge_head, n_out=channels))
    random = np.random.default_rng(seed)
    weights = {name: random.normal(0, 0.5, shape) for name, shape in expected_shapes(config).items()}
    if channels > 0:
        weights["charge_head.layers.0.bias"] += CHARGE_OFFSET
    return write_native(config, weights)


def water(shift: float = 0.0) -> Atoms:
    """Two water molecules in a cell, one of them cut by its boundary."""
    molecule = np.array([[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]])
    positions = np.concatenate([molecule + np.array(place) for place in ((0.2 + shift, 1, 1), (4, 4, 5))])
    atoms = Atoms("OH2OH2", positions, cell=[7, 8, 9], pbc=True)
    atoms.wrap()
    return atoms


def write_samples(root: Path) -> Path:
    """Write a folder like `sample_models/`: one model, a file of two frames and a molecule."""
    folder = root / "water"
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(model_bytes())
    write(folder / "liquid.extxyz", [water(), water(0.1)])
    write(folder / "molecule.extxyz", Atoms("OH2", [[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]]))
    return root
