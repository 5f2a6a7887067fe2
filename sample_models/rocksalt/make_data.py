"""Label distorted crystals of NaCl and MgO with PBE by GPAW: the data of the sample `rocksalt`.

    /usr/bin/python3 sample_models/rocksalt/make_data.py data/rocksalt --compound NaCl   # and with --first 30 beside it
    /usr/bin/python3 sample_models/rocksalt/make_data.py data/rocksalt --compound NaCl --collect

and the same for MgO. Before `--collect` runs `--mesh` once.

Runs apart from les_viz, in a Python that has GPAW (`apt-get install gpaw gpaw-data`). Frame n is the same in every run;
finished frames lie in `OUT_FOLDER/parts` and are not computed again, so the program may be stopped at any time.
Four frames of eight atoms (the cubic cell, strained) alternate with two of twelve: three cubic cells tall and as narrow
as can be, in which a plane wave of opposite displacements of cations and anions runs up the cell. Only such long waves
tell charges from forces that end at a cutoff: their longitudinal kind costs more energy than their transverse kind.
The two kinds of cells have meshes of k points of their own, which err by up to 18 meV/atom; `--mesh` computes by how
much in the perfect crystal, with a mesh twice as dense, and writes `mesh.json`, whose figures `--collect` adds.
`--collect` writes `train.extxyz.gz` and `val.extxyz.gz` (every seventh frame) to the compound's folder, energies in eV
and forces in eV/Å.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import ase.io
import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.calculators.singlepoint import SinglePointCalculator

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Compound:
    """A crystal and how it is labelled."""

    name: str
    lattice_constant: float
    """Å, about that of PBE."""
    plane_waves: float
    """Kinetic energy up to which plane waves are taken, eV."""
    setups: "dict[str, str]"
    """PAW data sets other than GPAW's first choice: those without the cation's 2p shell."""
    largest_spread: float
    """Å, of random displacements: at about 800 K."""
    folder: Path
    """Of its sample."""


COMPOUNDS = {
    "NaCl": Compound("NaCl", 5.70, 280.0, {"Na": "1"}, 0.22, HERE),
    "MgO": Compound("MgO", 4.25, 480.0, {"Mg": "2"}, 0.14, HERE.parent / "rocksalt-mgo"),
}
SMALLEST_SPREAD = 0.02
"""Å."""
STRAIN, SHEAR = 0.04, 0.02
CUBIC_FRAMES, TALL_FRAMES = 4, 2
"""In turn, each of them in one strained cell."""
WAVE = 0.6
"""Largest amplitude of the wave, times `largest_spread`."""
HELD_OUT_EVERY = 7
CUBIC_ATOMS = 8
MESH = "mesh.json"
"""In the folder of a sample: what denser meshes of k points add, eV/atom, by kind of cell."""


def frame(compound: Compound, number: int) -> Atoms:
    """The structure of this number, without labels."""
    group, place = divmod(number, CUBIC_FRAMES + TALL_FRAMES)
    tall = place >= CUBIC_FRAMES
    atoms = tall_cell(compound) if tall else bulk(compound.name, "rocksalt", a=compound.lattice_constant, cubic=True)
    strain(atoms, np.random.default_rng([1, group, int(tall)]))
    rng = np.random.default_rng([2, number])
    spread = rng.uniform(SMALLEST_SPREAD, compound.largest_spread)
    moves = rng.normal(scale=spread, size=(len(atoms), 3))
    if tall:
        moves += wave(atoms, rng) * WAVE * compound.largest_spread
    atoms.positions += moves - moves.mean(axis=0)
    atoms.info = {"frame": f"{compound.name} {number}"}
    return atoms


def tall_cell(compound: Compound) -> Atoms:
    """Twelve atoms: a square of one cation and one anion, six layers along z."""
    width, step = compound.lattice_constant / np.sqrt(2), compound.lattice_constant / 2
    cell = bulk(compound.name, "rocksalt", a=compound.lattice_constant)
    cation, anion = cell.get_chemical_symbols()
    symbols, scaled = [], []
    for layer in range(6):
        corner, middle = (cation, anion) if layer % 2 == 0 else (anion, cation)
        symbols += [corner, middle]
        scaled += [(0, 0, layer / 6), (0.5, 0.5, layer / 6)]
    return Atoms(symbols, cell=[width, width, 6 * step], scaled_positions=scaled, pbc=True)


def strain(atoms: Atoms, rng: np.random.Generator) -> None:
    """Deform the cell at random, and the atoms with it."""
    deformation = rng.uniform(-SHEAR, SHEAR, (3, 3))
    deformation = (deformation + deformation.T) / 2
    np.fill_diagonal(deformation, rng.uniform(-STRAIN, STRAIN) / 2 + rng.uniform(-STRAIN, STRAIN, 3) / 2)
    atoms.set_cell(atoms.cell.array @ (np.eye(3) + deformation), scale_atoms=True)


def wave(atoms: Atoms, rng: np.random.Generator) -> np.ndarray:
    """Displacements of at most 1: a wave of one or two periods, cations against anions, in a random direction."""
    height = atoms.get_scaled_positions()[:, 2]
    direction = rng.normal(size=3)
    direction *= rng.uniform(0.2, 1.0) / np.linalg.norm(direction)
    sign = np.where(atoms.numbers == atoms.numbers[0], 1.0, -1.0)
    phase = 2 * np.pi * (rng.integers(1, 3) * height + rng.uniform())
    return (sign * np.cos(phase))[:, None] * direction


def calculator(compound: Compound, log: Path, *, tall: bool, perfect: bool = False, denser: int = 1) -> Calculator:
    """GPAW, for an insulator: nearly as dense a mesh of k points in both kinds of cells, quick mixing.

    Args:
        compound: what to compute.
        log: what GPAW says.
        tall: the tall kind of cell.
        perfect: whether to use the symmetry of the perfect crystal.
        denser: factor on the points in each direction.
    """
    from gpaw import GPAW, PW, Mixer
    from gpaw.eigensolvers import Davidson

    points, gamma = ((3, 3, 1), True) if tall else ((2, 2, 2), False)
    return GPAW(
        mode=PW(compound.plane_waves),
        xc="PBE",
        kpts={"size": tuple(denser * number for number in points), "gamma": gamma},
        setups=compound.setups,
        occupations={"name": "fixed-uniform"},
        symmetry={"point_group": perfect},
        mixer=Mixer(0.4, 5, 1.0),
        eigensolver=Davidson(niter=1),
        nbands=-1,  # occupied and one more
        convergence={"density": 2e-4, "energy": 3e-5, "eigenstates": 1e-5},
        txt=str(log),
    )


def label(compound: Compound, first: int, out: Path) -> None:
    """Compute what is missing from frame number `first` on, until stopped."""
    kept = None
    for number in count(first):
        path = out / "parts" / f"{compound.name}_{number:04d}.extxyz"
        if path.exists():
            continue
        atoms = frame(compound, number)
        if kept is None or kept[0].cell.array.tolist() != atoms.cell.array.tolist():
            log = out / f"{compound.name}_{first}.txt"
            kept = atoms.copy(), calculator(compound, log, tall=len(atoms) > CUBIC_ATOMS)
        atoms.calc = kept[1]
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
        ase.io.write(path.with_suffix(".unfinished"), atoms, format="extxyz")
        path.with_suffix(".unfinished").replace(path)
        print(path.stem, f"{energy / len(atoms):.6f} eV/atom", flush=True)


def mesh(compound: Compound, out: Path) -> None:
    """Write what denser meshes of k points add to the energy of the perfect crystal, eV/atom."""
    added = {}
    for kind, tall in (("cubic", False), ("tall", True)):
        energies = []
        for denser in (1, 2):
            atoms = (
                tall_cell(compound)
                if tall
                else bulk(compound.name, "rocksalt", a=compound.lattice_constant, cubic=True)
            )
            log = out / f"{compound.name}_mesh.txt"
            atoms.calc = calculator(compound, log, tall=tall, perfect=True, denser=denser)
            energies.append(atoms.get_potential_energy() / len(atoms))
        added[kind] = round(energies[1] - energies[0], 6)
    (compound.folder / MESH).write_text(json.dumps(added, indent=1) + "\n", encoding="utf-8")
    print(added)


def collect(compound: Compound, out: Path) -> None:
    """Write the sets of what there is."""
    added = json.loads((compound.folder / MESH).read_text(encoding="utf-8"))
    held_out, kept = [], []
    for path in sorted((out / "parts").glob(f"{compound.name}_*.extxyz")):
        number = int(path.stem.split("_")[1])
        labelled = ase.io.read(path, format="extxyz")
        energy, forces = labelled.get_potential_energy(), labelled.get_forces()
        energy += len(labelled) * added["tall" if len(labelled) > CUBIC_ATOMS else "cubic"]
        labelled.calc = SinglePointCalculator(labelled, energy=energy, forces=forces)
        labelled.arrays.pop("forces", None)  # old ASE holds them twice and warns
        (held_out if number % HELD_OUT_EVERY == 0 else kept).append(labelled)
    ase.io.write(compound.folder / "train.extxyz.gz", kept, format="extxyz")
    ase.io.write(compound.folder / "val.extxyz.gz", held_out, format="extxyz")
    print(f"{len(kept)} frames to train on, {len(held_out)} held out")


def main() -> None:
    """Label one compound, or collect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--compound", choices=COMPOUNDS, required=True)
    parser.add_argument("--mesh", action="store_true", help="compute what denser meshes of k points add")
    parser.add_argument("--collect", action="store_true", help="write the sets of what there is")
    parser.add_argument("--first", type=int, default=0, help="number of the frame to begin with")
    options = parser.parse_args()
    (options.out / "parts").mkdir(parents=True, exist_ok=True)
    if options.mesh:
        mesh(COMPOUNDS[options.compound], options.out)
    elif options.collect:
        collect(COMPOUNDS[options.compound], options.out)
    else:
        label(COMPOUNDS[options.compound], options.first, options.out)


if __name__ == "__main__":
    main()
