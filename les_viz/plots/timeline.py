"""A run over time: energies, temperature, field and polarisation, current, one below the other on one time axis."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from les_viz.plots.theme import MARK, REFERENCE_GREY, SERIES, template
from les_viz.response.prediction import FloatArray

_Indices = np.ndarray[Any, np.dtype[np.int64]]

MOST_POINTS = 600
"""Of a line: more are not seen."""

ROW_HEIGHTS = (0.3, 0.2, 0.3, 0.2)
"""Parts of the whole."""

_ENERGY = (
    ("potential", "potential_energy_eV", SERIES[0]),
    ("kinetic", "kinetic_energy_eV", SERIES[1]),
    ("conserved", "conserved_energy_eV", REFERENCE_GREY),
)
_FIELD, _POLARIZATION, _DIPOLE, _CURRENT, _TEMPERATURE = SERIES[3], SERIES[2], SERIES[4], SERIES[6], SERIES[1]
_TITLES: tuple[tuple[str, dict[str, str]], ...] = (
    ("energy, from<br>the start (eV)", {}),
    ("T (K)", {"color": _TEMPERATURE}),
    ("field (V/Å)", {"color": _FIELD}),
    ("current<br>(e Å/fs)", {"color": _CURRENT}),
)
_LONGEST_IN_FS = 10_000.0
_ROW_OF_TWO_AXES = 3
_MARGIN = {"l": 78, "r": 58, "t": 30, "b": 46}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One quantity over time.

    Attributes:
        row: that it is drawn in, from 1.
        name: of the quantity.
        unit: of its values.
        values: (points,), thinned.
        color: in CSS's writing.
        dash: "solid", "dot" or "dash".
        is_secondary: it has an axis of its own, to the right.
        is_named: a legend is needed to tell it from the other lines of its row.
    """

    row: int
    name: str
    unit: str
    values: FloatArray
    color: str
    dash: str = "solid"
    is_secondary: bool = False
    is_named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is drawn of a run.

    Attributes:
        times: (points,), thinned, in `time_unit`.
        time_unit: "fs", or "ps" for long runs.
        fs_per_unit: how much that is.
        lines: by row.
    """

    times: FloatArray
    time_unit: str
    fs_per_unit: float
    lines: tuple[Line, ...]


def course_of(columns: Mapping[str, FloatArray], direction: FloatArray) -> Course:
    """Take what is drawn from the columns of `thermo.jsonl`.

    Args:
        columns: by name, (lines,) or (lines, 3).
        direction: (3,), of length one: vectors are shown by their components along it.
    """
    times = columns.get("time_fs", np.zeros(0))
    is_long = len(times) > 0 and times[-1] >= _LONGEST_IN_FS
    scale, unit = (1000.0, "ps") if is_long else (1.0, "fs")
    chosen = thinned(len(times))
    lines = _lines(columns, direction, chosen) if len(times) else ()
    return Course(times=times[chosen] / scale, time_unit=unit, fs_per_unit=scale, lines=lines)


def _lines(columns: Mapping[str, FloatArray], direction: FloatArray, chosen: _Indices) -> tuple[Line, ...]:
    def along(column: str) -> FloatArray:
        return columns[column][chosen] @ direction

    lines = [
        Line(row=1, name=name, unit="eV", values=columns[column][chosen] - columns[column][0], color=color)
        for name, column, color in _ENERGY
    ]
    temperature = columns["temperature_K"][chosen]
    lines.append(Line(row=2, name="temperature", unit="K", values=temperature, color=_TEMPERATURE, is_named=False))
    field = along("electric_field_V_per_A")
    lines.append(Line(row=3, name="field", unit="V/Å", values=field, color=_FIELD, dash="dot", is_named=False))
    for name, column, color, dash in (
        ("ΔP", "polarization_change_eA", _POLARIZATION, "solid"),
        ("ΔP, charges", "dipole_change_eA", _DIPOLE, "dash"),
    ):
        if columns[column].ndim == 2:
            moment: dict[str, Any] = {"unit": "e Å", "color": color, "dash": dash, "is_secondary": True}
            lines.append(Line(row=3, name=name, values=along(column), **moment))
    if columns["current_eA_per_fs"].ndim == 2:
        current = along("current_eA_per_fs")
        lines.append(Line(row=4, name="current", unit="e Å/fs", values=current, color=_CURRENT, is_named=False))
    return tuple(lines)


def timeline(
    columns: Mapping[str, FloatArray],
    direction: FloatArray,
    *,
    cursor_fs: float | None = None,
    run: str = "",
    height: int = 600,
) -> go.Figure:
    """Draw the columns of `thermo.jsonl`.

    Args:
        columns: by name, (lines,) or (lines, 3).
        direction: (3,), of length one: vectors are shown by their components along it.
        cursor_fs: a line at this time; None for none.
        run: names the trajectory as the viewer does, which goes to the times that are clicked; what the visitor zoomed
            stays zoomed as long as this stays the same.
        height: pixels.
    """
    course = course_of(columns, direction)
    rows = {"row_heights": list(ROW_HEIGHTS), "vertical_spacing": 0.035}
    specs: list[list[dict[str, Any]]] = [[{}], [{}], [{"secondary_y": True}], [{}]]
    figure = make_subplots(rows=4, cols=1, shared_xaxes=True, specs=specs, **rows)
    for line in course.lines:
        figure.add_trace(_trace(line, course.times), row=line.row, col=1, secondary_y=_secondary(line))
    for row, (title, color) in enumerate(_TITLES, start=1):
        figure.update_yaxes(title={"text": title, "font": {"size": 12, **color}}, row=row, col=1, secondary_y=False)
    name = {"text": "ΔP (e Å)", "font": {"size": 12, "color": _POLARIZATION}}
    figure.update_yaxes(title=name, showgrid=False, zeroline=False, tickmode="auto", row=3, col=1, secondary_y=True)
    figure.update_xaxes(title_text=f"time ({course.time_unit})", row=4, col=1)
    figure.update_xaxes(automargin=False, ticklabeloverflow="allow")  # fitted, each drawing is done twice
    figure.update_yaxes(automargin=False, ticklabeloverflow="allow")
    if cursor_fs is not None:
        figure.add_vline(x=cursor_fs / course.fs_per_unit, line={"color": MARK, "width": 2})
    figure.update_layout(
        template=template(),
        height=height,
        margin=_MARGIN,
        uirevision=run or True,
        meta={"run": run, "fs_per_unit": course.fs_per_unit},
        showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        hovermode="x",
        dragmode="zoom",
    )
    return figure


def _trace(line: Line, times: FloatArray) -> go.Scatter:
    return go.Scatter(
        x=times,
        y=line.values,
        mode="lines" if len(times) > 1 else "markers",
        name=line.name,
        line={"color": line.color, "width": 2, "dash": line.dash},
        hovertemplate=f"{line.name}: %{{y:.4g}}<extra></extra>",
        showlegend=line.is_named,
    )


def _secondary(line: Line) -> bool | None:
    """What plotly wants to know, of the row with two axes only."""
    return line.is_secondary if line.row == _ROW_OF_TWO_AXES else None


def thinned(n_points: int) -> _Indices:
    """Indices of at most so many points, even, the last among them."""
    if n_points <= MOST_POINTS:
        return np.arange(n_points)
    stride = -(-n_points // MOST_POINTS)
    return np.unique(np.append(np.arange(0, n_points, stride), n_points - 1))
