"""Label a polyyne and its protonated form with GFN2-xTB: the data of the sample `charge-transfer`.

    python sample_models/charge-transfer/make_data.py

C10H2 is a straight chain; C10H3+ has a proton more at one end, and the electrons of the whole chain answer to it. Each
is heated to 500 K by a Langevin thermostat, and a frame is taken every 20 fs: 300 to train on and 60, of another run,
held out. Writes `train.extxyz.gz` and `val.extxyz.gz` (energies in eV, forces in eV/Å, `total_charge` in e) and the two
relaxed molecules beside this script.
"""

import os
import tomllib
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ase.io
import numpy as np
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.optimize import FIRE
from tblite.ase import TBLite

HERE = Path(__file__).parent
TRIPLE, SINGLE, HYDROGEN = 1.21, 1.36, 1.07
"""Å, where the relaxation starts."""
N_CARBON = 10
TEMPERATURE = 500.0
"""K."""
STEP, EVERY = 1.0, 20
"""fs, and steps between frames."""
SETTLING = 300
"""Steps before the first frame."""
FRAMES = {"train": (300, 1), "val": (60, 1001)}
"""How many of each molecule, and the seed."""
TIGHT = 1e-3
"""eV/Å."""


def neutral() -> Atoms:
    """C10H2, relaxed."""
    gaps = [TRIPLE if bond % 2 == 0 else SINGLE for bond in range(N_CARBON - 1)]
    heights = np.concatenate([[0.0], np.cumsum(gaps)])
    carbons = Atoms(f"C{N_CARBON}", [(0, 0, z) for z in heights])
    ends = Atoms("H2", [(0, 0, -HYDROGEN), (0, 0, heights[-1] + HYDROGEN)])
    return relaxed(carbons + ends, 0)


def protonated() -> Atoms:
    """C10H3+, relaxed: a second hydrogen at the first carbon."""
    atoms = neutral()
    first, hydrogen = 0, N_CARBON
    atoms.positions[hydrogen] = atoms.positions[first] + HYDROGEN * np.array([np.sin(1.0), 0, -np.cos(1.0)])
    extra = atoms.positions[first] + HYDROGEN * np.array([-np.sin(1.0), 0, -np.cos(1.0)])
    return relaxed(atoms + Atoms("H", [extra]), 1)


def relaxed(atoms: Atoms, charge: int) -> Atoms:
    """With GFN2-xTB, without it at the end."""
    atoms.calc = TBLite(method="GFN2-xTB", charge=charge, verbosity=0)
    FIRE(atoms, logfile=None).run(fmax=TIGHT, steps=2000)
    atoms.calc = None
    atoms.info["total_charge"] = charge
    return atoms


def heated(start: Atoms, count: int, seed: int) -> list[Atoms]:
    """Labelled frames of one run."""
    rng = np.random.default_rng(seed)
    atoms = start.copy()
    atoms.calc = TBLite(method="GFN2-xTB", charge=start.info["total_charge"], verbosity=0)
    MaxwellBoltzmannDistribution(atoms, temperature_K=TEMPERATURE, rng=rng)
    run = Langevin(atoms, STEP * units.fs, temperature_K=TEMPERATURE, friction=0.02 / units.fs, rng=rng)
    run.run(SETTLING)
    frames = []
    for _ in range(count):
        run.run(EVERY)
        frame = Atoms(atoms.numbers, atoms.positions, info=dict(start.info))
        frame.calc = SinglePointCalculator(frame, energy=atoms.get_potential_energy(), forces=atoms.get_forces())
        frames.append(frame)
    return frames


def main() -> None:
    """Relax, heat, write."""
    molecules = {"c10h2.extxyz": neutral(), "c10h3_plus.extxyz": protonated()}
    for name, (count, seed) in FRAMES.items():
        frames = [frame for number, one in enumerate(molecules.values()) for frame in heated(one, count, seed + number)]
        ase.io.write(HERE / f"{name}.extxyz.gz", frames, format="extxyz")
    about = tomllib.loads((HERE / "about.toml").read_text(encoding="utf-8"))
    for name, atoms in molecules.items():
        atoms.info["source"] = about["structures"][name]
        ase.io.write(HERE / name, atoms, format="extxyz")


if __name__ == "__main__":
    main()
