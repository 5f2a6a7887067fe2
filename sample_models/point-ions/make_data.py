"""Sample a fluid of ±1 ions: the data of the sample `point-ions`.

    python sample_models/point-ions/make_data.py data/point-ions

32 cations and 32 anions in a cube of 14 Å at 2500 K, by Langevin dynamics from random starts; ten runs, the last
two of which give the held-out frames. Writes `val.extxyz` (50 frames) and `train_10.extxyz` to `train_200.extxyz`,
each the beginning of the next, with energies (eV) and forces (eV/Å) of *point* charges (Ewald sum, see `ions.py`):
the model's Gaussian charges are to find them. Runs that are finished lie in `OUT_FOLDER/parts` and are not done again.
"""

import argparse
from pathlib import Path

import ase.io
import numpy as np
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.optimize import FIRE
from ions import Ions

PAIRS = 32
BOX = 14.0
"""Å."""
TEMPERATURE = 2500.0
"""K: a fluid well above any ordering."""
TIMESTEP = 2.0
"""fs."""
FRICTION = 0.02
"""1/fs."""
WARM_UP, BETWEEN = 300, 60
"""Steps before the first frame, and between frames."""
FRAMES_PER_RUN = 25
TRAIN_RUNS = range(8)
HELD_OUT_RUNS = range(100, 102)
SIZES = (10, 25, 50, 100, 200)


def start(rng: np.random.Generator) -> Atoms:
    """Ions on random sites of a grid, moved downhill a little."""
    sites = (np.stack(np.meshgrid(*3 * [np.arange(4)]), axis=-1).reshape(-1, 3) + 0.5) * (BOX / 4)
    symbols = rng.permutation(["Na"] * PAIRS + ["Cl"] * PAIRS)
    atoms = Atoms(list(symbols), sites + rng.normal(scale=0.2, size=sites.shape), cell=3 * [BOX], pbc=True)
    atoms.calc = Ions()
    FIRE(atoms, logfile=None).run(fmax=2.0, steps=50)
    return atoms


def run(seed: int) -> list[Atoms]:
    """The frames of one run."""
    rng = np.random.default_rng(seed)
    atoms = start(rng)
    MaxwellBoltzmannDistribution(atoms, temperature_K=TEMPERATURE, rng=rng)
    dynamics = Langevin(
        atoms, TIMESTEP * units.fs, temperature_K=TEMPERATURE, friction=FRICTION / units.fs, rng=rng, fixcm=False
    )
    dynamics.run(WARM_UP)
    frames = []
    for number in range(FRAMES_PER_RUN):
        dynamics.run(BETWEEN)
        frame = Atoms(atoms.symbols, atoms.positions, cell=atoms.cell, pbc=True)
        frame.wrap()
        frame.calc = SinglePointCalculator(frame, energy=atoms.get_potential_energy(), forces=atoms.get_forces())
        frames.append(frame)
        print(f"\rrun {seed:>3} [{'#' * (number + 1):<{FRAMES_PER_RUN}}]", end="", flush=True)
    print()
    return frames


def main() -> None:
    """Run what has not been run, then write the sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    (out / "parts").mkdir(parents=True, exist_ok=True)
    runs = {}
    for seed in (*HELD_OUT_RUNS, *TRAIN_RUNS):
        path = out / "parts" / f"run_{seed}.extxyz"
        if not path.exists():
            ase.io.write(path.with_suffix(".unfinished"), run(seed), format="extxyz")
            path.with_suffix(".unfinished").replace(path)
        runs[seed] = ase.io.read(path, ":", format="extxyz")
    ase.io.write(out / "val.extxyz", [frame for seed in HELD_OUT_RUNS for frame in runs[seed]], format="extxyz")
    # one frame of each run in turn, so that a short set is as varied as it can be
    mixed = [runs[seed][number] for number in range(FRAMES_PER_RUN) for seed in TRAIN_RUNS]
    for size in SIZES:
        ase.io.write(out / f"train_{size}.extxyz", mixed[:size], format="extxyz")


if __name__ == "__main__":
    main()
