"""Measure a sample model and write what its folder says of it: `card.toml`, `CARD.md` and `reference.json`.

    python sample_models/make_card.py sample_models/water --data DATA_FOLDER --machine "2 cores of ..."

The folder holds what `les-viz train` left there, `weights.safetensors` and `weights_training.jsonl`, the same of the
twin without electrostatics (`short_range.safetensors`, `short_range_training.jsonl`), the structures, `truth.json` from
its `measure.py`, and `about.toml`: what a person must say. DATA_FOLDER holds the held-out frames that `about.toml`
names. Errors are measured here, with the models as a user loads them.
"""

import argparse
import hashlib
import json
import os
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

import les_viz
from les_viz.models.config import BondHeadConfig
from les_viz.models.model import LESModel

WEIGHTS = "weights"
TWIN = "short_range"
TRUTH = "truth.json"
REFERENCE_TOLERANCES = {
    "energy": 1e-8,
    "short_range_energy": 1e-8,
    "long_range_energy": 1e-8,
    "forces": 1e-8,
    "latent_charges": 1e-8,
}
"""Absolute, in the unit of each quantity: double precision on another machine."""
THIS_MACHINE = f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"
MILLI = 1000.0
DIGITS = 4


@dataclass(frozen=True)
class HeldOut:
    """What the held-out frames say."""

    n_frames: int
    energy_rmse: float
    force_rmse: float
    charge_mean: dict[str, float]
    charge_std: dict[str, float]
    largest_total_charge: float


def measure(model: LESModel, frames: list[Atoms]) -> HeldOut:
    """Errors and charges on frames with reference energies and forces; the net force of each reference is removed.

    Args:
        model: in double precision.
        frames: all of the elements that the model knows.
    """
    found = les_viz.predict(model, frames, quantities={"energy", "forces"})
    energy = [(f.get_potential_energy() - p.energy) / len(f) for f, p in zip(frames, found, strict=True)]
    forces = [f.get_forces() - f.get_forces().mean(axis=0) - p.forces for f, p in zip(frames, found, strict=True)]
    charges = np.concatenate([p.partial_charges for p in found])
    numbers = np.concatenate([p.atomic_numbers for p in found])
    by_symbol = {chemical_symbols[z]: charges[numbers == z] for z in sorted(set(numbers.tolist()))}
    return HeldOut(
        n_frames=len(frames),
        energy_rmse=rms(np.array(energy)),
        force_rmse=rms(np.concatenate(forces)),
        charge_mean={symbol: float(q.mean()) for symbol, q in by_symbol.items()},
        charge_std={symbol: float(q.std()) for symbol, q in by_symbol.items()},
        largest_total_charge=max(abs(p.total_charge) for p in found),
    )


def rms(values: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(values**2)))


def reference(model: LESModel, folder: Path, names: list[str]) -> dict[str, Any]:
    """What the model says of each bundled structure, in full double precision."""
    structures = {}
    for name in names:
        found = les_viz.predict(model, les_viz.read(folder / name), quantities={"energy", "forces", "latent_charges"})
        structures[name] = {key: np.asarray(getattr(found, key)).tolist() for key in REFERENCE_TOLERANCES}
    return {"dtype": "float64", "tolerances": REFERENCE_TOLERANCES, "structures": structures}


def card(folder: Path, about: Mapping[str, Any], frames: list[Atoms], machine: str) -> dict[str, Any]:
    """Everything about the sample, in the order in which it is shown."""
    model = les_viz.load_model(folder)
    held_out = measure(model, frames)
    facts = {
        "name": about["name"],
        "title": about["title"],
        "teaches": about["teaches"],
        "elements": [chemical_symbols[z] for z in model.config.elements],
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "not_for": about["not_for"],
        "held_out": {
            "frames": f"{held_out.n_frames} frames of {about['held_out_file']}: {about['held_out_note']}",
            **errors(held_out),
        },
        "charges": {
            "mean_e": {symbol: rounded(q) for symbol, q in held_out.charge_mean.items()},
            "std_e": {symbol: rounded(q) for symbol, q in held_out.charge_std.items()},
            "largest_total_charge_of_a_frame_e": rounded(held_out.largest_total_charge),
            "charge_sign": model.config.charge_sign,
            "epsilon_infinity": model.config.epsilon_infinity,
            "epsilon_infinity_note": about["epsilon_infinity_note"],
        },
        "truth": truth(folder, about.get("truth", [])),
        "training": training(folder, about, model, machine),
        "architecture": {**architecture(model), "charge_head_note": about["charge_head_note"]},
        "weights": weights(folder, WEIGHTS, model),
    }
    if (folder / f"{TWIN}.safetensors").is_file():
        facts["short_range_twin"] = twin(folder, frames)
    return {**facts, "structures": about["structures"]}


