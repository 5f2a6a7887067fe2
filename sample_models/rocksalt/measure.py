"""Score a model of this sample against what it never saw: Born effective charges by Berry phases, and LO-TO splitting.

    python sample_models/rocksalt/measure.py MODEL [--twin SHORT_RANGE_MODEL] [--out truth.json]

The theory says that charges learned from forces are screened: times the square root of ε∞ they are Born charges.
`born_NAME.json` holds those of PBE (`make_truth.py`). The splitting is phonopy's (test extra), from forces of the model
in 64 atoms and its Born charges; the volume is that of PBE. Measured frequencies are those of the crystals at room
temperature (C. Kittel, Introduction to Solid State Physics, gives ε(0), ε∞ and the frequencies that go with them).
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms
from ase.build import bulk

import les_viz
from les_viz.models.model import LESModel
from les_viz.units import COULOMB_CONSTANT

if TYPE_CHECKING:
    from phonopy.structure.atoms import PhonopyAtoms

HERE = Path(__file__).parent
DIGITS = 4
STEP = 0.02
"""Å, of the displaced atom."""
THZ_TO_PER_CM = 33.35640951981521


@dataclass(frozen=True)
class Measured:
    """What experiments say of a crystal."""

    epsilon_infinity: float
    transverse: float
    """1/cm, optical, at the centre of the zone."""
    longitudinal: float


EXPERIMENT = {"NaCl": Measured(2.34, 164.0, 264.0), "MgO": Measured(2.96, 401.0, 718.0)}


def born_truth(name: str) -> dict[str, Any]:
    """What `make_truth.py` wrote of a compound."""
    return json.loads((HERE / f"born_{name}.json").read_text(encoding="utf-8"))


def crystal(name: str) -> Atoms:
    """Eight atoms at the lattice constant at which truth was computed."""
    return bulk(name, "rocksalt", a=born_truth(name)["lattice_constant_A"], cubic=True)


def charges(model: LESModel, name: str) -> dict[str, Any]:
    """Latent and Born charges of the cation in the perfect crystal, e, beside those of PBE.

    Args:
        model: with charges.
        name: of the compound.
    """
    atoms, screening = crystal(name), np.sqrt(EXPERIMENT[name].epsilon_infinity)
    found = les_viz.predict(model, atoms, quantities={"latent_charges", "born_effective_charges"})
    latent = float(found.latent_charges[0]) * model.config.charge_sign
    # the prediction holds the model's own ε∞ already
    own_scale = np.sqrt(model.config.epsilon_infinity)
    born = float(np.trace(found.born_effective_charges[0])) / 3 / own_scale
    return {
        "latent_charge_e": rounded(latent),
        "latent_charge_times_root_epsilon_e": rounded(latent * screening),
        "born_charge_e": rounded(born * screening),
        "born_charge_of_pbe_e": born_truth(name)["born_effective_charge_e"],
        "epsilon_infinity_measured": EXPERIMENT[name].epsilon_infinity,
        "total_charge_of_the_cell_e": rounded(float(found.latent_charges.sum())),
    }


def optical_frequencies(model: LESModel, name: str, born: float | None) -> dict[str, float]:
    """Transverse and longitudinal optical frequencies at the centre of the zone, 1/cm.

    Args:
        model: any.
        name: of the compound.
        born: Born charge of the cation, e; None for a model that has no charges and hence no splitting.
    """
    from phonopy import Phonopy
    from phonopy.structure.atoms import PhonopyAtoms

    atoms = crystal(name)
    cell = PhonopyAtoms(symbols=atoms.get_chemical_symbols(), cell=atoms.cell.array, positions=atoms.positions)
    primitive = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    phonons = Phonopy(cell, supercell_matrix=np.diag([2, 2, 2]), primitive_matrix=primitive)
    phonons.generate_displacements(distance=STEP)
    phonons.forces = [forces(model, one) for one in phonons.supercells_with_displacements]
    phonons.produce_force_constants()
    phonons.symmetrize_force_constants()
    if born is not None:
        tensors = [born * np.eye(3), -born * np.eye(3)]
        dielectric = EXPERIMENT[name].epsilon_infinity * np.eye(3)
        phonons.nac_params = {"born": tensors, "dielectric": dielectric, "factor": COULOMB_CONSTANT}
    phonons.run_qpoints([[0, 0, 0]], nac_q_direction=[1, 0, 0] if born is not None else None)
    found = np.sort(phonons.qpoints.frequencies[0]) * THZ_TO_PER_CM
    return {"transverse_per_cm": rounded(found[3:5].mean()), "longitudinal_per_cm": rounded(found[5])}


def forces(model: LESModel, cell: "PhonopyAtoms") -> np.ndarray:
    """On the atoms of a cell of phonopy."""
    atoms = Atoms(cell.symbols, cell.positions, cell=cell.cell, pbc=True)
    return les_viz.predict(model, atoms, quantities={"forces"}).forces


def rounded(value: float) -> float:
    """To so many significant digits."""
    return float(f"{value:.{DIGITS}g}")


def figures(model: LESModel, twin: LESModel | None, name: str) -> dict[str, Any]:
    """All of one compound."""
    known = charges(model, name)
    experiment = EXPERIMENT[name]
    found: dict[str, Any] = {
        "charges": known,
        "phonons": {
            "long_range": optical_frequencies(model, name, known["born_charge_e"]),
            "experiment": {"transverse_per_cm": experiment.transverse, "longitudinal_per_cm": experiment.longitudinal},
        },
    }
    if twin is not None:
        found["phonons"]["short_range"] = optical_frequencies(twin, name, None)
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--twin", help="the model without electrostatics")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    model = les_viz.load_model(options.model)
    twin = les_viz.load_model(options.twin) if options.twin else None
    known = set(model.config.elements)
    names = [name for name in EXPERIMENT if set(bulk(name, "rocksalt", a=5.0).numbers.tolist()) <= known]
    text = json.dumps({name: figures(model, twin, name) for name in names}, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
