"""Pairs of small water clusters that lie beyond the cutoff of each other: energies and forces together and alone, PBE0.

    python sample_models/water/make_pairs.py WATER_PBE0/train.extxyz.gz OUT.extxyz [--frames N] [--seed S]

Needs `pip install pyscf` (Apache-2.0). Each frame has two parts: one to three molecules that touched in a frame of the
liquid, and another molecule, moved apart until no atom of one is closer than the cutoff to any of the other. What they
then do to each other is electrostatics alone: forces together less those of each part alone, which
`loss.interaction_forces` compares. Level of theory: PBE0/def2-SVPD with density fitting; no dispersion, which charges
could not make anyway. The coarse grid is enough: it errs alike together and alone (by 0.014 meV/Å at most in the
difference, seen on one pair in the basis aug-pc-1).

Frames are appended as they come; a second start with the same seed goes on where the first ended.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ase.io
import numpy as np
from ase import Atoms
from ase.units import Bohr, Hartree
from growing import missing_frames
from numpy.typing import NDArray
from pyscf import dft, gto

Array = NDArray[np.float64]
BASIS = "def2-svpd"
GRID_LEVEL = 1
CLOSEST = 4.5
"""Å between atoms of the two parts, at least: the cutoff of the models."""
FARTHEST = 8.0
"""Å that the closest atoms of the two parts are apart, at most."""
SIZES = (1, 2, 3)
SHARES = (0.25, 0.45, 0.3)
"""Of the first part."""


def molecules_of(frame: Atoms) -> list[NDArray[np.int64]]:
    """Atoms of each molecule, oxygen first."""
    oxygens, hydrogens = np.flatnonzero(frame.numbers == 8), np.flatnonzero(frame.numbers == 1)
    nearest = frame.get_all_distances(mic=True)[np.ix_(hydrogens, oxygens)].argmin(axis=1)
    return [np.array([o, *hydrogens[nearest == i]]) for i, o in enumerate(oxygens)]


def cluster(frame: Atoms, size: int, generator: np.random.Generator) -> Atoms:
    """A molecule and those nearest to it, whole, in the geometry of the liquid."""
    molecules = molecules_of(frame)
    oxygens = np.array([molecule[0] for molecule in molecules])
    centre = generator.integers(len(molecules))
    order = frame.get_distances(oxygens[centre], oxygens, mic=True).argsort()[:size]
    positions, numbers = [], []
    for place in order:
        molecule = molecules[place]
        oxygen = frame.positions[oxygens[centre]] + frame.get_distance(
            oxygens[centre], molecule[0], mic=True, vector=True
        )
        positions += [oxygen + frame.get_distance(molecule[0], atom, mic=True, vector=True) for atom in molecule]
        numbers += frame.numbers[molecule].tolist()
    found = Atoms(numbers, np.array(positions))
    found.positions -= found.positions.mean(axis=0)
    return found


def pair(frames: list[Atoms], generator: np.random.Generator) -> tuple[Atoms, Atoms]:
    """Two clusters in the orientations that they had, moved apart along a random line."""
    sizes = generator.choice(SIZES, p=SHARES), 1
    first, second = (cluster(frames[generator.integers(len(frames))], size, generator) for size in sizes)
    line = generator.normal(size=3)
    line /= np.linalg.norm(line)
    wanted = generator.uniform(CLOSEST, FARTHEST)
    start = second.positions.copy()
    for distance in np.arange(0.0, 40.0, 0.02):
        second.positions = start + distance * line
        gaps = np.linalg.norm(first.positions[:, None] - second.positions[None], axis=2)
        if gaps.min() >= wanted:
            break
    return first, second


def label(atoms: Atoms, guess: Array | None = None) -> tuple[float, Array, Array]:
    """Energy in eV, forces in eV/Å, density matrix."""
    symbols = atoms.get_chemical_symbols()
    molecule = gto.M(atom=list(zip(symbols, atoms.positions, strict=True)), basis=BASIS, verbose=0)
    field = dft.RKS(molecule).density_fit()
    field.xc, field.grids.level, field.conv_tol = "pbe0", GRID_LEVEL, 1e-9
    energy = field.kernel(guess)
    if not field.converged:
        raise RuntimeError("not converged")
    gradient = field.nuc_grad_method()
    gradient.grid_response = True
    return float(energy) * Hartree, -gradient.kernel() * Hartree / Bohr, field.make_rdm1()


def labelled_pair(first: Atoms, second: Atoms) -> Atoms:
    """Both together, with labels together and alone."""
    alone = [label(part) for part in (first, second)]
    sizes = [len(part[2]) for part in alone]
    guess = np.zeros((sum(sizes), sum(sizes)))
    guess[: sizes[0], : sizes[0]], guess[sizes[0] :, sizes[0] :] = alone[0][2], alone[1][2]
    both = first + second
    energy, forces, _ = label(both, guess)
    both.info["energy"], both.info["energy_apart"] = energy, alone[0][0] + alone[1][0]
    both.arrays["forces"], both.arrays["forces_apart"] = forces, np.concatenate([alone[0][1], alone[1][1]])
    both.arrays["molecule"] = np.repeat([0, 1], [len(first), len(second)])
    return both


def main() -> None:
    """Label, append."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("liquid", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    frames = ase.io.read(options.liquid, ":", format="extxyz")

    def make(number: int) -> Atoms:
        return labelled_pair(*pair(frames, np.random.default_rng((options.seed, number))))

    for made in missing_frames(options.out, range(options.frames), make):
        print(made.info["number"], len(made), flush=True)


if __name__ == "__main__":
    main()
