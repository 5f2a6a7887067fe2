"""Write the structures bundled with the water model: one held-out frame of the liquid, and a dimer.

    python sample_models/water/make_structures.py DATA_FOLDER

DATA_FOLDER holds `val.extxyz.gz` of water_pbe0. Where each comes from is in `about.toml` and in the file itself.
"""

import argparse
import tomllib
from pathlib import Path

import ase.io
import numpy as np
from ase import Atoms
from ase.build import molecule

HERE = Path(__file__).parent
OXYGEN_DISTANCE = 2.91
"""Å."""
ACCEPTOR_TILT = 57.0
"""Degrees between the acceptor's bisector and the O-O line."""


def liquid(data: Path) -> Atoms:
    """The first held-out frame, with its energy and forces, positions as given."""
    frame = ase.io.read(data / "val.extxyz.gz", 0, format="extxyz")
    if not isinstance(frame, Atoms):
        raise TypeError(f"expected one frame in {data}")
    return frame


def dimer() -> Atoms:
    """Two water molecules about where they are in the gas: a hydrogen bond along x, mirror plane xz."""
    water = molecule("H2O")
    bond, angle, tilt = water.get_distance(0, 1), np.radians(water.get_angle(1, 0, 2)), np.radians(ACCEPTOR_TILT)
    bisector = np.array([np.cos(tilt), 0.0, -np.sin(tilt)])
    sideways = np.array([0.0, np.sin(angle / 2), 0.0])
    donor = bond * np.array([[0, 0, 0], [1, 0, 0], [np.cos(angle), 0, np.sin(angle)]])
    acceptor = bond * np.array([np.zeros(3), *(np.cos(angle / 2) * bisector + sign * sideways for sign in (1, -1))])
    acceptor[:, 0] += OXYGEN_DISTANCE
    return Atoms("OH2OH2", positions=np.concatenate((donor, acceptor)))


def main() -> None:
    """Write both files beside this script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    sources = tomllib.loads((HERE / "about.toml").read_text(encoding="utf-8"))["structures"]
    for name, atoms in (("water_64.extxyz", liquid(data)), ("water_dimer.extxyz", dimer())):
        atoms.info["source"] = sources[name]
        ase.io.write(HERE / name, atoms, format="extxyz")


if __name__ == "__main__":
    main()
