"""Write the structures bundled with this sample: small complexes that were never trained on, relaxed by GFN2-xTB.

python sample_models/organic/make_structures.py
"""

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ase.io
import numpy as np
from ase import Atoms
from clusters import Cluster, clash, placed
from molecules import relaxed
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from xtb import XTB, Array

HERE = Path(__file__).parent
STARTS = 6
"""Random starts of each complex; the lowest is kept."""
HYDROGEN_BOND = 1.7
"""Å from hydrogen to oxygen, where the formic acid dimer starts."""
CHOICES = {
    # seed and molecules
    "water_dimer.extxyz": (0, ("H2O", "H2O")),
    "methanol_water.extxyz": (2, ("CH3OH", "H2O")),
    "hydrogen_cyanide_trimer.extxyz": (3, ("HCN", "HCN", "HCN")),
    "mixed_hexamer.extxyz": (4, ("H2O", "H2CO", "NH3", "HCN", "HCOOH", "CH3OH")),
}


def minimum(cluster: Cluster) -> tuple[float, Array]:
    """Energy in eV and positions (atoms, 3) in Å after relaxation."""
    xtb = XTB(cluster.numbers, cluster.positions, accuracy=1e-2)

    def energy_and_gradient(flat: Array) -> tuple[float, Array]:
        label = xtb.label(flat.reshape(-1, 3))
        return label.energy, -label.forces.ravel()

    options = {"gtol": 5e-3, "maxiter": 300}
    found = minimize(energy_and_gradient, cluster.positions.ravel(), jac=True, method="L-BFGS-B", options=options)
    return float(found.fun), found.x.reshape(-1, 3)


def complex_of(names: Sequence[str], seed: int) -> Atoms:
    """The lowest minimum from a few random starts."""
    rng = np.random.default_rng(seed)
    starts: list[Cluster] = []
    while len(starts) < STARTS:
        start = placed([relaxed(name) for name in names], rng, contact=1.0)
        if not clash(start):
            starts.append(start)
    _, positions = min((minimum(start) for start in starts), key=lambda found: found[0])
    return Atoms(starts[0].numbers, positions - positions.mean(axis=0), pbc=False)


def formic_acid_dimer() -> Atoms:
    """The ring with two hydrogen bonds: two molecules that an inversion maps on each other, relaxed."""
    acid = relaxed("HCOOH")
    hydrogens, oxygens = np.flatnonzero(acid.numbers == 1), np.flatnonzero(acid.numbers == 8)
    distances = cdist(acid.positions[hydrogens], acid.positions[oxygens])
    donor = oxygens[distances.min(axis=0).argmin()]
    proton = hydrogens[distances.min(axis=1).argmin()]
    acceptor = next(oxygen for oxygen in oxygens if oxygen != donor)
    bond = acid.positions[proton] - acid.positions[donor]
    there = acid.positions[proton] + HYDROGEN_BOND * bond / np.linalg.norm(bond)
    inverted = there + acid.positions[acceptor] - acid.positions
    _, positions = minimum(Cluster([acid, acid], np.concatenate((acid.positions, inverted))))
    return Atoms(np.tile(acid.numbers, 2), positions - positions.mean(axis=0), pbc=False)


def main() -> None:
    """Write them beside this script."""
    sources = tomllib.loads((HERE / "about.toml").read_text(encoding="utf-8"))["structures"]
    found = {name: complex_of(molecules, seed) for name, (seed, molecules) in CHOICES.items()}
    for name, atoms in {**found, "formic_acid_dimer.extxyz": formic_acid_dimer()}.items():
        atoms.info["source"] = sources[name]
        ase.io.write(HERE / name, atoms, format="extxyz")


if __name__ == "__main__":
    main()
