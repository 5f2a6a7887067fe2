"""How a value spreads over the atoms of each element."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from les_viz.plots.text import signed
from les_viz.plots.theme import MARK, REFERENCE_GREY, diverging_scale, template, title_row
from les_viz.response.prediction import FloatArray

N_BINS = 48
ROW_HEIGHT = 96
AXIS_HEIGHT = 64


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
    owner = np.asarray(symbols)
    edges = _edges(values)
    figure = make_subplots(
        rows=len(elements), cols=1, shared_xaxes=True, vertical_spacing=min(0.16, 0.9 / len(elements))
    )
    for row, element in enumerate(elements, start=1):
        own = values[owner == element]
        figure.add_trace(_bars(own, edges, element, label, limit), row=row, col=1)
        title_row(figure, row, f"<b>{element}</b>  {summary(own)}")
        if marked is not None and symbols[marked] == element:
            figure.add_vline(x=float(values[marked]), line={"color": MARK, "width": 3}, row=row, col=1)
    figure.update_xaxes(range=[edges[0], edges[-1]])
    figure.update_xaxes(title_text=label, row=len(elements), col=1)
    figure.update_yaxes(title_text="atoms", nticks=4, rangemode="tozero", fixedrange=True)
    figure.update_layout(template=template(), height=ROW_HEIGHT * len(elements) + AXIS_HEIGHT, bargap=0.04, margin_t=24)
    figure.update_layout(selectdirection="h")
    return figure


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


def _bars(values: FloatArray, edges: FloatArray, element: str, label: str, limit: float) -> go.Bar:
    counts, _ = np.histogram(values, bins=edges)
    centres = 0.5 * (edges[:-1] + edges[1:])
    full = counts > 0
    return go.Bar(
        x=centres[full],
        y=counts[full],
        width=0.96 * (edges[1] - edges[0]),
        marker={
            "color": centres[full],
            "colorscale": diverging_scale(),
            "cmin": -limit,
            "cmax": limit,
            "line": {"color": REFERENCE_GREY, "width": 0.5},
        },
        name=element,
        hovertemplate=f"{element}: %{{y}} atoms at %{{x:+.3f}}<br>{label}<extra></extra>",
    )


def _edges(values: FloatArray) -> FloatArray:
    """Bins over all values, never narrower than rounding."""
    low, high = float(values.min()), float(values.max())
    pad = max(0.04 * (high - low), 1e-3)
    return np.linspace(low - pad, high + pad, N_BINS + 1)
