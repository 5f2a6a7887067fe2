"""A 3 × 3 tensor as a labelled heat map, coloured on a scale that is symmetric about zero."""

import numpy as np
import plotly.graph_objects as go

from les_viz.plots.text import signed
from les_viz.plots.theme import diverging_scale, template
from les_viz.response.prediction import FloatArray

AXES = ("x", "y", "z")
HEIGHT = 250


def tensor_map(tensor: FloatArray, *, label: str, limit: float) -> go.Figure:
    """Nine cells: rows the direction of the field, columns that of the displacement.

    Args:
        tensor: (3 field, 3 displacement).
        label: what it is, with its unit in parentheses.
        limit: the value at which the colours saturate.

    Returns:
        The figure, each cell with its number.
    """
    heat = go.Heatmap(
        z=tensor,
        x=[f"along {axis}" for axis in AXES],
        y=[f"{axis}" for axis in AXES],
        text=[[signed(float(value)) for value in row] for row in np.asarray(tensor)],
        texttemplate="%{text}",
        textfont={"size": 17},
        colorscale=diverging_scale(),
        zmin=-limit,
        zmax=limit,
        xgap=2,
        ygap=2,
        colorbar={"title": {"text": label, "side": "top"}, "thickness": 12, "nticks": 5, "outlinewidth": 0},
        hovertemplate="field %{y}, displacement %{x}: %{text}<extra></extra>",
    )
    figure = go.Figure(heat)
    figure.update_xaxes(title_text="displacement of the atom", showgrid=False, ticks="", side="top")
    figure.update_yaxes(title_text="field direction", showgrid=False, ticks="", autorange="reversed")
    figure.update_layout(template=template(), height=HEIGHT, margin={"l": 44, "t": 60, "b": 8})
    return figure
