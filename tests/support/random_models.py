"""Models with random weights of every variant, and small structures for them."""

from dataclasses import replace

import numpy as np
import torch
from ase import Atoms

from les_viz.models.config import (
    ElectrostaticsConfig,
    HeadConfig,
    MessageConfig,
    ModelConfig,
    RepresentationConfig,
)
from les_viz.models.model import LESModel

MESSAGES: dict[str, MessageConfig | None] = {
    "none": None,
    "M+Ar+Bchi": MessageConfig(memory=True, decay=True, modulation=True),
    "Bchi per channel and l": MessageConfig(
        memory=False, decay=False, modulation=True, modulation_per_channel=True, modulation_per_l=True
    ),
    "Ar": MessageConfig(memory=False, decay=True, modulation=False),
    "M+Bchi per channel": MessageConfig(memory=True, decay=False, modulation=True, modulation_per_channel=True),
    "Ar+Bchi per l, hidden layer": MessageConfig(
        memory=False, decay=True, modulation=True, modulation_per_l=True, modulation_hidden=(5,), modulation_bias=False
    ),
}
"""Message-passing steps by name; the first two with messages are the published ones."""

CUTOFF = 3.2
CRYSTAL = np.array([[4.1, 0.0, 0.0], [1.2, 4.4, 0.0], [-0.7, 0.9, 4.0]])
"""Å; narrower than twice the cutoff, so that atoms see their own images."""


def random_config(message: str = "none", *, l_max: int = 3, nu_max: int = 3) -> ModelConfig:
    """A small model of hydrogen and oxygen."""
    representation = RepresentationConfig(
        cutoff=CUTOFF,
        n_embedding=2,
        n_radial_basis=4,
        n_radial=3,
        l_max=l_max,
        nu_max=nu_max,
        message=MESSAGES[message],
    )
    return ModelConfig(
        elements=(8, 1),
        representations=(representation,),
        energy_heads=(HeadConfig(hidden=(6,)),),
        charge_head=HeadConfig(hidden=(6,), linear=True, linear_bias=True, scale=0.3),
        electrostatics=ElectrostaticsConfig(smearing=1.0, k_cutoff=3.0, self_interaction=False),
        atomic_energies={1: -13.6, 8: -432.1},
    )


def random_model(message: str = "none", *, seed: int = 0, **changes: object) -> LESModel:
    """A frozen model in double precision; `changes` replace fields of its configuration, or l_max and nu_max."""
    orders = {name: changes.pop(name) for name in ("l_max", "nu_max") if name in changes}
    return weighted(replace(random_config(message, **orders), **changes), seed)


def weighted(config: ModelConfig, seed: int = 0) -> LESModel:
    """A frozen model in double precision with random weights of a size that keeps numbers near one.

    The weights are numbers of single precision, as those of published models.
    """
    generator = torch.Generator().manual_seed(seed)
    model = LESModel(config).to_precision(torch.float64)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(requires_grad=False)
        last = name.rsplit(".", 1)[-1]
        if last == "bessel_frequencies":
            parameter.copy_(torch.arange(1, len(parameter) + 1) * torch.pi / CUTOFF)
            continue
        if last == "bessel_prefactor":
            parameter.copy_(torch.tensor([(2 / CUTOFF) ** 0.5], dtype=torch.float32))
            continue
        width = 0.7 if last in ("sender_embedding", "receiver_embedding", "mixing") else 0.3
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * width)
        if last == "decay_rate":
            parameter.abs_()
    return model.eval()


def random_atoms(seed: int, *, n_atoms: int = 7, pbc: bool = True, closest: float = 0.9) -> Atoms:
    """Hydrogen and oxygen at random places, no two closer than so many Å."""
    generator = np.random.default_rng(seed)
    atoms = Atoms(cell=CRYSTAL if pbc else None, pbc=pbc)
    while len(atoms) < n_atoms:
        place = generator.uniform(0, 1, 3) @ CRYSTAL
        trial = atoms + Atoms("H" if len(atoms) % 3 else "O", [place])
        distances = trial.get_all_distances(mic=pbc)[-1, :-1]
        if not (distances < closest).any():
            atoms = trial
    return atoms


def rotation_matrix(seed: int) -> np.ndarray:
    """A proper rotation."""
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return matrix * np.linalg.det(matrix)


def rotated(atoms: Atoms, rotation: np.ndarray) -> Atoms:
    """The structure turned as a whole."""
    turned = atoms.copy()
    turned.set_positions(atoms.positions @ rotation.T)
    turned.set_cell(np.asarray(atoms.cell) @ rotation.T)
    return turned
