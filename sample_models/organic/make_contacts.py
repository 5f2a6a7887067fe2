"""Clusters in close contact: pressed together, and moving by GFN2-xTB; for the second round of the sample `organic`.

    python sample_models/organic/make_contacts.py data/organic [--jobs 2]

Clusters that were only placed and shaken (make_data.py) hardly touch: a model of theirs pulls hydrogens of hydrogen
bonds into their acceptors, and dynamics ends within 0.1 ps. Writes `pressed.extxyz`, pairs of molecules drawn
together by xTB, shaken, then pushed into each other, and `moving.extxyz`, clusters of one to four molecules that move
by xTB itself at temperatures up to 900 K, a frame every 25 fs; and of each a `..._val.extxyz` of other clusters.
Labels are those of make_data.py. Every cluster depends on the seed and its own number only; what was labelled lies in
`OUT_FOLDER/parts`, run it again to go on.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import CalculationFailed
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import thermalize_momenta
from clusters import Cluster, clash, drawn_together, placed, shaken
from make_data import SIZES, as_frame
from molecules import drawn
from parts import make_file, read_options
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
PUSHES = (-1.1, -0.1)
"""Å between the centres of the molecules of a pair, added."""
PRESSED = 3
"""Frames of a pair."""
STRONGEST_FORCE = 15.0
"""eV/Å: frames beyond are left out."""


@dataclass(frozen=True)
class Kind:
    """One file.

    Attributes:
        make: the frames of one cluster.
    """

    name: str
    make: Callable[[np.random.Generator], Iterator[Atoms]]
    seed: int
    clusters: int


def in_contact(size: int, rng: np.random.Generator) -> Iterator[Cluster]:
    """So many molecules, drawn together by xTB; none where they could not be placed."""
    cluster = placed(drawn(size, rng), rng, contact=1.0)
    if not clash(cluster):
        yield from drawn_together(cluster, (DRAWN,))


def pressed(rng: np.random.Generator) -> Iterator[Atoms]:
    """A pair of molecules in contact, pushed into each other."""
    for cluster in in_contact(2, rng):
        for _ in range(PRESSED):
            pair = shaken(cluster, rng)
            positions = pair.positions.copy()
            first, second = pair.parts
            line = positions[second].mean(axis=0) - positions[first].mean(axis=0)
            positions[second] += line / np.linalg.norm(line) * rng.uniform(*PUSHES)
            yield from kept(Cluster(pair.molecules, positions))


def moving(rng: np.random.Generator) -> Iterator[Atoms]:
    """Frames of the dynamics of one cluster."""
    size = int(rng.choice(list(SIZES), p=list(SIZES.values())))
    for cluster in in_contact(size, rng):
        atoms = Atoms(cluster.numbers, cluster.positions)
        atoms.calc = TBLite(method=METHOD, verbosity=0)
        temperature = rng.uniform(*TEMPERATURES)
        thermalize_momenta(atoms, temperature_K=temperature, rng=rng)
        dynamics = Langevin(atoms, STEP_FS * units.fs, temperature_K=temperature, friction=0.02 / units.fs, rng=rng)
        for _ in range(KEPT):
            dynamics.run(KEPT_EVERY)
            yield from kept(Cluster(cluster.molecules, atoms.positions.copy()))


def kept(cluster: Cluster) -> Iterator[Atoms]:
    """The cluster with its labels, unless its forces are too strong."""
    label = XTB(cluster.numbers, cluster.positions).label(cluster.positions)
    if abs(label.forces).max() < STRONGEST_FORCE:
        yield as_frame(cluster, label)


KINDS = (
    Kind("pressed", pressed, seed=3, clusters=900),
    Kind("pressed_val", pressed, seed=1003, clusters=60),
    Kind("moving", moving, seed=2, clusters=120),
    Kind("moving_val", moving, seed=1002, clusters=8),
)


def frames_of(kind: Kind, index: int) -> list[Atoms]:
    """All frames of one cluster, as far as xTB comes."""
    frames = []
    with suppress(TBLiteRuntimeError, CalculationFailed):  # not self-consistent: what came before counts
        frames.extend(kind.make(np.random.default_rng([kind.seed, index])))
    return frames


def main() -> None:
    """Label what is missing, and join the parts."""
    options = read_options(__doc__)
    for kind in KINDS:
        make_file(options, kind.name, kind.clusters, partial(frames_of, kind))


if __name__ == "__main__":
    main()
