"""Computed values against a reference, and how well they agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from les_viz.plots.theme import REFERENCE_GREY, kind_color, template
from les_viz.response.prediction import FloatArray

HEIGHT = 380

R_SQUARED_HELP = (
    "Part of the reference's variance that the grey line of equality explains: 1 if all values are the reference's "
    "own, below 0 if its mean would come nearer."
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two sets of values agree.

    Attributes:
        rmse: root mean square difference.
        r_squared: 1 − residual over variance of the reference; None if the reference does not vary.
        slope: of the line through the origin, values = slope · reference; None if the reference is zero.
    """

    rmse: float
    r_squared: float | None
    slope: float | None


def agreement(reference: FloatArray, values: FloatArray) -> Agreement:
    """Compare values with a reference, entry by entry."""
    x, y = np.ravel(reference), np.ravel(values)
    variance, square = float(np.square(x - x.mean()).sum()), float(np.square(x).sum())
    return Agreement(
        rmse=float(np.sqrt(np.mean(np.square(x - y)))),
        r_squared=1 - float(np.square(x - y).sum()) / variance if variance > 0 else None,
        slope=float(x @ y) / square if square > 0 else None,
    )


def parity(reference: FloatArray, values: FloatArray, kinds: Sequence[str], *, x_label: str, y_label: str) -> go.Figure:
    """Scatter of values over reference with the line of equality in grey.

    Args:
        reference: (n,).
        values: (n,).
        kinds: (n,) what each point belongs to; each kind has a colour and a name beside the plot.
        x_label: what the reference is, with its unit in parentheses.
        y_label: what the values are, with their unit.

    Returns:
        The figure, with equal axes.
    """
    low = float(min(reference.min(), values.min()))
    high = float(max(reference.max(), values.max()))
    pad = max(0.05 * (high - low), 1e-3)
    ends = [low - pad, high + pad]
    figure = go.Figure(
        go.Scatter(x=ends, y=ends, mode="lines", line={"color": REFERENCE_GREY, "width": 1.5}, hoverinfo="skip")
    )
    owner = np.asarray(kinds)
    for number, kind in enumerate(dict.fromkeys(kinds)):
        own = owner == kind
        figure.add_trace(
            go.Scatter(
                x=reference[own],
                y=values[own],
                mode="markers",
                name=kind,
                showlegend=True,
                marker={"color": kind_color(kind, number), "size": 6, "opacity": 0.7},
                hovertemplate=f"{kind}: %{{y:.3f}} against %{{x:.3f}}<extra></extra>",
            )
        )
    figure.data[0].showlegend = False
    figure.update_xaxes(title_text=x_label, range=ends)
    figure.update_yaxes(title_text=y_label, range=ends, scaleanchor="x", constrain="domain")
    figure.update_layout(
        template=template(), height=HEIGHT, showlegend=True, legend={"x": 0.02, "y": 0.98, "bgcolor": "rgba(0,0,0,0)"}
    )
    return figure
