"""What the model is never shown: dipoles and Born effective charges of GFN2-xTB, up to clusters larger than trained on.

    python sample_models/organic/truth.py [--out truth.npz]

Monomers and dimers are drawn as the training data are, with other seeds; hexamers likewise, in contact. The Born
effective charges come from forces in fields of ±1e-3 a.u.; their sum over the atoms of a molecule has to vanish, and
the script stops if it does not.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from ase import Atoms
from clusters import Cluster, clash, drawn_together, placed, shaken
from molecules import CORE, MORE, relaxed
from xtb import TRUTH_ACCURACY, XTB, Array, born_effective_charges

HERE = Path(__file__).parent
SEED = 77
SUM_RULE = 1e-10
"""e."""
STEPS_DOWN = 60
"""Steps downhill before a cluster is shaken."""


@dataclass(frozen=True)
class Truth:
    """One structure."""

    kind: str
    """`monomer`, `dimer`, `hexamer`, or `hexamer_with_strangers` (some of its molecules were never trained on)."""
    molecules: str
    numbers: Array
    positions: Array
    """(atoms, 3), Å."""
    dipole: Array
    """(3,), e Å."""
    born_effective_charges: Array
    """(atoms, 3 field, 3 displacement), e."""

    @property
    def atoms(self) -> Atoms:
        """The structure, for `les_viz.predict`."""
        return Atoms(self.numbers, self.positions, pbc=False)


def of(kind: str, name: str, numbers: Array, positions: Array) -> Truth:
    """Ask xTB about one structure.

    Raises:
        ValueError: the sum rule is broken.
    """
    born = born_effective_charges(numbers, positions)
    if abs(born.sum(axis=0)).max() > SUM_RULE:
        raise ValueError(f"{name}: Born effective charges sum to {abs(born.sum(axis=0)).max():.1e} e, not to zero")
    dipole = XTB(numbers, positions, accuracy=TRUTH_ACCURACY).label(positions).dipole
    return Truth(kind, name, numbers, positions, dipole, born)


def cluster_of(names: list[str], rng: np.random.Generator) -> Cluster:
    """Molecules in contact, on their way downhill, then shaken."""
    while True:
        start = placed([relaxed(name) for name in names], rng, contact=1.0)
        if clash(start):
            continue
        *_, last = drawn_together(start, [STEPS_DOWN])
        cluster = shaken(last, rng)
        if not clash(cluster):
            return cluster


def compositions(rng: np.random.Generator) -> Iterator[tuple[str, list[str]]]:
    """Kind and species of each structure."""
    for name in CORE:
        yield from 6 * [("monomer", [name])]
    for first in range(len(CORE)):
        for second in range(first, len(CORE)):
            yield "dimer", [CORE[first], CORE[second]]
    for name in CORE:
        yield from 2 * [("hexamer", 6 * [name])]
    for _ in range(44):
        yield "hexamer", [str(name) for name in rng.choice(CORE, size=6)]
    for _ in range(20):
        yield "hexamer_with_strangers", [str(name) for name in rng.choice(CORE + MORE, size=6)]


def write(path: Path, found: list[Truth]) -> None:
    """All of them in one file, atoms one after the other; positions to 1e-6 Å are those that xTB saw."""
    np.savez_compressed(
        path,
        kind=np.array([one.kind for one in found]),
        molecules=np.array([one.molecules for one in found]),
        n_atoms=np.array([len(one.numbers) for one in found]),
        numbers=np.concatenate([one.numbers for one in found]).astype(np.uint8),
        positions=np.concatenate([one.positions for one in found]),
        dipole=np.stack([one.dipole for one in found]),
        born_effective_charges=np.concatenate([one.born_effective_charges for one in found]).astype(np.float32),
    )


def read(path: Path) -> list[Truth]:
    """What `write` wrote."""
    with np.load(path) as stored:
        ends = np.cumsum(stored["n_atoms"])
        parts = [slice(end - size, end) for end, size in zip(ends, stored["n_atoms"], strict=True)]
        per_atom = [stored[name] for name in ("numbers", "positions", "born_effective_charges")]
        return [
            Truth(
                str(kind), str(name), per_atom[0][part].astype(int), per_atom[1][part], dipole,
                per_atom[2][part].astype(float),
            )
            for kind, name, dipole, part in zip(
                stored["kind"], stored["molecules"], stored["dipole"], parts, strict=True
            )
        ]  # fmt: skip


def main() -> None:
    """Draw, ask, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE / "truth.npz")
    options = parser.parse_args()
    rng = np.random.default_rng(SEED)
    wanted = list(compositions(rng))
    found = []
    for number, (kind, names) in enumerate(wanted, start=1):
        cluster = cluster_of(names, rng)
        positions = cluster.positions.round(6)
        found.append(of(kind, cluster.name, cluster.numbers, positions))
        print(f"\r[{'#' * round(40 * number / len(wanted)):<40}] {number}/{len(wanted)}", end="", flush=True)
    print()
    write(options.out, found)


if __name__ == "__main__":
    main()
