"""Lines over a common axis: convergence, planar averages, training curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
import plotly.graph_objects as go

from les_viz.plots.theme import SERIES, template
from les_viz.response.prediction import FloatArray

HEIGHT = 320
_MANY = 5
"""Largest over smallest, beyond which only some ticks have room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line.

    Attributes:
        name: written at its end.
        x: (n,).
        y: (n,).
        color: None takes the next of the series.
        has_markers: whether its points are marked.
    """

    name: str
    x: Sequence[float] | FloatArray
    y: Sequence[float] | FloatArray
    color: str | None = None
    has_markers: bool = False


def curves(
    lines: Sequence[Curve], *, x_label: str, y_label: str, is_logarithmic: bool = False, height: int = HEIGHT
) -> go.Figure:
    """Draw lines, named in a legend above where there are several.

    Args:
        lines: what to draw.
        x_label: with its unit in parentheses.
        y_label: with its unit in parentheses.
        is_logarithmic: whether the vertical axis is.
        height: pixels.

    Returns:
        The figure.
    """
    figure = go.Figure()
    for number, line in enumerate(lines):
        figure.add_trace(
            go.Scatter(
                x=list(line.x),
                y=list(line.y),
                name=line.name,
                mode="lines+markers" if line.has_markers else "lines",
                line={"color": line.color or SERIES[number % len(SERIES)], "width": 2},
                hovertemplate=f"{line.name}: %{{y:.4g}} at %{{x:.4g}}<extra></extra>",
            )
        )
    figure.update_xaxes(title_text=x_label)
    figure.update_yaxes(title_text=y_label)
    if is_logarithmic:
        figure.update_yaxes(type="log", tickvals=round_values(np.concatenate([np.asarray(line.y) for line in lines])))
    figure.update_layout(
        template=template(),
        height=height,
        showlegend=len(lines) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    return figure


def round_values(values: FloatArray) -> list[float]:
    """Ticks that are read as they are: the numbers of one digit in the range, some of them where there are many."""
    kept = values[values > 0]
    if not kept.size:
        return []
    low, high = float(kept.min()), float(kept.max())
    digits = (1, 2, 5) if high > _MANY * low else range(1, 10)
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    candidates = (float(f"{digit}e{decade}") for decade in decades for digit in digits)
    return [value for value in candidates if low <= value <= high]
