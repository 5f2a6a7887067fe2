"""One value over another, a colour for each element, one atom marked."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from les_viz.plots.theme import MARK, SERIES, template
from les_viz.response.prediction import FloatArray

HEIGHT = 360


def scatter_by_element(
    x: FloatArray,
    y: FloatArray,
    symbols: Sequence[str],
    *,
    x_label: str,
    y_label: str,
    marked: Sequence[int] = (),
) -> go.Figure:
    """Points named by element; each carries the index of its atom as custom data.

    Args:
        x: (atoms,).
        y: (atoms,).
        symbols: element of each atom.
        x_label: with its unit in parentheses.
        y_label: with its unit in parentheses.
        marked: atoms to mark.
    """
    figure = go.Figure()
    owner = np.asarray(symbols)
    for number, element in enumerate(sorted(set(symbols))):
        own = np.flatnonzero(owner == element)
        figure.add_trace(
            go.Scatter(
                x=x[own],
                y=y[own],
                customdata=own,
                mode="markers",
                name=element,
                marker={"color": SERIES[number % len(SERIES)], "size": 7, "opacity": 0.75},
                hovertemplate=f"{element}, atom %{{customdata}}: %{{y:.3f}} at %{{x:.3f}}<extra></extra>",
            )
        )
    chosen = list(marked)
    if chosen:
        ring = {"color": "rgba(0,0,0,0)", "size": 14, "line": {"color": MARK, "width": 3}}
        figure.add_trace(
            go.Scatter(x=x[chosen], y=y[chosen], mode="markers", marker=ring, showlegend=False, hoverinfo="skip")
        )
    figure.update_xaxes(title_text=x_label)
    figure.update_yaxes(title_text=y_label)
    figure.update_layout(
        template=template(), height=HEIGHT, showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"}
    )
    return figure
