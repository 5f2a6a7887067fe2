"""What `les-viz md --help` and `les-viz sweep --help` say of CONFIG.toml: every key, its default and its meaning.

Read from the dataclasses of the configuration, so that it cannot fall behind them.
"""

import dataclasses
import inspect
import json
import re
import textwrap
from typing import Any

from les_viz.md.protocols import FieldProtocol, Shape
from les_viz.md.settings import DynamicsSettings, Ensemble, Minimizer
from les_viz.runs.config import (
    DEFAULT_AMPLITUDE,
    LimitSettings,
    ModelSettings,
    OutputSettings,
    StructureSettings,
)
from les_viz.runs.sweep import SweepSettings

TABLES: dict[str, Any] = {
    "structure": StructureSettings,
    "model": ModelSettings,
    "dynamics": DynamicsSettings,
    "field": FieldProtocol,
    "output": OutputSettings,
    "limits": LimitSettings,
}
CHOICES: dict[str, list[str]] = {"ensemble": [*Ensemble], "minimize": [*Minimizer], "shape": [*Shape]}
WIDTH = 110

HEAD = """CONFIG.toml: only [structure] path or sample, and [model] name, have no default. Names hold the units: fs, K,
GPa, V/Å for fields (1 V/nm = 0.1 V/Å, 1 kV/cm = 1e-5 V/Å), eV/Å for forces, Å. Unknown keys are refused.
Without [field] there is none; what is listed here are the defaults where it is given."""


def config_help(*, sweep: bool = False) -> str:
    """All tables with their keys.

    Args:
        sweep: whether [sweep] is among them.
    """
    tables = {**TABLES, "sweep": SweepSettings} if sweep else TABLES
    return "\n\n".join([HEAD, *("\n".join(_lines(name, kind)) for name, kind in tables.items())])


def _lines(table: str, kind: Any) -> list[str]:  # noqa: ANN401 - a dataclass
    meanings = _meanings(inspect.getdoc(kind) or "")
    lines = [f"[{table}]"]
    for field in dataclasses.fields(kind):
        meaning = meanings.get(field.name, "")
        if field.name in CHOICES:
            meaning = ", ".join(CHOICES[field.name])
        lines += _line(f"{field.name} = {_default(table, field)}", meaning)
    if table == "field":
        lines += _line("wavenumber_per_cm", "1/cm, in place of period_fs.")
    return lines


def _line(key: str, meaning: str) -> list[str]:
    text = f"{key:<34} {meaning}".rstrip()
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent=" " * 37, drop_whitespace=True)


def _default(table: str, field: "dataclasses.Field[Any]") -> str:
    if field.default is dataclasses.MISSING:
        return "..."
    if table == "field":  # where the table is given at all
        given = {"shape": "constant", "amplitude_V_per_A": DEFAULT_AMPLITUDE}
        return json.dumps(given.get(field.name, field.default))
    return json.dumps(field.default)


def _meanings(doc: str) -> dict[str, str]:
    """The lines under "Attributes:", by name."""
    _, _, listed = doc.partition("Attributes:\n")
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", listed, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}
