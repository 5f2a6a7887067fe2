"""How one kind of value spreads, without regard to elements: a plain histogram with its mean."""

import re

import numpy as np
import plotly.graph_objects as go

from les_viz.plots.theme import LONG_RANGE, REFERENCE_GREY, template
from les_viz.response.prediction import FloatArray

HEIGHT = 300
MOST_BINS = 40
FEW = 5
"""In the highest bar, up to which each has its tick: there are no halves of what is counted."""


def spread(values: FloatArray, *, label: str, counted: str) -> go.Figure:
    """Histogram with a line at the mean.

    Args:
        values: (n,).
        label: what they are, with their unit in parentheses.
        counted: what is counted, for the other axis.

    Returns:
        The figure.
    """
    low, high = float(values.min()), float(values.max())
    pad = max(0.04 * (high - low), 1e-3)
    edges = np.linspace(low - pad, high + pad, min(MOST_BINS, max(8, 2 * int(np.sqrt(len(values))))) + 1)
    counts, _ = np.histogram(values, bins=edges)
    bars = go.Bar(
        x=0.5 * (edges[:-1] + edges[1:]),
        y=counts,
        width=0.96 * np.diff(edges),
        marker={"color": LONG_RANGE, "opacity": 0.85},
        hovertemplate="%{y} at %{x:.3f}<extra></extra>",
    )
    figure = go.Figure(bars)
    mean, unit = float(values.mean()), _unit_of(label)
    figure.add_vline(
        x=mean,
        line={"color": REFERENCE_GREY, "width": 2, "dash": "dash"},
        annotation_text=f"mean {mean:.3g}{unit}, spread {float(values.std()):.2g}{unit}",
        annotation_position="top",
    )
    figure.update_xaxes(title_text=label)
    figure.update_yaxes(title_text=counted, rangemode="tozero", nticks=6)
    if counts.max() <= FEW:
        figure.update_yaxes(dtick=1)
    figure.update_layout(template=template(), height=HEIGHT, margin_t=28)
    return figure


def _unit_of(label: str) -> str:
    """What stands in the parentheses at its end, behind a space; empty if there are none."""
    found = re.search(r"\(([^()]*)\)$", label)
    return "" if found is None else f" {found[1]}"
