"""Curves with error bands, over measured bands in grey, with what was assumed written below."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from les_viz.analysis.literature import Band
from les_viz.plots.theme import REFERENCE_GREY, SERIES, template
from les_viz.response.prediction import FloatArray

HEIGHT = 440
MOST_POINTS = 2000
_CAPTION_SPACE = 78
"""Pixels from the axis to the lower end of the first line of small print: below the axis' title, or narrow figures draw
one over the other."""

_LINE_OF_PRINT = 18
_PRINT = "small print"


@dataclass(frozen=True, slots=True, kw_only=True)
class Banded:
    """One curve.

    Attributes:
        name: for the legend.
        x: (n,).
        y: (n,).
        error: (n,), standard error, drawn as a band of one to either side; None for none.
        color: None takes the next of the series.
        is_dashed: for what is compared with.
        is_points: points with error bars, in place of a curve with a band.
    """

    name: str
    x: FloatArray
    y: FloatArray
    error: FloatArray | None = None
    color: str | None = None
    is_dashed: bool = False
    is_points: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """What the axes say, with units in parentheses, and how far they reach; None for all."""

    x: str
    y: str
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None


def banded(lines: Sequence[Banded], axes: Axes, *, caption: str = "") -> go.Figure:
    """Draw curves and their bands.

    Args:
        lines: what to draw; long ones are thinned.
        axes: labels and reach.
        caption: what the curves assume, written below the figure.

    Returns:
        The figure.
    """
    figure = go.Figure()
    for number, line in enumerate(lines):
        add = _add_points if line.is_points else _add
        add(figure, line, line.color or SERIES[number % len(SERIES)])
    figure.update_xaxes(title_text=axes.x, range=axes.x_range)
    figure.update_yaxes(title_text=axes.y, range=axes.y_range)
    figure.update_layout(
        template=template(),
        height=HEIGHT,
        showlegend=len(lines) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
    )
    return with_caption(figure, caption) if caption else figure


def with_caption(figure: go.Figure, caption: str) -> go.Figure:
    """The figure with a line of small print below."""
    return _with_small_print(figure, caption)


def with_measured(figure: go.Figure, measured: Sequence[Band], source: str) -> go.Figure:
    """The figure with measured bands in grey behind the curves, each with its name and peak."""
    for band in measured:
        figure.add_vrect(x0=band.low, x1=band.high, fillcolor=REFERENCE_GREY, opacity=0.14, line_width=0, layer="below")
        figure.add_vline(x=band.peak, line={"color": REFERENCE_GREY, "width": 1.5, "dash": "dot"}, layer="below")
        figure.add_annotation(
            text=f"{band.name}<br>{band.peak:.0f}",
            x=band.peak,
            y=1,
            yref="paper",
            yanchor="top",
            xanchor="left",
            xshift=3,
            align="left",
            showarrow=False,
            font={"size": 12, "color": REFERENCE_GREY},
        )
    return _with_small_print(figure, f"grey: {source}")


def _with_small_print(figure: go.Figure, text: str) -> go.Figure:
    """The figure with one more line below the axis."""
    n_lines = sum(note.name == _PRINT for note in figure.layout.annotations)
    space = _CAPTION_SPACE + _LINE_OF_PRINT * n_lines
    figure.add_annotation(
        name=_PRINT,
        text=text,
        xref="paper",
        yref="paper",
        x=0,
        y=0,
        yshift=-space,
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"size": 12, "color": REFERENCE_GREY},
    )
    figure.update_layout(margin_b=space + 6)
    return figure


def _add(figure: go.Figure, line: Banded, color: str) -> None:
    stride = max(1, len(line.x) // MOST_POINTS)
    x, y = np.asarray(line.x)[::stride], np.asarray(line.y)[::stride]
    if line.error is not None and np.isfinite(line.error).any():
        error = np.nan_to_num(np.asarray(line.error)[::stride])
        figure.add_scatter(
            x=np.concatenate((x, x[::-1])),
            y=np.concatenate((y + error, (y - error)[::-1])),
            fill="toself",
            fillcolor=color,
            opacity=0.22,
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_scatter(
        x=x,
        y=y,
        name=line.name,
        mode="lines",
        line={"color": color, "width": 2, "dash": "dash" if line.is_dashed else "solid"},
        hovertemplate=f"{line.name}: %{{y:.4g}} at %{{x:.4g}}<extra></extra>",
    )


def _add_points(figure: go.Figure, line: Banded, color: str) -> None:
    figure.add_scatter(
        x=line.x,
        y=line.y,
        error_y=None if line.error is None else {"array": line.error, "thickness": 1.5, "width": 4},
        name=line.name,
        mode="markers",
        marker={"color": color, "size": 8},
        hovertemplate=f"{line.name}: %{{y:.4g}} at %{{x:.4g}}<extra></extra>",
    )
