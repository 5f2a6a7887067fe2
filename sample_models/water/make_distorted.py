"""Liquid water with a few molecules bent out of shape: what a model must know of short bonds and of protons that move.

    python sample_models/water/make_distorted.py WATER_PBE0/train.extxyz.gz OUT.extxyz [--frames N] [--first I]

A model that saw nothing but water in its well extrapolates beyond, and finds holes there: in dynamics a proton slides
along its hydrogen bond, or an O-H bond shrinks, and the energy falls without end. Here some molecules of a labelled
frame are distorted, and the change of energy and forces, from the frame to its distorted copy, is computed by GFN1-xTB
in the same periodic cell and added to the frame's own labels (PBE0+TS). Only the change is of the lower level of
theory, and it is large only where the distortion is.

Needs `pip install tblite`. Frames are appended as they come; a second start with the same arguments goes on where the
first ended. Each is drawn by its own number (`number` in the file), whatever came before: numbers 0 to 35, 55 to 74 and
75 to 149 were made (20 s each), the last ten are `distorted_xtb_held_out.extxyz.gz` and the others
`distorted_xtb.extxyz.gz`, rounded to 1e-6 Å, 1e-5 eV/Å and 1e-6 eV. Their undistorted atoms are those of water_pbe0
(deepmodeling/deepmd-kit, LGPL-3.0).

Against PBE0/def2-SVPD on ten distorted dimers in vacuum, GFN1-xTB errs by 5 to 38 % (median 12 %) of the change of the
forces.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ase.io
import numpy as np
from ase import Atoms
from ase.calculators.calculator import CalculationFailed
from growing import missing_frames
from numpy.typing import NDArray
from tblite.ase import TBLite

Array = NDArray[np.float64]
METHOD = "GFN1-xTB"
SITES = 5
"""Distorted places in a frame, at most."""
APART = 5.0
"""Å between the oxygens of two distorted places, at least."""
LARGEST_FORCE = 25.0
"""eV/Å: frames beyond are drawn again; nothing at 300 K goes there."""


def vector(atoms: Atoms, start: int, end: int) -> Array:
    """Å, the shortest one in the periodic cell."""
    found: Array = atoms.get_distance(start, end, mic=True, vector=True)
    return found


def hydrogens_of(atoms: Atoms, oxygen: int) -> NDArray[np.int64]:
    """The two nearest hydrogens."""
    hydrogens = np.flatnonzero(atoms.numbers == 1)
    nearest: NDArray[np.int64] = hydrogens[atoms.get_distances(oxygen, hydrogens, mic=True).argsort()[:2]]
    return nearest


def acceptor_of(atoms: Atoms, oxygen: int, hydrogen: int) -> int:
    """The oxygen that the hydrogen points at."""
    others = np.flatnonzero(atoms.numbers == 8)
    others = others[others != oxygen]
    return int(others[atoms.get_distances(hydrogen, others, mic=True).argmin()])


def approach(atoms: Atoms, oxygen: int, generator: np.random.Generator) -> None:
    """Push the molecule towards the one that it donates to."""
    hydrogens = hydrogens_of(atoms, oxygen)
    acceptor = acceptor_of(atoms, oxygen, int(generator.choice(hydrogens)))
    line = vector(atoms, oxygen, acceptor)
    length = np.linalg.norm(line)
    wanted = generator.uniform(2.2, 2.55)
    if length > wanted:
        atoms.positions[[oxygen, *hydrogens]] += line * (1 - wanted / length)


def transfer(atoms: Atoms, oxygen: int, generator: np.random.Generator) -> None:
    """Slide a proton along its hydrogen bond, part of the way or all of it; the molecules may come closer for it."""
    if generator.random() < 0.6:
        approach(atoms, oxygen, generator)
    hydrogen = int(generator.choice(hydrogens_of(atoms, oxygen)))
    line = vector(atoms, oxygen, acceptor_of(atoms, oxygen, hydrogen))
    length = np.linalg.norm(line)
    distance = generator.uniform(0.85, max(length - 0.85, 1.3))
    atoms.positions[hydrogen] = atoms.positions[oxygen] + line / length * distance + generator.normal(0, 0.08, 3)


def stretch(atoms: Atoms, oxygen: int, generator: np.random.Generator) -> None:
    """Shorten or lengthen one O-H bond or both."""
    for hydrogen in generator.permutation(hydrogens_of(atoms, oxygen))[: generator.integers(1, 3)]:
        line = vector(atoms, oxygen, int(hydrogen))
        low, high = ((0.74, 0.9), (1.05, 1.4))[int(generator.random() < 0.4)]
        atoms.positions[hydrogen] += line * (generator.uniform(low, high) / np.linalg.norm(line) - 1)


def bend(atoms: Atoms, oxygen: int, generator: np.random.Generator) -> None:
    """Close or open the angle."""
    first, second = hydrogens_of(atoms, oxygen)
    a, b = vector(atoms, oxygen, int(first)), vector(atoms, oxygen, int(second))
    along = a / np.linalg.norm(a)
    across = b - (b @ along) * along
    across /= np.linalg.norm(across)
    angle = np.radians(generator.choice([generator.uniform(55, 90), generator.uniform(120, 170)]))
    atoms.positions[second] = atoms.positions[oxygen] + np.linalg.norm(b) * (
        np.cos(angle) * along + np.sin(angle) * across
    )


def shake(atoms: Atoms, oxygen: int, generator: np.random.Generator) -> None:
    """Move the three atoms at random."""
    molecule = [oxygen, *hydrogens_of(atoms, oxygen)]
    atoms.positions[molecule] += generator.normal(0, generator.uniform(0.05, 0.15), (3, 3))


DISTORTIONS = (transfer, stretch, bend, approach, shake)
SHARES = (0.4, 0.2, 0.1, 0.15, 0.15)


def distorted(frame: Atoms, generator: np.random.Generator) -> Atoms:
    """A copy with a few distorted molecules, far from each other."""
    atoms = frame.copy()
    chosen: list[int] = []
    for oxygen in generator.permutation(np.flatnonzero(frame.numbers == 8)):
        if len(chosen) < SITES and (not chosen or frame.get_distances(oxygen, chosen, mic=True).min() > APART):
            chosen.append(int(oxygen))
            DISTORTIONS[generator.choice(len(DISTORTIONS), p=SHARES)](atoms, int(oxygen), generator)
    return atoms


def by_xtb(atoms: Atoms) -> tuple[float, Array]:
    """Energy in eV and forces in eV/Å."""
    copy = Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    copy.calc = TBLite(method=METHOD, verbosity=0)
    return float(copy.get_potential_energy()), copy.get_forces()


def labelled(frame: Atoms, generator: np.random.Generator) -> Atoms:
    """A distorted copy of a frame with the frame's labels, changed by what GFN1-xTB says of the distortion."""
    energy, forces = by_xtb(frame)
    new_forces = np.full_like(forces, np.inf)
    while np.abs(new_forces).max() > LARGEST_FORCE:
        made = distorted(frame, generator)
        try:
            new_energy, new_forces = by_xtb(made)
        except CalculationFailed:  # SCF not converged: drawn again too
            continue
    labels = frame.calc.results
    result = Atoms(made.numbers, made.positions, cell=made.cell, pbc=True)
    result.info["energy"] = labels["energy"] + new_energy - energy
    result.arrays["forces"] = labels["forces"] + new_forces - forces
    return result


def main() -> None:
    """Label, append."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("liquid", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="frame of the liquid to begin with")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    frames = ase.io.read(options.liquid, ":", format="extxyz")

    def make(number: int) -> Atoms:
        return labelled(frames[number], np.random.default_rng((options.seed, number)))

    for made in missing_frames(options.out, range(options.first, options.first + options.frames), make):
        print(made.info["number"], flush=True)


if __name__ == "__main__":
    main()
