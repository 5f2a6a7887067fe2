"""Clusters in close contact: pressed together, and moving by GFN2-xTB; for the second round of the sample `organic`.

    python sample_models/organic/make_contacts.py data/organic [--jobs 2]

Clusters that were only placed and shaken (make_data.py) hardly touch: a model of theirs pulls hydrogens of hydrogen
bonds into their acceptors, and dynamics ends within femtoseconds. Writes `pressed.extxyz`, pairs of molecules drawn
together by xTB, shaken, then pushed into each other, and `moving.extxyz`, clusters of one to four molecules that move
by xTB itself at temperatures up to 900 K, a frame every 25 fs; and of each a `..._val.extxyz` of other clusters.
Labels are those of make_data.py. Every cluster depends on the seed and its own number only; what was labelled lies in
`OUT_FOLDER/parts`, run it again to go on.
"""

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ase.io
import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import CalculationFailed
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from clusters import Cluster, clash, drawn_together, placed, shaken
from make_data import SIZES, as_frame
from molecules import relaxed, weights
from tblite.ase import TBLite
from tblite.exceptions import TBLiteRuntimeError
from xtb import METHOD, XTB

TEMPERATURES = (150.0, 900.0)
"""K."""
DRAWN = 40
"""Steps downhill before the start."""
STEP_FS = 0.5
KEPT_EVERY = 50
"""Steps between kept frames."""
KEPT = 10
"""Frames of a cluster."""
CLUSTERS = {"pressed": (3, 900), "pressed_val": (1003, 60), "moving": (2, 120), "moving_val": (1002, 8)}
"""Seed and number of clusters of each file."""
PUSHES = (-1.1, -0.1)
"""Å between the centres of the molecules of a pair, added."""
PRESSED = 3
"""Frames of a pair."""
STRONGEST_FORCE = 15.0
"""eV/Å: frames beyond are left out."""


def pressed(seed: int, index: int) -> Iterator[Atoms]:
    """A pair of molecules in contact, pushed into each other."""
    rng = np.random.default_rng([seed, index])
    chances = weights()
    species = [relaxed(str(name)) for name in rng.choice(list(chances), size=2, p=list(chances.values()))]
    cluster = placed(species, rng, contact=1.0)
    if clash(cluster):
        return
    (cluster,) = drawn_together(cluster, (DRAWN,))
    for _ in range(PRESSED):
        pair = shaken(cluster, rng)
        positions = pair.positions.copy()
        first, second = pair.parts
        line = positions[second].mean(axis=0) - positions[first].mean(axis=0)
        positions[second] += line / np.linalg.norm(line) * rng.uniform(*PUSHES)
        yield from kept(Cluster(pair.molecules, positions))


def kept(cluster: Cluster) -> Iterator[Atoms]:
    """The cluster with its labels, unless its forces are too strong."""
    label = XTB(cluster.numbers, cluster.positions).label(cluster.positions)
    if abs(label.forces).max() < STRONGEST_FORCE:
        yield as_frame(cluster, label)


def moving(seed: int, index: int) -> Iterator[Atoms]:
    """Frames of the dynamics of one cluster."""
    rng = np.random.default_rng([seed, index])
    chances = weights()
    size = int(rng.choice(list(SIZES), p=list(SIZES.values())))
    species = [relaxed(str(name)) for name in rng.choice(list(chances), size=size, p=list(chances.values()))]
    cluster = placed(species, rng, contact=1.0)
    if clash(cluster):
        return
    (cluster,) = drawn_together(cluster, (DRAWN,))
    atoms = Atoms(cluster.numbers, cluster.positions)
    atoms.calc = TBLite(method=METHOD, verbosity=0)
    temperature = rng.uniform(*TEMPERATURES)
    MaxwellBoltzmannDistribution(atoms, temperature_K=temperature, rng=rng)
    dynamics = Langevin(atoms, STEP_FS * units.fs, temperature_K=temperature, friction=0.02 / units.fs, rng=rng)
    for _ in range(KEPT):
        dynamics.run(KEPT_EVERY)
        yield from kept(Cluster(cluster.molecules, atoms.positions.copy()))


def write_part(kind: str, seed: int, index: int, path: Path) -> None:
    """All frames of one cluster, as far as xTB comes."""
    frames = []
    with suppress(TBLiteRuntimeError, CalculationFailed):  # not self-consistent: what came before counts
        frames.extend((pressed if kind.startswith("pressed") else moving)(seed, index))
    unfinished = path.with_suffix(".unfinished")
    ase.io.write(unfinished, frames, format="extxyz")
    unfinished.replace(path)


def main() -> None:
    """Label what is missing, and join the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    options = parser.parse_args()
    parts: Path = options.out / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    for name, (seed, clusters) in CLUSTERS.items():
        paths = [parts / f"{name}_{index:03d}.extxyz" for index in range(clusters)]
        with ProcessPoolExecutor(options.jobs) as pool:
            missing = [(index, path) for index, path in enumerate(paths) if not path.exists()]
            running = [pool.submit(write_part, name, seed, index, path) for index, path in missing]
            for done, one in enumerate(running, start=len(paths) - len(missing) + 1):
                one.result()
                print(f"\r{name}: {done} of {len(paths)} clusters", end="", flush=True)
        print()
        with (options.out / f"{name}.extxyz").open("wb") as joined:
            for path in paths:
                joined.write(path.read_bytes())


if __name__ == "__main__":
    main()
