"""Score models of this sample against the charges that made the data, ±1.

    python sample_models/point-ions/measure.py MODEL [--twin SHORT_RANGE_MODEL] [--curve 10=m10.safetensors ...]

MODEL is tried on the held-out frames (`--data`); `--curve` adds models that were trained on fewer or more frames.
Errors of the charges are those of each ion, after the sign that the model's header gives.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
from ase import Atoms
from ions import CHARGES

import les_viz
from les_viz.models.model import LESModel

HERE = Path(__file__).parent
MILLI = 1000.0
DIGITS = 4


def errors(model: LESModel, frames: list[Atoms]) -> dict[str, Any]:
    """Of energies and forces.

    Args:
        model: with or without charges.
        frames: with labels.
    """
    found = les_viz.predict(model, frames, quantities={"energy", "forces"})
    energy = [(f.get_potential_energy() - p.energy) / len(f) for f, p in zip(frames, found, strict=True)]
    forces = [f.get_forces() - p.forces for f, p in zip(frames, found, strict=True)]
    return {
        "energy_rmse_meV_per_atom": rounded(MILLI * rms(np.array(energy))),
        "force_rmse_meV_per_A": rounded(MILLI * rms(np.concatenate(forces))),
    }


def charge_errors(model: LESModel, frames: list[Atoms]) -> dict[str, Any]:
    """How far the charge of each ion is from +1 or -1, e.

    Args:
        model: with charges.
        frames: of the ions of `CHARGES`.
    """
    found = les_viz.predict(model, frames, quantities={"latent_charges"})
    charges = np.concatenate([one.partial_charges for one in found])
    symbols = np.concatenate([np.array(frame.get_chemical_symbols()) for frame in frames])
    truth = np.array([CHARGES[symbol] for symbol in symbols])
    return {
        "mean_absolute_error_e": rounded(float(abs(charges - truth).mean())),
        "largest_error_e": rounded(float(abs(charges - truth).max())),
        "mean_e": {name: round(float(charges[symbols == name].mean()), 5) for name in CHARGES},
        "std_e": {name: rounded(float(charges[symbols == name].std())) for name in CHARGES},
    }


def rms(values: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(values**2)))


def rounded(value: float) -> float:
    """To so many significant digits."""
    return float(f"{value:.{DIGITS}g}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--twin", help="the model without electrostatics")
    parser.add_argument("--curve", nargs="*", default=[], metavar="FRAMES=MODEL", help="for the learning curve")
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / "data" / "point-ions")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    frames = ase.io.read(options.data / "val.extxyz", ":", format="extxyz")
    model = les_viz.load_model(options.model)
    figures: dict[str, Any] = {"long_range": errors(model, frames), "charges": charge_errors(model, frames)}
    if options.twin:
        figures["short_range"] = errors(les_viz.load_model(options.twin), frames)
    for entry in options.curve:
        size, _, path = entry.partition("=")
        other = les_viz.load_model(path)
        point = errors(other, frames)
        if other.charge_head is not None:
            point |= charge_errors(other, frames)
        figures.setdefault("learning_curve", {})[size] = point
    text = json.dumps(figures, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
