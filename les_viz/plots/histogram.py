"""How a value spreads over the atoms of each element."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from les_viz.plots.text import signed
from les_viz.plots.theme import MARK, REFERENCE_GREY, ROW_TITLE, diverging_scale, template
from les_viz.response.prediction import FloatArray

N_BINS = 48
ROW_HEIGHT = 96
AXIS_HEIGHT = 64
FEW = 3
"""Atoms in the highest bar up to which each has its tick; plotly itself would put ticks at halves of an atom."""


def histogram_by_element(
    values: FloatArray,
    symbols: Sequence[str],
    *,
    label: str,
    limit: float,
    marked: int | None = None,
) -> go.Figure:
    """One row an element, bars coloured as the atoms are.

    Args:
        values: (atoms,).
        symbols: element of each atom.
        label: what the value is, with its unit in parentheses.
        limit: the value at which the colours saturate.
        marked: an atom to mark.

    Returns:
        The figure; all rows share the axis and its bins.
    """
    elements = sorted(set(symbols))
    owner, edges = np.asarray(symbols), _edges(values)
    own = {element: values[owner == element] for element in elements}
    bars = [_bars(own[element], edges, element, label, limit, row) for row, element in enumerate(elements, start=1)]
    layout: dict[str, Any] = {
        **_axes(len(elements), edges, label),
        "annotations": [
            {"text": f"<b>{element}</b>  {summary(own[element])}", **ROW_TITLE, **_domain_of(row)}
            for row, element in enumerate(elements, start=1)
        ],
        "template": template(),
        "height": ROW_HEIGHT * len(elements) + AXIS_HEIGHT,
        "bargap": 0.04,
        "margin": {"t": 24},
        "selectdirection": "h",
    }
    for row, bar in enumerate(bars, start=1):
        if max(bar["y"]) <= FEW:
            layout[f"yaxis{_number(row)}"]["dtick"] = 1
    if marked is not None:
        layout["shapes"] = [_mark(float(values[marked]), elements.index(symbols[marked]) + 1)]
    # Made at one stroke: built up by methods, it would take the page as long as a prediction.
    return go.Figure({"data": bars, "layout": layout})


def atoms_in_bars(values: FloatArray, symbols: Sequence[str], bars: Sequence[tuple[int, float]]) -> list[int]:
    """The atoms that bars of `histogram_by_element` count.

    Args:
        values: as drawn.
        symbols: as drawn.
        bars: row of each, from 0, and the centre of its bin.

    Returns:
        Their indices, ascending.
    """
    elements, edges, owner = sorted(set(symbols)), _edges(values), np.asarray(symbols)
    half = 0.5 * (edges[1] - edges[0])
    found: set[int] = set()
    for row, centre in bars:
        near = np.abs(values - centre) <= half * (1 + 1e-9)
        found |= set(np.flatnonzero(near & (owner == elements[row])).tolist())
    return sorted(found)


def summary(values: FloatArray) -> str:
    """Mean and spread in words short enough for a label."""
    return f"{signed(float(values.mean()))} ± {float(values.std()):.3f}"


def _number(row: int) -> str:
    """Of an axis, as plotly counts."""
    return "" if row == 1 else str(row)


def _domain_of(row: int) -> dict[str, str]:
    return {"xref": f"x{_number(row)} domain", "yref": f"y{_number(row)} domain"}


def _axes(n_rows: int, edges: FloatArray, label: str) -> dict[str, Any]:
    """One above the other, the first on top; all follow the axis of the last."""
    gap = min(0.16, 0.9 / n_rows)
    height = (1 - gap * (n_rows - 1)) / n_rows
    axes: dict[str, Any] = {}
    for row in range(1, n_rows + 1):
        number, low = _number(row), max(0.0, 1 - row * height - (row - 1) * gap)
        x: dict[str, Any] = {"anchor": f"y{number}", "domain": [0.0, 1.0], "range": [edges[0], edges[-1]]}
        if row < n_rows:
            x |= {"matches": f"x{_number(n_rows)}", "showticklabels": False}
        else:
            x["title"] = {"text": label}
        axes[f"xaxis{number}"] = x
        axes[f"yaxis{number}"] = {
            "anchor": f"x{number}",
            "domain": [low, min(1.0, low + height)],
            "title": {"text": "atoms"},
            "nticks": 4,
            "rangemode": "tozero",
            "fixedrange": True,
        }
    return axes


def _mark(place: float, row: int) -> dict[str, Any]:
    """A line through a row."""
    line = {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "line": {"color": MARK, "width": 3}}
    return {**line, "xref": f"x{_number(row)}", "yref": _domain_of(row)["yref"]}


def _bars(values: FloatArray, edges: FloatArray, element: str, label: str, limit: float, row: int) -> dict[str, Any]:
    counts, _ = np.histogram(values, bins=edges)
    centres = 0.5 * (edges[:-1] + edges[1:])
    full = counts > 0
    return {
        "type": "bar",
        "x": centres[full],
        "y": counts[full],
        "width": 0.96 * (edges[1] - edges[0]),
        "marker": {
            "color": centres[full],
            "colorscale": diverging_scale(),
            "cmin": -limit,
            "cmax": limit,
            "line": {"color": REFERENCE_GREY, "width": 0.5},
        },
        "name": element,
        "hovertemplate": f"{element}: %{{y}} atoms at %{{x:+.3f}}<br>{label}<extra></extra>",
        "xaxis": f"x{_number(row)}",
        "yaxis": f"y{_number(row)}",
    }


def _edges(values: FloatArray) -> FloatArray:
    """Bins over all values, never narrower than rounding."""
    low, high = float(values.min()), float(values.max())
    pad = max(0.04 * (high - low), 1e-3)
    return np.linspace(low - pad, high + pad, N_BINS + 1)
