"""Steps of molecular dynamics with and without a field, and what integrator and bookkeeping cost.

Measured in a process of its own, which keeps freed memory as `les-viz md` does; `python -m les_viz.benchmark.md WHICH`
(`quick` or `all`) prints the numbers as JSON.
"""

import json
import subprocess
import sys
import time
from typing import Any

import numpy as np

from les_viz.benchmark.model import water_box
from les_viz.benchmark.report import milliseconds, times
from les_viz.benchmark.timing import time_together
from les_viz.heap import keep_freed_memory
from les_viz.md.driver import Driver
from les_viz.md.protocols import FieldProtocol
from les_viz.md.settings import DynamicsSettings
from les_viz.md.surface import FloatArray, ModelSurface, Place, Surface, Wanted
from les_viz.models.loading import load_model

EVERY = 10
"""Steps between frames, as by default: a call below is so many steps."""

FIELD = FieldProtocol(shape="constant", amplitude_V_per_A=0.05)


class _Timed:
    """A surface that knows how long it was asked."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self.seconds = 0.0

    def at(self, atoms: Any, electric_field: FloatArray, wanted: Wanted) -> Place:  # noqa: ANN401 - of ASE
        begin = time.perf_counter()
        place = self._surface.at(atoms, electric_field, wanted)
        self.seconds += time.perf_counter() - begin
        return place


def measure(*, quick: bool) -> dict[str, object]:
    """`steps` in a fresh process."""
    command = [sys.executable, "-m", "les_viz.benchmark.md", "quick" if quick else "all"]
    found: dict[str, object] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return found


def steps(*, quick: bool) -> dict[str, object]:
    """Times of a step of the bundled water, NVE at 0.5 fs.

    Args:
        quick: 192 atoms only; else 1536 too.

    Returns:
        `rows`: one a precision and size, with seconds a step, ratio of field to no field, and share of the rest.
    """
    rows = []
    for dtype in ("float32", "float64"):
        model = load_model("water", dtype=dtype)
        for repeats in (1,) if quick else (1, 2):
            atoms = water_box().repeat((repeats,) * 3)
            surfaces = {"without field": _Timed(ModelSurface(model)), "in a field": _Timed(ModelSurface(model))}
            protocols = {"without field": FieldProtocol(), "in a field": FIELD}
            runs = {name: _steps(atoms, surfaces[name], protocols[name]) for name in surfaces}
            for surface in surfaces.values():
                surface.seconds = 0.0
            begin = time.perf_counter()
            seconds = time_together(runs, budget_s=4.0 if quick else 30.0, most_rounds=10)
            asked = sum(surface.seconds for surface in surfaces.values())
            per_step = {name: value / EVERY for name, value in seconds.items()}
            rows.append(
                {
                    "dtype": dtype,
                    "atoms": len(atoms),
                    "seconds_per_step": per_step,
                    "field_over_none": per_step["in a field"] / per_step["without field"],
                    "rest_of_a_step": 1 - asked / (time.perf_counter() - begin),
                }
            )
    return {"rows": rows}


def _steps(atoms: Any, surface: Surface, protocol: FieldProtocol) -> Any:  # noqa: ANN401 - of ASE; a callable
    """A call that makes the next steps of an endless run."""
    driver = Driver(atoms, surface, DynamicsSettings(steps=10**9), protocol)
    driver.prepare()
    frames = driver.frames(every=EVERY)
    next(frames)
    return lambda: float(np.asarray(next(frames).conserved_energy))


def table(result: dict[str, Any]) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| atoms | precision | step without field | in a field | ÷ | integrator and books |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for row in result["rows"]:
        seconds = row["seconds_per_step"]
        lines.append(
            f"| {row['atoms']} | {row['dtype']} | {milliseconds(seconds['without field'])} | "
            f"{milliseconds(seconds['in a field'])} | {times(row['field_over_none'])} | {row['rest_of_a_step']:.1%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    keep_freed_memory()
    print(json.dumps(steps(quick=sys.argv[1] == "quick")))
