"""How far the engine is from what it should give: closed forms, the plain algorithm, published codes."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from les_viz.benchmark.ewald import Charges, les_viz_sum, plain_sum
from les_viz.benchmark.model import BORN_CHARGES, FORCES, plain_of, water_box
from les_viz.ewald import electrostatics
from les_viz.models.loading import load_model
from les_viz.resources import APP_ROOT
from les_viz.response.assembly import Request
from les_viz.response.predict import predict, predict_system
from les_viz.response.prediction import FloatArray, Quantity
from les_viz.system import System
from les_viz.units import COULOMB_CONSTANT

if TYPE_CHECKING:
    import ase

    from les_viz.models.model import LESModel

SHARED = APP_ROOT.parent / "shared"
"""Reference vectors and published models; measured where they are."""

MADELUNG = {
    "CsCl": (((0.0, 0.0, 0.0), (0.5, 0.5, 0.5)), (1, -1), 3**0.5 / 2, 1.76267477307099),
    "ZnS": (((0.0, 0.0, 0.0), (0.25, 0.25, 0.25)), (1, -1), 3**0.5 / 4, 1.63805505338879),
    "NaCl": (((0.0, 0.0, 0.0), (0.5, 0.5, 0.5)), (1, -1), 0.5, 1.74756459463318),
}
"""Fractional positions, charges, nearest distance over the cubic edge, constant (per formula unit)."""

FACE_CENTRED = ("ZnS", "NaCl")
POINT_LIKE = 0.06
"""Gaussian width over the cubic edge at which charges are points to double precision."""

STEP = 1e-4
"""Å, of finite differences."""


def measure(*, quick: bool) -> dict[str, object]:
    """Largest differences, one row a comparison.

    Args:
        quick: without the supercell.

    Returns:
        `rows`: what, against what, largest difference, unit.
    """
    rows = [*_madelung_rows(), *_sum_rows()]
    model, water = load_model("water"), water_box()
    rows += [*_plain_rows(model, water), *_derivative_rows(model, water)]
    if not quick:
        rows.append(_supercell_row(model, water))
    rows += _published_rows()
    return {"rows": rows}


def _row(what: str, against: str, difference: float, unit: str) -> dict[str, object]:
    return {"what": what, "against": against, "difference": difference, "unit": unit}


def _madelung_rows() -> list[dict[str, object]]:
    worst = 0.0
    for name, (fractional, charges, nearest, expected) in MADELUNG.items():
        cell = torch.eye(3, dtype=torch.float64)
        if name in FACE_CENTRED:
            cell = 0.5 * (torch.ones(3, 3, dtype=torch.float64) - cell)
        result = electrostatics(
            torch.tensor(charges, dtype=torch.float64),
            torch.tensor(fractional, dtype=torch.float64),
            cell,
            smearing=POINT_LIKE,
            k_cutoff=9 / POINT_LIKE,
        )
        worst = max(worst, abs(-float(result.energy) * nearest / COULOMB_CONSTANT - expected))
    return [_row("Madelung constants of NaCl, CsCl and ZnS", "literature", worst, "")]


def _sum_rows() -> list[dict[str, object]]:
    given = Charges.water_like(192, "float64")
    direct, plain, nufft = les_viz_sum(given, "direct"), plain_sum(given), les_viz_sum(given, "nufft")
    return [
        _row("Coulomb forces, 192 charges, direct", "plain algorithm", _largest(direct.forces, plain.forces), "eV/Å"),
        _row("Coulomb forces, 192 charges, nufft", "direct", _largest(nufft.forces, direct.forces), "eV/Å"),
    ]


def _plain_rows(model: "LESModel", water: "ase.Atoms") -> list[dict[str, object]]:
    unscaled = model.rescaled(charge_sign=1, epsilon_infinity=1.0)
    ours = predict(unscaled, water, quantities=BORN_CHARGES, bec_method="wrapped")
    plain, structure = plain_of(model, water)
    reference = plain.evaluate(structure, born_charges=True)
    single = predict(load_model("water", dtype="float32"), water, quantities=FORCES)
    return [
        _row("energy of 64 H2O", "plain algorithm", abs(ours.energy - float(reference.energy)), "eV"),
        _row("forces", "plain algorithm", _largest(ours.forces, reference.forces), "eV/Å"),
        _row("latent charges", "plain algorithm", _largest(ours.latent_charges, reference.charges[:, 0]), "e"),
        _row(
            "Born effective charges, wrapped",
            "plain algorithm",
            _largest(ours.born_effective_charges, reference.born_effective_charges),
            "e",
        ),
        _row("forces in single precision", "double precision", _largest(single.forces, ours.forces), "eV/Å"),
    ]


def _derivative_rows(model: "LESModel", water: "ase.Atoms") -> list[dict[str, object]]:
    forces: FloatArray = np.asarray(predict(model, water, quantities=FORCES).forces)
    worst = 0.0
    for atom, axis in ((0, 0), (64, 1), (128, 2)):
        moved = [water.copy(), water.copy()]
        moved[0].positions[atom, axis] -= STEP
        moved[1].positions[atom, axis] += STEP
        below, above = (predict(model, frame, quantities={"energy"}).energy for frame in moved)
        worst = max(worst, abs((below - above) / (2 * STEP) - forces[atom, axis]))
    return [_row("forces", f"central differences of {STEP:g} Å", worst, "eV/Å")]


def _supercell_row(model: "LESModel", water: "ase.Atoms") -> dict[str, object]:
    pair = (predict(model, atoms, quantities=BORN_CHARGES) for atoms in (water, water.repeat((2, 1, 1))))
    small, large = (np.asarray(prediction.born_effective_charges) for prediction in pair)
    return _row("Born effective charges, local", "those in the doubled cell", _largest(large[: len(small)], small), "e")


def _published_rows() -> list[dict[str, object]]:
    worst = {"energy": 0.0, "forces": 0.0}
    count = 0
    for path in sorted((SHARED / "oracle/vectors/checkpoints").glob("*.json")):
        vector = json.loads(path.read_text(encoding="utf-8"))
        checkpoint = SHARED / "published" / f"{path.stem}.pth"
        if vector.get("kind") != "checkpoint" or vector.get("kspace_gap") == 0 or not checkpoint.is_file():
            continue
        model = load_model(checkpoint)
        prediction = predict_system(model, _system(vector["inputs"]), Request(frozenset({Quantity.FORCES}), "local"))[0]
        baseline = sum(model.config.atomic_energies.get(z, 0.0) for z in vector["inputs"]["numbers"])
        energy = prediction.energy - baseline
        worst["energy"] = max(worst["energy"], abs(energy - vector["outputs"]["energy_total"]))
        worst["forces"] = max(worst["forces"], _largest(prediction.forces, np.array(vector["outputs"]["forces"])))
        count += 1
    if not count:
        return []
    against = f"the authors' code, {count} published checkpoints"
    return [_row("energy", against, worst["energy"], "eV"), _row("forces", against, worst["forces"], "eV/Å")]


def _system(inputs: dict[str, Any]) -> System:
    """The structure of a reference vector."""
    return System(
        positions=torch.tensor(inputs["positions"], dtype=torch.float64),
        atomic_numbers=torch.tensor(inputs["numbers"]),
        cell=torch.tensor(inputs["cell"], dtype=torch.float64).reshape(1, 3, 3),
        pbc=torch.tensor([inputs["pbc"]]),
        system_idx=torch.zeros(len(inputs["numbers"]), dtype=torch.int64),
    )


def _largest(one: ArrayLike | None, other: ArrayLike | None) -> float:
    difference: FloatArray = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    return float(np.abs(difference).max())


def table(result: dict[str, Any]) -> str:
    """The measurements as a Markdown table."""
    lines = ["| What | Against | Largest difference |", "|---|---|---:|"]
    lines += [f"| {r['what']} | {r['against']} | {r['difference']:.1e} {r['unit']} |" for r in result["rows"]]
    return "\n".join(lines)
