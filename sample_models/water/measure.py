"""Score a water model against what it was never shown: Wannier dipoles, the tail of a dimer, distorted molecules.

    python sample_models/water/measure.py MODEL --wannier DATA_FOLDER [--twin SHORT_RANGE_MODEL] [--out truth.json]

DATA_FOLDER holds `total_dipole.extxyz.gz` and `total_polarizability.extxyz.gz` of water_wannier (from the examples of
deepmodeling/deepmd-kit, LGPL-3.0): total dipoles of 80 cells of 64 H2O, and polarisabilities of 80 others. The unit of
the dipoles is not documented (10 debye gives a mean molecular dipole of 2.9 D), so they are scored with one free factor
and no offset; R² counts the variance about the mean of each axis.

How a dipole is put together matters where molecules are not neutral, hence three ways: `charges`, the two O-H vectors
of each molecule times the charges of their hydrogens; `born`, the same with the hydrogens' Born effective charges;
`model`, the dipole that `les_viz.predict` gives.

Distorted molecules (`distorted_xtb_held_out.extxyz.gz`, by make_distorted.py) show whether the model knows of short
bonds and of protons that move: where it does not, dynamics falls into holes.

Clusters in vacuum (`clusters_pbe0.extxyz.gz`, by make_born.py) have dipoles and Born effective charges of PBE0. Nothing
screens there from outside: charges count as they are in the forces, without √ε∞.

ε∞ follows from the polarisability: a periodic calculation answers to the macroscopic field, so ε∞ = 1 + 4πα/V. (Put
into the Clausius-Mossotti relation it would be counted with the local field a second time.)
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ase.io
import numpy as np
from ase import Atoms
from numpy.typing import NDArray

import les_viz
from les_viz.models.model import LESModel
from les_viz.units import DEBYE

Array = NDArray[np.float64]
HERE = Path(__file__).parent
MILLI = 1000.0
DIGITS = 4
NOISE_DIGITS = 6
"""Decimals of a difference in meV between energies of a thousand eV; beyond, it is rounding."""
CLUSTERS = "clusters_pbe0.extxyz.gz"
DISTORTED = "distorted_xtb_held_out.extxyz.gz"
TEN_DEBYE = 10 * DEBYE
"""The likely unit of the dipoles, e Å."""
SEPARATIONS = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0)
"""O-O distances of the dimer, Å."""


def hydrogen_vectors(atoms: Atoms) -> tuple[Array, Array]:
    """The hydrogens (2 · molecules,) and the vector (2 · molecules, 3) to each from its oxygen, Å."""
    hydrogens, oxygens = np.flatnonzero(atoms.numbers == 1), np.flatnonzero(atoms.numbers == 8)
    offsets = atoms.positions[hydrogens][:, None] - atoms.positions[oxygens][None]
    fractions = offsets @ np.linalg.inv(atoms.cell.array)
    offsets = (fractions - fractions.round()) @ atoms.cell.array
    nearest = (offsets**2).sum(axis=2).argmin(axis=1)
    return hydrogens, offsets[np.arange(len(hydrogens)), nearest]


def dipoles(model: LESModel, frames: list[Atoms]) -> dict[str, Array]:
    """(frames, 3), e Å, in each of the three ways."""
    found = les_viz.predict(model, frames, quantities={"dipole", "born_effective_charges"})
    ways: dict[str, list[Array]] = {"charges": [], "born": [], "model": []}
    for atoms, one in zip(frames, found, strict=True):
        hydrogens, vectors = hydrogen_vectors(atoms)
        ways["charges"].append(one.partial_charges[hydrogens] @ vectors)
        ways["born"].append(np.einsum("iab,ib->a", one.born_effective_charges[hydrogens], vectors))
        ways["model"].append(one.dipole)
    return {name: np.array(values) for name, values in ways.items()}


def scores(truth: Array, found: Array) -> dict[str, float]:
    """R² with the best factor, and that factor, which multiplies what was found.

    Args:
        truth: (frames, 3), e Å if the unit is 10 debye.
        found: (frames, 3), e Å.
    """
    factor = float((truth * found).sum() / (found**2).sum())
    left = truth - factor * found
    return {
        "r2": rounded(1 - float((left**2).sum() / ((truth - truth.mean(axis=0)) ** 2).sum())),
        "factor_if_unit_is_10_debye": rounded(factor),
    }


def epsilon_infinity(frames: list[Atoms]) -> dict[str, float]:
    """From polarisabilities in Å³, by 1 + 4πα/V; and what Clausius-Mossotti would say."""
    mean = [np.trace(np.reshape(frame.info["polarizability"], (3, 3))) / 3 for frame in frames]
    ratio = 4 * np.pi * np.array(mean) / np.array([frame.get_volume() for frame in frames])
    value = float((1 + ratio).mean())
    return {
        "value": rounded(value),
        "root": rounded(value**0.5),
        "by_clausius_mossotti": rounded(float(((1 + 2 * ratio / 3) / (1 - ratio / 3)).mean())),
    }


def clusters(model: LESModel) -> dict[str, float]:
    """Dipoles and Born effective charges of clusters in vacuum, as predicted and with the best factor.

    Args:
        model: ε∞ is taken to be 1.
    """
    frames = ase.io.read(HERE / CLUSTERS, ":", format="extxyz")
    in_vacuum = model.rescaled(epsilon_infinity=1.0)
    found = les_viz.predict(in_vacuum, frames, quantities={"dipole", "born_effective_charges"})
    pairs = {
        "dipole": [(frame.calc.results["dipole"], one.dipole) for frame, one in zip(frames, found, strict=True)],
        "born": [
            (frame.calc.results["born_effective_charges"].reshape(-1, 9), one.born_effective_charges.reshape(-1, 9))
            for frame, one in zip(frames, found, strict=True)
        ],
    }
    figures = {}
    for name, both in pairs.items():
        truth, values = (np.concatenate([np.atleast_2d(pair[side]) for pair in both]) for side in (0, 1))
        spread = ((truth - truth.mean(axis=0)) ** 2).sum()
        factor = float((truth * values).sum() / (values**2).sum())
        figures[f"{name}_r2"] = rounded(1 - float(((truth - values) ** 2).sum() / spread))
        figures[f"{name}_r2_with_factor"] = rounded(1 - float(((truth - factor * values) ** 2).sum() / spread))
        figures[f"{name}_factor"] = rounded(factor)
    return figures


def dimer_tail(model: LESModel, dimer: Atoms) -> dict[str, float]:
    """Interaction energies in meV by O-O distance.

    Args:
        model: with or without electrostatics.
        dimer: the bundled one, O-O along x; atoms 0-2 and 3-5.
    """
    apart = [les_viz.predict(model, dimer[part], quantities={"energy"}).energy for part in ([0, 1, 2], [3, 4, 5])]
    found = {}
    for distance in SEPARATIONS:
        moved = dimer.copy()
        moved.positions[3:, 0] += distance - dimer.get_distance(0, 3)
        energy = les_viz.predict(model, moved, quantities={"energy"}).energy
        found[f"{distance:g}"] = rounded(round(MILLI * (energy - sum(apart)), NOISE_DIGITS))
    return found


def distorted(model: LESModel) -> dict[str, float]:
    """Errors on held-out frames with distorted molecules: of the forces in meV/Å, of the energy of a frame in eV."""
    frames = ase.io.read(HERE / DISTORTED, ":", format="extxyz")
    found = les_viz.predict(model, frames, quantities={"energy", "forces"})
    energies = [one.energy - frame.get_potential_energy() for frame, one in zip(frames, found, strict=True)]
    forces = [one.forces - frame.get_forces() for frame, one in zip(frames, found, strict=True)]
    return {
        "force_rmse_meV_per_A": rounded(MILLI * float(np.sqrt(np.mean(np.square(forces))))),
        "energy_rmse_eV": rounded(float(np.sqrt(np.mean(np.square(energies))))),
    }


def rounded(value: float) -> float:
    """To so many significant digits."""
    return float(f"{value:.{DIGITS}g}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--wannier", type=Path, required=True, help="folder of water_wannier")
    parser.add_argument("--twin", help="the model without electrostatics")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    frames = ase.io.read(options.wannier / "total_dipole.extxyz.gz", ":", format="extxyz")
    for frame in frames:
        frame.pbc = True
    truth = np.array([frame.info["dipole_ref"] for frame in frames]) * TEN_DEBYE
    fixed = np.array([vectors.sum(axis=0) for _, vectors in map(hydrogen_vectors, frames)])
    model = les_viz.load_model(options.model)
    dimer = les_viz.read(HERE / "water_dimer.extxyz")
    figures: dict[str, Any] = {
        "epsilon_infinity": epsilon_infinity(
            ase.io.read(options.wannier / "total_polarizability.extxyz.gz", ":", format="extxyz")
        ),
        "dipole": {name: scores(truth, found) for name, found in dipoles(model, frames).items()},
        "clusters": clusters(model),
        "dimer_tail_meV": {"long_range": dimer_tail(model, dimer)},
        "distorted": {"long_range": distorted(model)},
    }
    figures["dipole"]["fixed_charges"] = scores(truth, fixed)
    if options.twin:
        twin = les_viz.load_model(options.twin)
        figures["dimer_tail_meV"]["short_range"] = dimer_tail(twin, dimer)
        figures["distorted"]["short_range"] = distorted(twin)
    text = json.dumps(figures, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
