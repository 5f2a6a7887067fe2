"""Dipoles and Born effective charges of water clusters that no model was trained on: PBE0 in finite fields.

    python sample_models/water/make_born.py WATER_PBE0/val.extxyz.gz OUT.extxyz [--clusters N]

Needs `pip install pyscf` (Apache-2.0). Clusters of two to four molecules that touch in held-out frames of the liquid,
at the level of theory of make_pairs.py. Born effective charges are (atom, field direction, displacement direction): the
forces in fields of ±0.002 a.u. along each axis, their difference over twice the field.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ase.io
import numpy as np
from ase import Atoms
from ase.units import Bohr
from growing import missing_frames
from make_pairs import BASIS, GRID_LEVEL, cluster
from numpy.typing import NDArray
from pyscf import dft, gto

Array = NDArray[np.float64]
FIELD = 2e-3
"""Atomic units."""
SIZES = (2, 3, 4)


def in_field(molecule: gto.Mole, field: Array, guess: Array | None = None) -> tuple[dft.rks.RKS, Array]:
    """The converged calculation in a homogeneous field, and the forces; atomic units."""
    found = dft.RKS(molecule).density_fit()
    found.xc, found.grids.level, found.conv_tol = "pbe0", GRID_LEVEL, 1e-10
    bare = found.get_hcore()
    found.get_hcore = lambda *_: bare + np.einsum("x,xij->ij", field, molecule.intor("int1e_r"))
    found.kernel(guess)
    gradient = found.nuc_grad_method()
    gradient.grid_response = True
    turning = molecule.intor("int1e_irp").reshape(3, 3, molecule.nao, molecule.nao)  # <i| r_a d_b |j>
    plain = gradient.get_hcore(molecule)
    gradient.get_hcore = lambda *_: plain - np.einsum("a,abij->bji", field, turning)
    nuclear = molecule.atom_charges()[:, None] * field
    return found, -gradient.kernel() + nuclear


def labelled(atoms: Atoms) -> Atoms:
    """With `dipole` in e Å and `born_effective_charges` in e."""
    symbols = atoms.get_chemical_symbols()
    molecule = gto.M(atom=list(zip(symbols, atoms.positions, strict=True)), basis=BASIS, verbose=0)
    still, _ = in_field(molecule, np.zeros(3))
    guess = still.make_rdm1()
    born = np.zeros((len(atoms), 3, 3))
    for axis in range(3):
        forces = [in_field(molecule, sign * FIELD * np.eye(3)[axis], guess)[1] for sign in (1, -1)]
        born[:, axis] = (forces[0] - forces[1]) / (2 * FIELD)
    found = atoms.copy()
    found.info["dipole"] = still.dip_moment(unit="AU", verbose=0) * Bohr
    found.arrays["born_effective_charges"] = born.reshape(-1, 9)
    return found


def main() -> None:
    """Compute, append."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("liquid", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clusters", type=int, default=9)
    options = parser.parse_args()
    frames = ase.io.read(options.liquid, ":", format="extxyz")

    def make(number: int) -> Atoms:
        generator = np.random.default_rng((1, number))
        return labelled(cluster(frames[generator.integers(len(frames))], SIZES[number % 3], generator))

    for made in missing_frames(options.out, range(options.clusters), make):
        left = np.abs(made.arrays["born_effective_charges"].sum(axis=0)).max()
        print(f"{made.info['number']}: {len(made)} atoms, sum of the tensors at most {left:.1e} e from 0", flush=True)


if __name__ == "__main__":
    main()
