"""One value over another, a row for each element, chosen atoms marked."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from les_viz.plots.theme import MARK, kind_color, template, title_row
from les_viz.response.prediction import FloatArray

ROW_HEIGHT = 150
AXIS_HEIGHT = 64


def scatter_by_element(
    x: FloatArray,
    y: FloatArray,
    symbols: Sequence[str],
    *,
    x_label: str,
    y_label: str,
    marked: Sequence[int] = (),
) -> go.Figure:
    """One row an element, each on a scale of its own, so that slopes show.

    Each point carries the index of its atom as custom data.

    Args:
        x: (atoms,).
        y: (atoms,).
        symbols: element of each atom.
        x_label: with its unit in parentheses.
        y_label: with its unit in parentheses.
        marked: atoms to mark.
    """
    elements, owner, chosen = sorted(set(symbols)), np.asarray(symbols), np.asarray(marked, dtype=int)
    figure = make_subplots(
        rows=len(elements), cols=1, shared_xaxes=True, vertical_spacing=min(0.16, 0.9 / len(elements))
    )
    for row, element in enumerate(elements, start=1):
        own = np.flatnonzero(owner == element)
        figure.add_trace(_points(x, y, own, element, kind_color(element, row - 1)), row=row, col=1)
        ringed = chosen[owner[chosen] == element]
        if len(ringed):
            figure.add_trace(_rings(x[ringed], y[ringed]), row=row, col=1)
        title_row(figure, row, f"<b>{element}</b>  {y_label}")
    figure.update_xaxes(title_text=x_label, row=len(elements), col=1)
    if np.array_equal(x, np.round(x)):
        figure.update_xaxes(dtick=1)  # counts: there is nothing between them
    figure.update_yaxes(nticks=5)
    figure.update_layout(template=template(), height=ROW_HEIGHT * len(elements) + AXIS_HEIGHT, margin_t=24)
    return figure


def _points(x: FloatArray, y: FloatArray, own: NDArray[np.int64], element: str, color: str) -> go.Scatter:
    return go.Scatter(
        x=x[own],
        y=y[own],
        customdata=own,
        mode="markers",
        name=element,
        marker={"color": color, "size": 7, "opacity": 0.75},
        hovertemplate=f"{element}, atom %{{customdata}}: %{{y:.3f}} at %{{x:.3f}}<extra></extra>",
    )


def _rings(x: FloatArray, y: FloatArray) -> go.Scatter:
    marker = {"color": "rgba(0,0,0,0)", "size": 14, "line": {"color": MARK, "width": 3}}
    return go.Scatter(x=x, y=y, mode="markers", marker=marker, hoverinfo="skip")