def errors(held_out: HeldOut) -> dict[str, float]:
    """As the card names them."""
    return {
        "energy_rmse_meV_per_atom": rounded(MILLI * held_out.energy_rmse),
        "force_rmse_meV_per_A": rounded(MILLI * held_out.force_rmse),
    }


def truth(folder: Path, wanted: list[Mapping[str, str]]) -> dict[str, Any]:
    """The figures of `truth.json` that `about.toml` names, by their dotted path.

    Args:
        folder: of the sample.
        wanted: each with the key `figure`.

    Raises:
        KeyError: `truth.json` has no such figure.
    """
    if not wanted:
        return {}
    measured = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
    found = {}
    for entry in wanted:
        for path in filter(None, (entry["figure"], entry.get("short_range"))):
            value = measured
            for part in path.split("."):
                value = value[part]
            found[path] = value
    return found


def weights(folder: Path, name: str, model: LESModel) -> dict[str, Any]:
    """The file of a model."""
    content = (folder / f"{name}.safetensors").read_bytes()
    return {
        "file": f"{name}.safetensors",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": model.config.provenance["licence"],
    }


def twin(folder: Path, frames: list[Atoms]) -> dict[str, Any]:
    """The model without electrostatics, trained on the same data."""
    model = les_viz.load_model(folder / f"{TWIN}.safetensors")
    last = log(folder, TWIN)[-1]
    return {
        **errors(measure(model, frames)),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "epochs": last["epoch"],
        "wall_time_s": round(last["seconds"]),
        **weights(folder, TWIN, model),
    }


