"""Write the structure bundled with this sample: a crystal of 64 atoms, shaken.

python sample_models/rocksalt/make_structures.py
"""

import tomllib
from pathlib import Path

import ase.io
import numpy as np
from ase.build import bulk

HERE = Path(__file__).parent
LATTICE_CONSTANT = 5.70
"""Å, about that of PBE."""
SPREAD = 0.1
"""Å, of each coordinate: somewhat below room temperature."""


def main() -> None:
    """Write it beside this script."""
    name = "nacl_64.extxyz"
    atoms = bulk("NaCl", "rocksalt", a=LATTICE_CONSTANT, cubic=True) * (2, 2, 2)
    moves = np.random.default_rng(64).normal(scale=SPREAD, size=(len(atoms), 3))
    atoms.positions += moves - moves.mean(axis=0)
    atoms.info["source"] = tomllib.loads((HERE / "about.toml").read_text(encoding="utf-8"))["structures"][name]
    ase.io.write(HERE / name, atoms, format="extxyz")


if __name__ == "__main__":
    main()
