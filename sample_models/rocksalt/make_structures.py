"""Write the structures bundled with the samples: crystals of NaCl and MgO, 64 atoms each, shaken.

python sample_models/rocksalt/make_structures.py
"""

import tomllib

import ase.io
import numpy as np
from ase.build import bulk
from make_data import COMPOUNDS, Compound

SPREADS = {"NaCl": 0.1, "MgO": 0.06}
"""Å, of each coordinate: somewhat below room temperature."""


def write(compound: Compound) -> None:
    """The crystal of one compound, into the folder of its sample."""
    name = f"{compound.name.lower()}_64.extxyz"
    atoms = bulk(compound.name, "rocksalt", a=compound.lattice_constant, cubic=True) * (2, 2, 2)
    moves = np.random.default_rng(64).normal(scale=SPREADS[compound.name], size=(len(atoms), 3))
    atoms.positions += moves - moves.mean(axis=0)
    about = tomllib.loads((compound.folder / "about.toml").read_text(encoding="utf-8"))
    atoms.info["source"] = about["structures"][name]
    ase.io.write(compound.folder / name, atoms, format="extxyz")


def main() -> None:
    """Write them all."""
    for compound in COMPOUNDS.values():
        write(compound)


if __name__ == "__main__":
    main()