def log(folder: Path, name: str) -> list[dict[str, Any]]:
    """What the training wrote, epoch by epoch."""
    lines = (folder / f"{name}_training.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def training(folder: Path, about: Mapping[str, Any], model: LESModel, machine: str) -> dict[str, Any]:
    """How the weights came to be, from their header and the log of the training."""
    provenance = model.config.provenance
    last = log(folder, WEIGHTS)[-1]
    return {
        "data": about["data"],
        "data_url": about["data_url"],
        "data_licence": about["data_licence"],
        "frames": about["train_frames"],
        "boundary": about["train_boundary"],
        "level_of_theory": provenance["level_of_theory"],
        "charges_start": about["charges_start"],
        "command": provenance["command"],
        "seed": int(provenance["seed"]),
        "epochs": last["epoch"],
        "wall_time_s": round(last["seconds"]),
        "machine": machine,
        "versions": provenance["versions"],
    }


def architecture(model: LESModel) -> dict[str, Any]:
    """The size and reach of the model."""
    part, head, sum_settings = model.config.representations[0], model.config.charge_head, model.config.electrostatics
    found = {
        "cutoff_A": part.cutoff,
        "channels": part.n_embedding**2,
        "n_radial_basis": part.n_radial_basis,
        "n_radial": part.n_radial,
        "l_max": part.l_max,
        "nu_max": part.nu_max,
        "message_passing": part.message is not None,
    }
    if isinstance(head, BondHeadConfig):
        found |= {"charge_head": "bond", "bond_cutoff_A": head.cutoff, "n_transfers": head.n_transfers}
    elif head is not None:
        found |= {"charge_head": "atomic"}
    if sum_settings is None:
        return found
    return {**found, "smearing_A": sum_settings.smearing, "k_cutoff_per_A": sum_settings.k_cutoff}


def rounded(value: float) -> float:
    """To so many significant digits."""
    return float(f"{value:.{DIGITS}g}")


def as_toml(table: Mapping[str, Any], path: str = "") -> str:
    """A table of strings, numbers, flags, lists and tables, as TOML; JSON writes its strings and lists."""
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    lines = [f"{toml_key(key)} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items()]
    text = "\n".join([*([f"[{path}]"] if path else []), *lines]) + "\n"
    for key, value in table.items():
        if isinstance(value, Mapping):
            text += "\n" + as_toml(value, f"{path}.{toml_key(key)}" if path else toml_key(key))
    return text


def toml_key(key: str) -> str:
    """A key, quoted where TOML asks for it."""
    return key if key.replace("_", "").replace("-", "").isalnum() else json.dumps(key)


def as_markdown(facts: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """The card for people."""
    charges, made, file, form = facts["charges"], facts["training"], facts["weights"], facts["architecture"]
    per_element = ", ".join(f"{s} {q:+.3f} ± {charges['std_e'][s]:.3f} e" for s, q in charges["mean_e"].items())
    rows = {
        "Elements": ", ".join(facts["elements"]),
        "Parameters": f"{facts['parameters']:,}",
        "Charges by": f"a head of kind `{form['charge_head']}`: {form['charge_head_note']}",
        "Level of theory": made["level_of_theory"],
        "Training data": f"{made['frames']} frames of {made['data']} ({made['data_url']}), {made['data_licence']}",
        "Boundary in training": made["boundary"],
        "Held-out data": facts["held_out"]["frames"],
        "Partial charges, mean ± std": per_element,
        "Largest total charge of a frame": f"{charges['largest_total_charge_of_a_frame_e']} e",
        "charge_sign, ε∞": f"{charges['charge_sign']:+d}, {charges['epsilon_infinity']:g} "
        f"({charges['epsilon_infinity_note']})",
        "Made by": f"`{made['command']}`; {made['charges_start']}",
        "Training time": f"{made['epochs']} epochs, {made['wall_time_s']} s on {made['machine']}",
        "Versions": str(made["versions"]),
        "Weights": f"{file['bytes']:,} bytes, {file['licence']}, sha256 `{file['sha256']}`",
    }
    lines = [f"# {facts['title']}", "", facts["teaches"], "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows.items()]
    lines += ["", *comparison(facts, about), "", "## Not for", "", *(f"- {entry}" for entry in facts["not_for"])]
    lines += ["", "## Structures", "", *(f"- `{name}`: {source}" for name, source in facts["structures"].items())]
    lines += ["", "Written by `make_card.py`; change `about.toml` and run it again.", ""]
    return "\n".join(lines)


def comparison(facts: Mapping[str, Any], about: Mapping[str, Any]) -> list[str]:
    """Errors and truth, with and without electrostatics, as a table."""
    without = facts.get("short_range_twin", {})
    lines = ["## Errors", "", f"| | with electrostatics | without ({TWIN}.safetensors) |", "|---|---|---|"]
    for name, key, unit in (
        ("Held-out energy RMSE", "energy_rmse_meV_per_atom", "meV/atom"),
        ("Held-out force RMSE", "force_rmse_meV_per_A", "meV/Å"),
    ):
        other = f"{without[key]} {unit}" if without else ""
        lines.append(f"| {name} | {facts['held_out'][key]} {unit} | {other} |")
    for entry in about.get("truth", []):
        other = facts["truth"][entry["short_range"]] if "short_range" in entry else entry.get("without", "")
        lines.append(f"| {entry['text']} | {facts['truth'][entry['figure']]} | {other} |")
    return [*lines, "", "The net force of each reference frame is removed."]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of the held-out frames")
    parser.add_argument("--machine", default=THIS_MACHINE, help="where it was trained")
    options = parser.parse_args()
    folder: Path = options.folder
    about = tomllib.loads((folder / "about.toml").read_text(encoding="utf-8"))
    frames = ase.io.read(options.data / about["held_out_file"], ":", format="extxyz")
    facts = card(folder, about, frames, options.machine)
    known = json.dumps(reference(les_viz.load_model(folder), folder, list(about["structures"])), indent=1)
    (folder / "card.toml").write_text(as_toml(facts), encoding="utf-8", newline="\n")
    (folder / "CARD.md").write_text(as_markdown(facts, about), encoding="utf-8", newline="\n")
    (folder / "reference.json").write_text(known + "\n", encoding="utf-8", newline="\n")
    print(as_markdown(facts, about))


if __name__ == "__main__":
    main()
