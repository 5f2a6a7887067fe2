"""Fetch the training data of the water sample and write them as extended XYZ.

    python sample_models/water/get_data.py data/water_pbe0

From the examples of deepmodeling/deepmd-kit (LGPL-3.0): `data_0`, `data_1`, `data_2` become `train.extxyz.gz` (320
frames), `data_3` becomes `val.extxyz.gz` (80). The first held-out frame must be the structure that this folder bundles.
"""

import argparse
import io
from pathlib import Path
from urllib.request import urlopen

import ase.io
import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

SOURCE = "https://raw.githubusercontent.com/deepmodeling/deepmd-kit/master/examples/water/data"
TRAIN = ("data_0/set.000", "data_1/set.000", "data_1/set.001", "data_2/set.000")
HELD_OUT = ("data_3/set.000",)
TIMEOUT = 60.0
"""Seconds for each file."""
CLOSE = 1e-3
"""Å: largest difference of positions that is rounding."""


def fetch(name: str) -> bytes:
    """One file of the source."""
    with urlopen(f"{SOURCE}/{name}", timeout=TIMEOUT) as answer:
        content: bytes = answer.read()
    return content


def frames_of(folder: str) -> list[Atoms]:
    """The frames of one set: eV, Å."""
    arrays = {
        name: np.load(io.BytesIO(fetch(f"{folder}/{name}.npy")), allow_pickle=False)
        for name in ("box", "coord", "energy", "force")
    }
    system = folder.split("/", maxsplit=1)[0]
    kinds = fetch(f"{system}/type.raw").decode().split()
    names = fetch(f"{system}/type_map.raw").decode().split()
    symbols = [names[int(kind)] for kind in kinds]
    found = []
    for box, coord, energy, force in zip(*arrays.values(), strict=True):
        atoms = Atoms(symbols, positions=coord.reshape(-1, 3), cell=box.reshape(3, 3), pbc=True)
        atoms.calc = SinglePointCalculator(atoms, energy=float(energy), forces=force.reshape(-1, 3))
        found.append(atoms)
    return found


def main() -> None:
    """Fetch, check, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    train, held_out = ([frame for part in parts for frame in frames_of(part)] for parts in (TRAIN, HELD_OUT))
    known = ase.io.read(Path(__file__).parent / "water_64.extxyz")
    same = sorted(held_out[0].numbers) == sorted(known.numbers)
    if not same or np.abs(np.sort(held_out[0].positions, axis=0) - np.sort(known.positions, axis=0)).max() > CLOSE:
        raise SystemExit(f"the first frame of {HELD_OUT[0]} is not water_64.extxyz: the source has changed")
    folder.mkdir(parents=True, exist_ok=True)
    for name, frames in (("train", train), ("val", held_out)):
        ase.io.write(folder / f"{name}.extxyz.gz", frames, format="extxyz")
        print(f"{folder / name}.extxyz.gz: {len(frames)} frames")


if __name__ == "__main__":
    main()
