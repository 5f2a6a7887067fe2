"""A plane through a grid as a map, with the atoms near it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from les_viz.plots.theme import REFERENCE_GREY, diverging_scale, template
from les_viz.response.prediction import FloatArray

HEIGHT = 400
_BAR_LENGTH = 250
"""Pixels: as wide as a square map."""

MOST_NAMES = 60
"""Atoms that are named; more of them are dots, which leave something of the map to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Atoms to mark in the plane.

    Attributes:
        x: (n,), Å along the first edge.
        y: (n,), Å along the second edge.
        names: what to write at them.
    """

    x: FloatArray
    y: FloatArray
    names: Sequence[str]


def plane_map(
    values: FloatArray, lengths: tuple[float, float], edges: tuple[str, str], *, label: str, limit: float, atoms: Marked
) -> go.Figure:
    """Colour map over two edges of the grid, in Å along them, with contours.

    Args:
        values: (n_first, n_second).
        lengths: Å of the two edges.
        edges: their names.
        label: what the values are, with their unit in parentheses.
        limit: value at which the colours saturate.
        atoms: those that lie near the plane.

    Returns:
        The figure; of a skewed cell it shows lattice coordinates.
    """
    x = np.linspace(0, lengths[0], values.shape[0])
    y = np.linspace(0, lengths[1], values.shape[1])
    clipped = np.clip(values, -limit, limit).T
    fill = go.Contour(
        x=x,
        y=y,
        z=clipped,
        customdata=values.T,
        colorscale=diverging_scale(),
        zmin=-limit,
        zmax=limit,
        contours={"start": -limit, "end": limit, "size": limit / 5, "coloring": "heatmap"},
        line={"width": 0.4, "color": REFERENCE_GREY},
        colorbar={
            "title": {"text": label, "side": "top"},
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.02,
            "xanchor": "left",
            "x": 0,
            "lenmode": "pixels",
            "len": _BAR_LENGTH,
            "thickness": 12,
            "tickvals": [-limit, 0, limit],
            "ticktext": [f"−{limit:.2g}", "0", f"+{limit:.2g}"],
            "outlinewidth": 0,
        },
        hovertemplate="%{customdata:+.3f} at %{x:.2f}, %{y:.2f} Å<extra></extra>",
    )
    has_names = len(atoms.names) <= MOST_NAMES
    dots = go.Scatter(
        x=atoms.x,
        y=atoms.y,
        text=list(atoms.names),
        mode="markers+text" if has_names else "markers",
        textposition="middle center",
        textfont={"size": 10, "color": "#1c1c1c"},
        marker={
            "size": 15 if has_names else 4,
            "color": "rgba(255,255,255,0.75)",
            "line": {"color": "#1c1c1c", "width": 1},
        },
        hoverinfo="skip",
    )
    figure = go.Figure([fill, dots])
    axes = {"constrain": "domain", "showgrid": False}
    # To the left: in a wide column plotly leaves the title of the other axis there.
    figure.update_xaxes(title_text=f"along {edges[0]} (Å)", constraintoward="left", range=[0, lengths[0]], **axes)
    figure.update_yaxes(title_text=f"along {edges[1]} (Å)", scaleanchor="x", range=[0, lengths[1]], **axes)
    figure.update_layout(template=template(), height=HEIGHT)
    return figure
