"""Score a model of this sample against what it was never shown.

    python sample_models/organic/measure.py MODEL [--twin SHORT_RANGE_MODEL] [--out truth.json]

Dipoles and Born effective charges of monomers, dimers and hexamers (`truth.npz`), with one scale for everything: the
energy is even in the charges, so that a model fixes them up to a sign, and learned charges may be screened. Then
interaction energies of dimers beyond the model's cutoff, for the model and its twin without electrostatics.
"""

import argparse
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from dimers import Dimer, dimers
from truth import Truth, read
from xtb import Array

import les_viz
from les_viz.models.model import LESModel

HERE = Path(__file__).parent
MILLI = 1000.0
DIGITS = 4


def r_squared(truth: Array, found: Array) -> float:
    """Share of the variance of the truth that is found; 1 is perfect, below 0 is worse than the mean."""
    return 1 - float(((truth - found) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())


def rmse(truth: Array, found: Array) -> float:
    """Root of the mean square error."""
    return float(np.sqrt(np.mean((truth - found) ** 2)))


def slope(truth: Array, found: Array) -> float:
    """The factor on what was found that brings it closest to the truth."""
    return float((truth * found).sum() / (found**2).sum())


def common_scale(quantities: list[list[Array]]) -> float:
    """The one factor that brings all quantities closest to the truth, each in units of its own spread.

    Args:
        quantities: truth and what was found, of each.
    """
    weights = [1 / float(((truth - truth.mean()) ** 2).sum()) for truth, _ in quantities]
    above = sum(w * float(truth @ found) for w, (truth, found) in zip(weights, quantities, strict=True))
    below = sum(w * float(found @ found) for w, (_, found) in zip(weights, quantities, strict=True))
    return above / below


def response(model: LESModel, structures: list[Truth]) -> dict[str, Any]:
    """Scores of dipoles and Born effective charges, by kind, with one scale.

    Args:
        model: one with latent charges.
        structures: what xTB says.
    """
    found = les_viz.predict(model, [one.atoms for one in structures], quantities={"dipole", "born_effective_charges"})
    pairs = defaultdict(list)
    for one, prediction in zip(structures, found, strict=True):
        pairs["dipole", one.kind].append((one.dipole, prediction.dipole))
        pairs["born", one.kind].append((one.born_effective_charges, prediction.born_effective_charges))
    arrays = {key: [np.concatenate([np.ravel(x[i]) for x in value]) for i in (0, 1)] for key, value in pairs.items()}
    scale = common_scale(
        [
            [np.concatenate([arrays[key][i] for key in arrays if key[0] == quantity]) for i in (0, 1)]
            for quantity in ("dipole", "born")
        ]
    )
    scores: dict[str, Any] = {"scale": rounded(scale), "model_charge_scale": rounded(found[0].charge_scale)}
    for (quantity, kind), (truth, raw) in arrays.items():
        unit = "eA" if quantity == "dipole" else "e"
        scores.setdefault(kind, {"structures": len(pairs[quantity, kind])})
        scores[kind][f"{quantity}_r2"] = rounded(r_squared(truth, scale * raw))
        scores[kind][f"{quantity}_rmse_{unit}"] = rounded(rmse(truth, scale * raw))
        scores[kind][f"{quantity}_r2_unscaled"] = rounded(r_squared(truth, raw))
        scores[kind][f"{quantity}_own_scale"] = rounded(slope(truth, raw))
    return scores


def interactions(model: LESModel, pairs: list[Dimer]) -> dict[str, Any]:
    """How well a model tells the interaction energies of far dimers.

    Args:
        model: with or without electrostatics.
        pairs: with the energies of xTB.
    """
    together = les_viz.predict(model, [one.together for one in pairs], quantities={"energy"})
    apart = [les_viz.predict(model, [one.apart[i] for one in pairs], quantities={"energy"}) for i in (0, 1)]
    found = np.array([a.energy - b.energy - c.energy for a, b, c in zip(together, *apart, strict=True)])
    truth = np.array([one.energy for one in pairs])
    scores: dict[str, Any] = {"r2": rounded(r_squared(truth, found)), "rmse_meV": rounded(MILLI * rmse(truth, found))}
    scores["spread_of_truth_meV"] = rounded(MILLI * float(truth.std()))
    for name in dict.fromkeys(one.name for one in pairs):
        chosen = np.array([one.name == name for one in pairs])
        scores[name] = {
            "r2": rounded(r_squared(truth[chosen], found[chosen])),
            "rmse_meV": rounded(MILLI * rmse(truth[chosen], found[chosen])),
            "largest_truth_meV": rounded(MILLI * float(abs(truth[chosen]).max())),
            "largest_found_meV": rounded(MILLI * float(abs(found[chosen]).max())),
        }
    return scores


def rounded(value: float) -> float:
    """To so many significant digits."""
    return float(f"{value:.{DIGITS}g}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--twin", help="the model without electrostatics")
    parser.add_argument("--truth", type=Path, default=HERE / "truth.npz")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    model = les_viz.load_model(options.model)
    pairs = list(dimers())
    figures = {
        "response": response(model, read(options.truth)),
        "dimers_beyond_cutoff": {"long_range": interactions(model, pairs)},
    }
    if options.twin:
        figures["dimers_beyond_cutoff"]["short_range"] = interactions(les_viz.load_model(options.twin), pairs)
    text = json.dumps(figures, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
