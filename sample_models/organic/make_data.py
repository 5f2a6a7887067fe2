"""Label molecules and their clusters with GFN2-xTB: the training data of the sample `organic`.

    python sample_models/organic/make_data.py data/organic [--jobs 2]

Writes `train.extxyz`, clusters of one to four of eight molecules, and `val.extxyz`, drawn in the same way with another
seed: energies (eV) and forces (eV/Å), and the same of their molecules each alone (`energy_apart`, `forces_apart`).
Every cluster depends on the seed and its own number only. What was labelled lies in `OUT_FOLDER/parts`; run it again
to go on after an interruption.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from clusters import STRONGEST_FORCE, Cluster, clash, drawn_together, placed, shaken
from molecules import drawn
from parts import make_file, read_options
from tblite.exceptions import TBLiteRuntimeError
from xtb import XTB, Label

SIZES = {1: 0.12, 2: 0.40, 3: 0.25, 4: 0.23}
"""Share of each number of molecules."""
DOWNHILL = (4, 12, 30)
"""Steps after which a cluster on its way downhill is shaken and labelled."""
CLUSTERS_PER_PART = 100


@dataclass(frozen=True)
class Kind:
    """One file."""

    name: str
    seed: int
    clusters: int


KINDS = (Kind("val", 1001, 160), Kind("train", 1, 2300))


def labelled(cluster: Cluster) -> tuple[Cluster, Label] | None:
    """The cluster with its label, or None where it is of no use."""
    if clash(cluster):
        return None
    try:
        label = XTB(cluster.numbers, cluster.positions).label(cluster.positions)
    except TBLiteRuntimeError:
        return None
    return None if abs(label.forces).max() > STRONGEST_FORCE else (cluster, label)


def frames_of(kind: Kind, index: int) -> Iterator[Atoms]:
    """The frames that come of one cluster: as placed, and on its way downhill."""
    rng = np.random.default_rng([kind.seed, index])
    size = int(rng.choice(list(SIZES), p=list(SIZES.values())))
    cluster = placed(drawn(size, rng), rng)
    candidates = [cluster]
    if size > 1 and not clash(cluster):
        try:
            candidates += [shaken(one, rng) for one in drawn_together(cluster, DOWNHILL)]
        except TBLiteRuntimeError:
            return
    for found in map(labelled, candidates):
        if found is not None:
            yield as_frame(*found)


def as_frame(cluster: Cluster, label: Label) -> Atoms:
    """Energy and forces, which molecules they are of, and the same of each molecule alone."""
    atoms = Atoms(cluster.numbers, cluster.positions, pbc=False)
    atoms.calc = SinglePointCalculator(atoms, energy=label.energy, forces=label.forces)
    parts = [(cluster.numbers[part], cluster.positions[part]) for part in cluster.parts]
    alone = [XTB(numbers, positions).label(positions) for numbers, positions in parts]
    atoms.info |= {"molecules": cluster.name, "energy_apart": sum(one.energy for one in alone)}
    atoms.arrays["forces_apart"] = np.concatenate([one.forces for one in alone])
    atoms.arrays["molecule"] = np.repeat(np.arange(len(alone)), [len(one.numbers) for one in cluster.molecules])
    return atoms


def frames_of_part(kind: Kind, number: int) -> list[Atoms]:
    """The frames of a hundred clusters."""
    first = number * CLUSTERS_PER_PART
    indices = range(first, min(first + CLUSTERS_PER_PART, kind.clusters))
    return [frame for index in indices for frame in frames_of(kind, index)]


def main() -> None:
    """Label what is missing, and join the parts."""
    options = read_options(__doc__)
    for kind in KINDS:
        make_file(options, kind.name, -(-kind.clusters // CLUSTERS_PER_PART), partial(frames_of_part, kind))


if __name__ == "__main__":
    main()
