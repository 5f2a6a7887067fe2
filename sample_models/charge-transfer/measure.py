"""Score a model of this sample: what its charges know of a proton at the other end of the chain.

    python sample_models/charge-transfer/measure.py MODEL [--twin SHORT_RANGE_MODEL] [--out truth.json]

Both molecules are put on the same chain of carbons, that of C10H2, so that all that differs at the far end is what
happened at the near one. Truth: Mulliken charges of GFN2-xTB and its forces, never trained on there. Atoms count as far
where no atom within the cutoff differs. Held-out errors are those of each molecule's frames.
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
from tblite.ase import TBLite

import les_viz
from les_viz.models.model import LESModel

HERE = Path(__file__).parent
MILLI = 1000.0
DIGITS = 3
NOTHING = 1e-9
"""What is smaller is rounding."""


def near_end(atoms: Atoms) -> float:
    """Height of the carbon at which the two molecules differ, Å."""
    return float(atoms.positions[0, 2])


def on_one_chain() -> tuple[Atoms, Atoms]:
    """C10H2, relaxed, and C10H3+ with the same carbons and the same hydrogen at the far end."""
    neutral, cation = (les_viz.read(HERE / name) for name in ("c10h2.extxyz", "c10h3_plus.extxyz"))
    moved = cation.copy()
    shift = neutral.positions[0] - cation.positions[0]
    moved.positions += shift
    far = len(neutral) - 1
    moved.positions[1 : far - 1] = neutral.positions[1 : far - 1]
    moved.positions[far] = neutral.positions[far]
    return neutral, moved


def far_atoms(neutral: Atoms, cutoff: float) -> NDArray[np.int64]:
    """Atoms of both molecules from which nothing that differs is in reach."""
    return np.flatnonzero(neutral.positions[:, 2] - near_end(neutral) > cutoff + 1.5)


def xtb(atoms: Atoms) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mulliken charges, e, and forces, eV/Å."""
    atoms = atoms.copy()
    atoms.calc = TBLite(method="GFN2-xTB", charge=int(atoms.info["total_charge"]), verbosity=0)
    return atoms.get_charges(), atoms.get_forces()


def far_end(model: LESModel, twin: LESModel | None) -> dict[str, Any]:
    """What the proton changes at the far end: summed charges, e, and forces, root mean square in eV/Å."""
    neutral, cation = on_one_chain()
    far = far_atoms(neutral, model.cutoff)
    (q_neutral, f_neutral), (q_cation, f_cation) = xtb(neutral), xtb(cation)
    truth = f_cation[far] - f_neutral[far]
    found = [les_viz.predict(model, atoms, quantities={"latent_charges"}) for atoms in (neutral, cation)]
    figures: dict[str, Any] = {
        "atoms": len(far),
        "charge_moved_e": rounded(found[1].partial_charges[far].sum() - found[0].partial_charges[far].sum()),
        "charge_moved_by_xtb_e": rounded(q_cation[far].sum() - q_neutral[far].sum()),
        "total_charge_of_C10H2_e": rounded(found[0].total_charge),
        "total_charge_of_C10H3+_e": rounded(found[1].total_charge),
        "change_of_force_by_xtb_eV_per_A": rounded(rms(truth)),
    }
    for name, one in (("long_range", model), ("short_range", twin)):
        if one is not None:
            forces = [les_viz.predict(one, atoms, quantities={"forces"}).forces[far] for atoms in (neutral, cation)]
            figures[f"error_of_change_of_force_{name}_eV_per_A"] = rounded(rms(forces[1] - forces[0] - truth))
    return figures


def rms(values: NDArray[np.float64]) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(values**2)))


def held_out(model: LESModel, frames: list[Atoms]) -> dict[str, float]:
    """Root mean square errors of the forces, meV/Å, by molecule."""
    found = les_viz.predict(model, frames, quantities={"forces"})
    errors = {}
    for charge, name in ((0, "C10H2"), (1, "C10H3+")):
        pairs = [(f, p) for f, p in zip(frames, found, strict=True) if f.info["total_charge"] == charge]
        wrong = np.concatenate([f.get_forces() - f.get_forces().mean(axis=0) - p.forces for f, p in pairs])
        errors[name] = rounded(MILLI * rms(wrong))
    return errors


def rounded(value: float) -> float:
    """To so many significant digits."""
    return float(f"{value:.{DIGITS}g}") if abs(value) > NOTHING else 0.0


def figures(model: LESModel, twin: LESModel | None) -> dict[str, Any]:
    """All that is scored."""
    frames = ase.io.read(HERE / "val.extxyz.gz", ":", format="extxyz")
    found: dict[str, Any] = {"far_end": far_end(model, twin), "forces": {"long_range": held_out(model, frames)}}
    if twin is not None:
        found["forces"]["short_range"] = held_out(twin, frames)
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--twin", help="the model without electrostatics")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    twin = les_viz.load_model(options.twin) if options.twin else None
    text = json.dumps(figures(les_viz.load_model(options.model), twin), indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
