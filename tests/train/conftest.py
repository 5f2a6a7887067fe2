"""Small files to train on: ions of known charges with a soft repulsion, energies and forces in closed form."""

import textwrap

import ase.io
import numpy as np
import pytest
import torch
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from les_viz.ewald import electrostatics

CHARGES = {"Na": 1.0, "Cl": -1.0}
REPULSION, RANGE = 400.0, 0.3
OFFSETS = {"Na": -3.0, "Cl": -5.0}


def ions(seed, *, pbc, n_pairs=3, closest=2.0):
    """Ions at random places, labelled: Gaussian charges of 1 Å, and B exp(-r/ρ)."""
    generator = np.random.default_rng(seed)
    size = 6.5
    atoms = Atoms(cell=[size] * 3 if pbc else None, pbc=pbc)
    while len(atoms) < 2 * n_pairs:
        trial = atoms + Atoms("Na" if len(atoms) % 2 else "Cl", [generator.uniform(0, size if pbc else 5.0, 3)])
        if not (trial.get_all_distances(mic=pbc)[-1, :-1] < closest).any():
            atoms = trial
    return labelled(atoms)


def labelled(atoms):
    charges = torch.tensor([CHARGES[s] for s in atoms.symbols], dtype=torch.float64)
    cell = torch.tensor(np.array(atoms.cell)) if atoms.pbc.all() else None
    coulomb = electrostatics(
        charges, torch.tensor(atoms.positions), cell, pbc=cell is not None, smearing=1.0, k_cutoff=4.0,
        self_interaction=False,
    )  # fmt: skip
    vectors = atoms.get_all_distances(mic=bool(cell is not None), vector=True)
    lengths = np.linalg.norm(vectors, axis=2) + np.eye(len(atoms)) * 1e9
    pairs = REPULSION * np.exp(-lengths / RANGE)
    forces = -(pairs / RANGE / lengths)[:, :, None] * vectors
    energy = float(coulomb.energy) + pairs.sum() / 2 + sum(OFFSETS[s] for s in atoms.symbols)
    found = atoms.copy()
    found.calc = SinglePointCalculator(found, energy=energy, forces=forces.sum(axis=1) + coulomb.forces.numpy())
    return found


CONFIG = """
[data]
train = "train.extxyz"
validation = "val.extxyz"
[model]
cutoff = 4.0
n_radial_basis = 6
n_radial = 4
l_max = 1
energy_hidden = [8]
[model.charges]
hidden = [4]
positive_element = "Na"
[model.electrostatics]
k_cutoff = 4.0
[training]
epochs = 3
atoms_per_batch = 12
[output]
name = "ions"
"""


@pytest.fixture
def workplace(tmp_path):
    """A folder with data, and a writer of configurations with some lines replaced or added."""
    ase.io.write(tmp_path / "train.extxyz", [ions(seed, pbc=seed % 2 == 0) for seed in range(8)], format="extxyz")
    ase.io.write(tmp_path / "val.extxyz", [ions(seed, pbc=seed % 2 == 0) for seed in range(8, 11)], format="extxyz")

    def write(name="config.toml", **changes):
        lines = textwrap.dedent(CONFIG).strip().splitlines()
        for place, value in changes.items():
            table, key = place.rsplit("__", 1)
            header = f"[{table.replace('__', '.')}]"
            if header not in lines:
                lines.append(header)
            lines = [line for line in lines if not line.startswith(f"{key} = ") or key == "train"]
            lines.insert(lines.index(header) + 1, f"{key} = {value}")
        path = tmp_path / name
        path.write_text("\n".join(lines))
        return path

    return write


class Silence:
    """Hears everything, says nothing; may stop the training after so many steps."""

    def __init__(self, stop_after=None):
        self.records, self.steps, self.stop_after, self.said = [], 0, stop_after, []

    def preparing(self, words):
        self.said.append(words)

    def step(self, epoch, done, batches, errors):
        import os
        import signal

        self.steps += 1
        if self.steps == self.stop_after:
            os.kill(os.getpid(), signal.SIGINT)

    def epoch(self, record, *, best):
        self.records.append((record, best))


@pytest.fixture
def silence():
    return Silence
