"""One look for all figures: calm, legible, transparent on the page's own background.

Text has no colour here: the page gives it one, light or dark, and changes it when the visitor changes the theme.
"""

import functools
from typing import Any, Final

import plotly.graph_objects as go

Figure = go.Figure
"""What all of `les_viz.plots` returns."""

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

REFERENCE_GREY: Final = "#8a8f98"
HAIRLINE: Final = "rgba(138, 143, 152, 0.25)"
MARK: Final = "#f5b400"
"""What is picked, in figures as in the viewer."""


LONG_RANGE: Final = "#0b8f86"
"""The model with charges, wherever it stands beside its twin."""

SHORT_RANGE: Final = "#d97b29"
"""The same model without charges."""

SERIES: Final = ("#3f7fb5", "#c8553d", "#5b9a68", "#8a63a6", "#b58a2c", "#4f5d75", "#c06c9a", "#6c8f2f")
"""Kinds without an order, tellable apart by the colour-blind in this order."""

_ELEMENTS: Final = {
    "H": "#3f7fb5",
    "O": "#c8553d",
    "C": "#6f7d96",
    "N": "#8a63a6",
    "Na": "#b58a2c",
    "Cl": "#5b9a68",
}
"""Elements of the samples look the same in every figure."""


def kind_color(kind: str, number: int) -> str:
    """Colour of an element, or of the n-th of other kinds."""
    return _ELEMENTS.get(kind, SERIES[number % len(SERIES)])


def diverging_scale() -> list[list[Any]]:
    """`DIVERGING` as plotly wants it."""
    return [[i / (len(DIVERGING) - 1), colour] for i, colour in enumerate(DIVERGING)]


_MARGIN: Final = {"l": 60, "r": 16, "t": 8, "b": 54}
"""Pixels in which labels mostly find room: where they do not, plotly makes room and draws all anew, twice or more.

On pages, Streamlit's theme takes `l` and `r` back to 0, and plotly makes that room itself.
"""


@functools.cache
def template() -> go.layout.Template:
    """Plotly template of all figures: transparent, no legend, hairline grid, readable ticks. Figures copy it."""
    axis: dict[str, Any] = {
        "gridcolor": HAIRLINE,
        "zerolinecolor": REFERENCE_GREY,
        "linecolor": REFERENCE_GREY,
        "ticks": "outside",
        "tickcolor": REFERENCE_GREY,
        "title": {"font": {"size": 14}},
        "tickfont": {"size": 13},
        "automargin": True,
        "exponentformat": "power",
    }
    layout = go.Layout(
        font={"size": 13},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin=_MARGIN,
        showlegend=False,
        xaxis=axis,
        yaxis=axis,
        hoverlabel={"font": {"size": 13}},
    )
    return go.layout.Template(layout=layout)


LECTURE_TYPE, LECTURE_HEIGHT, _LECTURE_LINE, _LECTURE_MARK = 18, 1.2, 1.6, 1.4
"""Size of the type, and how much larger all else is, where a figure is shown to a class."""

_USUAL_LINE = 2.0
"""Pixels that plotly takes where a figure says nothing."""


def enlarged(figure: go.Figure) -> go.Figure:
    """A copy for the last row of a lecture hall: larger type, thicker lines."""
    copy = go.Figure(figure)
    axes = {"tickfont_size": LECTURE_TYPE, "title_font_size": LECTURE_TYPE}
    copy.update_xaxes(**axes).update_yaxes(**axes)
    copy.update_layout(font_size=LECTURE_TYPE, hoverlabel_font_size=LECTURE_TYPE, legend_font_size=LECTURE_TYPE)
    copy.update_annotations(font_size=LECTURE_TYPE)
    if copy.layout.height is not None:
        copy.layout.height *= LECTURE_HEIGHT
    for trace in copy.data:
        if trace.type == "scatter":
            trace.line.width = _LECTURE_LINE * (_USUAL_LINE if trace.line.width is None else trace.line.width)
            if isinstance(trace.marker.size, int | float):
                trace.marker.size *= _LECTURE_MARK
        elif trace.type in ("contour", "heatmap"):
            trace.colorbar.update(tickfont_size=LECTURE_TYPE, title_font_size=LECTURE_TYPE)
        if trace.type in ("scatter", "heatmap") and trace.textfont.size is not None:
            trace.textfont.size *= LECTURE_HEIGHT
    return copy


_NEVER = ("lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d")
_MODES = ("select2d", "zoom2d", "pan2d")


def toolbar(*, selects: bool = False) -> dict[str, Any]:
    """Plotly's options in the browser: a short toolbar that saves SVG, and no link to the outside.

    Dragging zooms, a double click shows all again: no buttons are needed, which would cover titles and legends.

    Args:
        selects: the figure takes clicks, so that what dragging does has to be chosen.
    """
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": list(_NEVER if selects else _NEVER + _MODES),
        "toImageButtonOptions": {"format": "svg"},
    }


ROW_TITLE: Final = {
    "x": 0,
    "y": 1.0,
    "xanchor": "left",
    "yanchor": "bottom",
    "showarrow": False,
    "font": {"size": 13},
}
"""What is written above the left end of a row of plots, in the units of the row."""


def title_row(figure: go.Figure, row: int, text: str) -> None:
    """Write above the left end of a row of subplots.

    Args:
        figure: of rows below each other.
        row: from 1.
        text: plotly's markup.
    """
    axis = "" if row == 1 else str(row)
    figure.add_annotation(
        text=text,
        xref=f"x{axis} domain",
        yref=f"y{axis} domain",
        **ROW_TITLE,
    )
