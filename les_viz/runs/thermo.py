"""`thermo.jsonl`: one line an output step, appended and flushed; a line cut off by a crash is left out on reading."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError
from les_viz.md.frames import Frame
from les_viz.response.prediction import LARGEST_NUMBER
from les_viz.whole_file import write_whole

_VECTORS = frozenset({"electric_field_V_per_A", "polarization_change_eA", "current_eA_per_fs", "dipole_change_eA"})

NEEDED = frozenset(
    {
        "step",
        "time_fs",
        "potential_energy_eV",
        "temperature_K",
        "electric_field_V_per_A",
        "polarization_change_eA",
        "current_eA_per_fs",
        "conserved_energy_eV",
    }
)
"""Columns without which nothing can be said of a run."""

_TAIL_BYTES = 8192
"""More than a line takes."""


def line_of(frame: Frame) -> dict[str, Any]:
    """A frame as thermo.jsonl has it."""
    return {
        "step": frame.step,
        "time_fs": frame.time_fs,
        "potential_energy_eV": frame.potential_energy,
        "kinetic_energy_eV": frame.kinetic_energy,
        "temperature_K": frame.temperature,
        "electric_field_V_per_A": frame.electric_field.tolist(),
        "polarization_change_eA": _listed(frame.polarization_change),
        "current_eA_per_fs": _listed(frame.current),
        "dipole_change_eA": frame.dipole_change.tolist(),
        "field_work_eV": frame.field_work,
        "conserved_energy_eV": frame.conserved_energy,
        "pressure_GPa": frame.pressure,
        "volume_A3": abs(float(np.linalg.det(frame.cell))),
    }


class ThermoWriter:
    """Appends lines."""

    def __init__(self, path: Path) -> None:
        """Open the file at its end."""
        self._stream = path.open("a", encoding="utf-8")

    def write(self, frame: Frame) -> None:
        """Append a frame; a reader sees it at once."""
        self._stream.write(json.dumps(line_of(frame)) + "\n")
        self._stream.flush()

    def sync(self) -> None:
        """Wait for the disk."""
        os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def last_step(path: Path) -> int:
    """Step of the last whole line, looking at the end of the file only; 0 without one."""
    if not path.is_file():
        return 0
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL_BYTES))
            lines = stream.read().rpartition(b"\n")[0].splitlines()
        return int(json.loads(lines[-1])["step"]) if lines else 0
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0


def read_lines(path: Path) -> list[dict[str, Any]]:
    """All whole lines of a file that may still grow."""
    return lines_of(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else []


def lines_of(text: str) -> list[dict[str, Any]]:
    """The lines of a text, up to the first that is none."""
    lines = []
    for piece in text.splitlines():
        try:
            line = json.loads(piece)
        except (ValueError, RecursionError):
            break
        if not isinstance(line, dict):
            break
        lines.append(line)
    return lines


def read_columns(path: Path) -> dict[str, NDArray[np.float64]]:
    """Each quantity over the lines, (lines,) or (lines, 3); NaN where a line has none."""
    return columns_of(read_lines(path))


def columns_of(lines: list[dict[str, Any]]) -> dict[str, NDArray[np.float64]]:
    """Each quantity over the lines; empty without lines.

    Raises:
        SettingError: they are not what `line_of` writes.
    """
    if not lines:
        return {}
    try:
        return {name: _column(name, [line.get(name) for line in lines]) for name in lines[-1]}
    except (TypeError, ValueError, OverflowError) as caught:
        raise SettingError(_damaged(str(caught)[:60])) from None


def check_columns(columns: dict[str, NDArray[np.float64]]) -> None:
    """Refuse columns of which nothing can be said.

    Raises:
        SettingError: one is missing, or has another shape.
    """
    missing = sorted(NEEDED - columns.keys())
    if columns and missing:
        raise SettingError(_damaged(f"it has no {missing[0]}"))
    for name, column in columns.items():
        if column.shape[1:] != ((3,) if name in _VECTORS else ()):
            raise SettingError(_damaged(f"{name} has the wrong shape"))
        if (np.abs(column) > LARGEST_NUMBER).any():  # NaN is what a line lacks
            raise SettingError(_damaged(f"{name} is beyond {LARGEST_NUMBER:g}"))


def _damaged(what: str) -> str:
    return f"thermo.jsonl is damaged ({what}): leave the run out, or run it anew"


def cut_after(path: Path, step: int) -> None:
    """Keep the lines up to a step, from which the run goes on."""
    kept = [line for line in read_lines(path) if float(line["step"]) <= step]
    write_whole(path, "".join(json.dumps(line) + "\n" for line in kept).encode())


def _listed(vector: NDArray[np.float64] | None) -> list[float] | None:
    return None if vector is None else vector.tolist()


def _column(name: str, values: list[Any]) -> NDArray[np.float64]:
    missing = [np.nan] * 3 if name in _VECTORS else np.nan
    return np.array([missing if value is None else value for value in values], dtype=float)
