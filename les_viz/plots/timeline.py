"""A run over time: energies, temperature, field and polarisation, current, one below the other on one time axis."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from les_viz.plots.theme import MARK, REFERENCE_GREY, SERIES, template
from les_viz.response.prediction import FloatArray

MOST_POINTS = 600
"""Of a line: more are not seen."""

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


_MARGIN = {"l": 78, "r": 58, "t": 30, "b": 46}


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
    rows = {"row_heights": [0.3, 0.2, 0.3, 0.2], "vertical_spacing": 0.035}
    specs: list[list[dict[str, Any]]] = [[{}], [{}], [{"secondary_y": True}], [{}]]
    figure = make_subplots(rows=4, cols=1, shared_xaxes=True, specs=specs, **rows)
    times = columns.get("time_fs", np.zeros(0))
    scale, unit = (1000.0, "ps") if len(times) and times[-1] >= 10_000 else (1.0, "fs")
    _add_lines(figure, columns, direction, scale)
    for row, (title, color) in enumerate(_TITLES, start=1):
        figure.update_yaxes(title={"text": title, "font": {"size": 12, **color}}, row=row, col=1, secondary_y=False)
    name = {"text": "ΔP (e Å)", "font": {"size": 12, "color": _POLARIZATION}}
    figure.update_yaxes(title=name, showgrid=False, zeroline=False, tickmode="auto", row=3, col=1, secondary_y=True)
    figure.update_xaxes(title_text=f"time ({unit})", row=4, col=1)
    figure.update_xaxes(automargin=False, ticklabeloverflow="allow")  # fitted, each drawing is done twice
    figure.update_yaxes(automargin=False, ticklabeloverflow="allow")
    if cursor_fs is not None:
        figure.add_vline(x=cursor_fs / scale, line={"color": MARK, "width": 2})
    figure.update_layout(
        template=template(),
        height=height,
        margin=_MARGIN,
        uirevision=run or True,
        meta={"run": run, "fs_per_unit": scale},
        showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        hovermode="x",
        dragmode="zoom",
    )
    return figure


def _add_lines(figure: go.Figure, columns: Mapping[str, FloatArray], direction: FloatArray, scale: float) -> None:
    chosen = thinned(len(columns.get("time_fs", ())))
    x = columns.get("time_fs", np.zeros(0))[chosen] / scale

    def add(row: int, name: str, values: FloatArray, color: str, **also: Any) -> None:  # noqa: ANN401 (of plotly)
        is_secondary, is_named = also.pop("is_secondary", None), also.pop("is_named", True)
        line = {"color": color, "width": 2, **also}
        hover = f"{name}: %{{y:.4g}}<extra></extra>"
        trace = go.Scatter(
            x=x,
            y=values[chosen],
            mode="lines" if len(x) > 1 else "markers",
            name=name,
            line=line,
            hovertemplate=hover,
            showlegend=is_named,
        )
        figure.add_trace(trace, row=row, col=1, secondary_y=is_secondary)

    if len(x) == 0:
        return
    for name, column, color in _ENERGY:
        add(1, name, columns[column] - columns[column][0], color)
    add(2, "temperature", columns["temperature_K"], _TEMPERATURE, is_named=False)
    add(
        3,
        "field",
        columns["electric_field_V_per_A"] @ direction,
        _FIELD,
        dash="dot",
        is_named=False,
        is_secondary=False,
    )
    for name, column, color in (
        ("ΔP", "polarization_change_eA", _POLARIZATION),
        ("ΔP, charges", "dipole_change_eA", _DIPOLE),
    ):
        if columns[column].ndim == 2:
            also = {"dash": "dash"} if column.startswith("dipole") else {}
            add(3, name, columns[column] @ direction, color, is_secondary=True, **also)
    if columns["current_eA_per_fs"].ndim == 2:
        add(4, "current", columns["current_eA_per_fs"] @ direction, _CURRENT, is_named=False)


def thinned(n_points: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Indices of at most so many points, even, the last among them."""
    if n_points <= MOST_POINTS:
        return np.arange(n_points)
    stride = -(-n_points // MOST_POINTS)
    return np.unique(np.append(np.arange(0, n_points, stride), n_points - 1))
