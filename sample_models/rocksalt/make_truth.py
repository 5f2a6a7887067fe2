"""Ask PBE for what the model is never shown: Born effective charges of NaCl and MgO, by Berry phases in GPAW.

    /usr/bin/python3 sample_models/rocksalt/make_truth.py NaCl --points 6

In the cell of two atoms the cation is moved to either side along z, and the change of the polarisation is taken. Data
sets and plane waves are those of the labels (`make_data.py`). Writes `born_NAME.json` beside this script.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import bulk
from make_data import COMPOUNDS, Compound

HERE = Path(__file__).parent
STEP = 0.03
"""Å, to either side."""


def polarization(compound: Compound, atoms: Atoms, points: int, log: Path) -> np.ndarray:
    """Polarisation times volume, in e Å, up to lattice vectors times two."""
    from gpaw import GPAW, PW, Mixer
    from gpaw.berryphase import get_polarization_phase

    atoms.calc = GPAW(
        mode=PW(compound.plane_waves),
        xc="PBE",
        kpts={"size": (points, points, points), "gamma": True},
        setups=compound.setups,
        occupations={"name": "fixed-uniform"},
        symmetry={"point_group": False},
        mixer=Mixer(0.4, 5, 1.0),
        convergence={"density": 1e-6, "eigenstates": 1e-9},
        txt=str(log),
    )
    atoms.get_potential_energy()
    states = log.with_suffix(".gpw")
    atoms.calc.write(str(states), mode="all")
    known = log.with_name(f"{log.stem}-berryphases.json")
    known.unlink(missing_ok=True)  # GPAW would read it again, whatever the structure
    phases = get_polarization_phase(str(states))
    states.unlink()
    known.unlink(missing_ok=True)
    return np.asarray(phases) / (2 * np.pi) @ atoms.cell.array


def born_charge(compound: Compound, points: int, scratch: Path) -> dict:
    """Of the cation, e, along z: a cubic crystal has no other number."""
    moved = []
    for step in (STEP, -STEP):
        atoms = bulk(compound.name, "rocksalt", a=compound.lattice_constant)
        atoms.positions[0, 2] += step
        moved.append(polarization(compound, atoms, points, scratch / f"{compound.name}_truth.txt"))
    cell = bulk(compound.name, "rocksalt", a=compound.lattice_constant).cell.array
    turns = np.linalg.solve(cell.T, moved[0] - moved[1])
    change = (turns - np.round(turns)) @ cell
    return {
        "born_effective_charge_e": round(float(change[2] / (2 * STEP)), 4),
        "across_e": np.round(change[:2] / (2 * STEP), 4).tolist(),
        "lattice_constant_A": compound.lattice_constant,
        "points": points,
        "method": "PBE by GPAW, Berry phase, cation moved by 0.03 Å to either side",
    }


def main() -> None:
    """Compute and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("compound", choices=COMPOUNDS)
    parser.add_argument("--points", type=int, default=6, help="k points along each reciprocal vector")
    parser.add_argument("--scratch", type=Path, default=Path("data/rocksalt"))
    options = parser.parse_args()
    found = born_charge(COMPOUNDS[options.compound], options.points, options.scratch)
    (HERE / f"born_{options.compound}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(found)


if __name__ == "__main__":
    main()
