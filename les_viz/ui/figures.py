"""Figures on a page: with one toolbar, and larger in a lecture."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from les_viz.plots import theme
from les_viz.ui.session import current


def show_figure(
    figure: theme.Figure,
    *,
    key: str,
    place: DeltaGenerator | None = None,
    selects: bool = False,
    **options: Any,  # noqa: ANN401 - those of st.plotly_chart
) -> None:
    """Draw a figure.

    Args:
        figure: what to draw.
        key: names it on its page.
        place: where, if not here.
        selects: it takes clicks and boxes.
        options: further ones of `st.plotly_chart`.
    """
    shown = theme.enlarged(figure) if current().is_lecture else figure
    where = st if place is None else place
    where.plotly_chart(shown, theme="streamlit", config=theme.toolbar(selects=selects), key=key, **options)
