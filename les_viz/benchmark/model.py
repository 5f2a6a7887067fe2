"""Energy and forces of a model, and its Born effective charges, against the plain algorithm.

The plain code gets what `predict` gets: atoms with their positions, neighbours to be found. Each row is measured in a
fresh process, and once more in one that keeps freed memory (`les_viz.heap`): how long the plain code takes depends on
that, for its tensors are large. `python -m les_viz.benchmark.model NAME DTYPE REPEATS BUDGET MEMORY` prints one row.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from les_viz.benchmark.plain import PlainModel, PlainStructure
from les_viz.benchmark.report import milliseconds, times
from les_viz.benchmark.timing import time_together
from les_viz.errors import SettingError
from les_viz.heap import keep_freed_memory
from les_viz.io.reading import read
from les_viz.models.loading import load_model
from les_viz.resources import APP_ROOT, SAMPLE_MODELS
from les_viz.response.predict import predict

if TYPE_CHECKING:
    import ase

    from les_viz.models.model import LESModel

PUBLISHED = APP_ROOT.parent / "shared" / "published" / "water_v4.pth"
"""Measured too where it is."""

FORCES = frozenset({"energy", "forces"})
BORN_CHARGES = FORCES | {"born_effective_charges"}

BUDGET_S = 15.0
"""Seconds of a row."""

MEMORY = ("as it is", "kept")
"""How the C library deals with freed memory: by itself, or as `les-viz md` has it."""


def water_box() -> "ase.Atoms":
    """The bundled box of 64 H2O, 192 atoms."""
    for path in sorted((SAMPLE_MODELS / "water").glob("*.extxyz")):
        atoms = read(path)
        if len(atoms) == 192:
            return atoms
    raise SettingError(f"there is no box of 192 atoms in {SAMPLE_MODELS / 'water'}: install les_viz again")


def models() -> dict[str, str | Path]:
    """What to measure: the bundled water model and, where it is, a published one."""
    return {"water": "water"} | ({"water_v4.pth": PUBLISHED} if PUBLISHED.is_file() else {})


def measure(*, quick: bool) -> dict[str, object]:
    """Times of `predict` and of the plain algorithm.

    Args:
        quick: single precision and 192 atoms only; else 1536 atoms too, in single precision.

    Returns:
        `rows`: one a model, size and precision, with seconds by task; `kept`: the same where freed memory is kept.
    """
    rows = []
    for dtype in ("float32",) if quick else ("float32", "float64"):
        for name in models():
            for repeats in (1,) if quick or dtype == "float64" else (1, 2):
                budget_s = BUDGET_S / 5 if quick else BUDGET_S
                fresh, kept = (in_fresh_process(name, dtype, repeats, budget_s, memory) for memory in MEMORY)
                rows.append(fresh | {"kept": kept})
    return {"rows": rows}


def in_fresh_process(name: str, dtype: str, repeats: int, budget_s: float, memory: str) -> dict[str, Any]:
    """`row` in a process of its own; `memory` is one of `MEMORY`."""
    command = [sys.executable, "-m", "les_viz.benchmark.model", name, dtype, str(repeats), str(budget_s), memory]
    found: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return found


def row(name: str, dtype: str, repeats: int, budget_s: float) -> dict[str, Any]:
    """Times of one model and size, in this process."""
    model = load_model(models()[name], dtype=dtype)
    atoms = water_box().repeat((repeats,) * 3)
    seconds = time_together(contenders(model, atoms), budget_s=budget_s)
    return {"model": name, "dtype": dtype, "atoms": len(atoms), "seconds": seconds} | ratios(seconds)


def contenders(model: "LESModel", atoms: "ase.Atoms") -> dict[str, Callable[[], object]]:
    """Our predictions and the plain ones."""
    plain, structure = plain_of(model, atoms)
    return {
        "forces": lambda: predict(model, atoms, quantities=FORCES),
        "born charges": lambda: predict(model, atoms, quantities=BORN_CHARGES),
        "plain forces": lambda: plain.evaluate(structure),
        "plain born charges": lambda: plain.evaluate(structure, born_charges=True),
    }


def plain_of(model: "LESModel", atoms: "ase.Atoms") -> tuple[PlainModel, PlainStructure]:
    """The same model and structure for the plain algorithm."""
    structure = PlainStructure(
        atomic_numbers=torch.tensor(atoms.numbers),
        positions=torch.tensor(atoms.positions, dtype=model.dtype),
        cell=torch.tensor(atoms.cell.array, dtype=model.dtype),
        periodic=True,
    )
    return PlainModel.of(model.config, model.state_dict()), structure


def ratios(seconds: dict[str, float]) -> dict[str, float]:
    """Plain over ours."""
    return {
        "plain_over_les_viz_forces": seconds["plain forces"] / seconds["forces"],
        "plain_over_les_viz_born_charges": seconds["plain born charges"] / seconds["born charges"],
    }


def table(result: dict[str, Any]) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| model | atoms | precision | forces | plain | × | memory kept | with BEC | plain | × | memory kept |",
        "|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for found in result["rows"]:
        seconds, kept = found["seconds"], found["kept"]
        lines.append(
            f"| {found['model']} | {found['atoms']} | {found['dtype']} | {milliseconds(seconds['forces'])} | "
            f"{milliseconds(seconds['plain forces'])} | {times(found['plain_over_les_viz_forces'])} | "
            f"{times(kept['plain_over_les_viz_forces'])} | {milliseconds(seconds['born charges'])} | "
            f"{milliseconds(seconds['plain born charges'])} | {times(found['plain_over_les_viz_born_charges'])} | "
            f"{times(kept['plain_over_les_viz_born_charges'])} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    given_name, given_dtype, given_repeats, given_budget, given_memory = sys.argv[1:]
    if given_memory == "kept":
        keep_freed_memory()
    print(json.dumps(row(given_name, given_dtype, int(given_repeats), float(given_budget))))
