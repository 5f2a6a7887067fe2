"""One look for all figures: calm, legible, transparent on the page's own background."""

from typing import Any, Final

import plotly.graph_objects as go

DIVERGING: Final = (
    "#2065c5",
    "#5788d2",
    "#88aadd",
    "#bacce6",
    "#ededed",
    "#e4c0bd",
    "#d8948e",
    "#c86761",
    "#b53434",
)
"""Blue (−) over near-white (0) to red (+) in nine even steps; a test compares it with the viewer's colours."""

LIGHT_INK: Final = "#1b1f27"
DARK_INK: Final = "#f2f4f8"
REFERENCE_GREY: Final = "#8a8f98"


def template(*, dark: bool) -> go.layout.Template:
    """Plotly template of all figures.

    Args:
        dark: whether the page has a dark background.

    Returns:
        The template: transparent, no legend, hairline grid, readable ticks.
    """
    ink = DARK_INK if dark else LIGHT_INK
    grid = "rgba(255,255,255,0.12)" if dark else "rgba(0,0,0,0.08)"
    axis: dict[str, Any] = {
        "gridcolor": grid,
        "zerolinecolor": REFERENCE_GREY,
        "linecolor": REFERENCE_GREY,
        "ticks": "outside",
        "tickcolor": REFERENCE_GREY,
        "title": {"font": {"size": 14}},
        "tickfont": {"size": 13},
        "automargin": True,
    }
    layout = go.Layout(
        font={"size": 13, "color": ink},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        showlegend=False,
        xaxis=axis,
        yaxis=axis,
        hoverlabel={"font": {"size": 13}},
    )
    return go.layout.Template(layout=layout)


def toolbar() -> dict[str, Any]:
    """Plotly's options in the browser: a quiet toolbar that saves SVG, and no link to the outside."""
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
        "toImageButtonOptions": {"format": "svg"},
    }
