"""What Born effective charges cost on top of forces."""

from typing import Any

from les_viz.benchmark.model import BORN_CHARGES, FORCES, models, water_box
from les_viz.benchmark.report import milliseconds, times
from les_viz.benchmark.timing import time_together
from les_viz.models.loading import load_model
from les_viz.response.predict import predict


def measure(*, quick: bool) -> dict[str, object]:
    """Times of `predict` with and without Born effective charges, by both definitions.

    Args:
        quick: 192 atoms only.

    Returns:
        `rows`: one a model and size, with seconds by task and ratios to the forces alone.
    """
    rows = []
    for name, source in models().items():
        model = load_model(source, dtype="float32")
        for repeats in (1,) if quick else (1, 2):
            atoms = water_box().repeat((repeats,) * 3)
            calls = {
                "forces": lambda m=model, a=atoms: predict(m, a, quantities=FORCES),
                "local": lambda m=model, a=atoms: predict(m, a, quantities=BORN_CHARGES),
                "wrapped": lambda m=model, a=atoms: predict(m, a, quantities=BORN_CHARGES, bec_method="wrapped"),
            }
            seconds = time_together(calls, budget_s=3.0 if quick else 10.0)
            over_forces = {task: seconds[task] / seconds["forces"] for task in ("local", "wrapped")}
            rows.append({"model": name, "atoms": len(atoms), "seconds": seconds, "over_forces": over_forces})
    return {"rows": rows}


def table(result: dict[str, Any]) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| model | atoms | forces | with BEC, local | ÷ forces | with BEC, wrapped | ÷ forces |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in result["rows"]:
        seconds, ratio = row["seconds"], row["over_forces"]
        lines.append(
            f"| {row['model']} | {row['atoms']} | {milliseconds(seconds['forces'])} | "
            f"{milliseconds(seconds['local'])} | {times(ratio['local'])} | "
            f"{milliseconds(seconds['wrapped'])} | {times(ratio['wrapped'])} |"
        )
    return "\n".join(lines)
