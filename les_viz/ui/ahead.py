"""A change of the structure goes ahead: the picture shows it first, the page follows once the browser has drawn that.

A whole page takes the browser a few tenths of a second, most of it spent on plots and tables.
"""

from collections.abc import Callable

import streamlit as st

from les_viz.ui.prediction import predict_again
from les_viz.ui.session import Shown, current, update
from les_viz.ui.viewer import send_ahead
from les_viz.viewer.scene import BENCH, Scene


def go_ahead(
    shown: Shown,
    draw: Callable[[Shown], Scene | None],
    quantities: Callable[[], tuple[str, ...]],
    *,
    key: str,
    on_move: Callable[[int, tuple[float, float, float]], None] | None = None,
) -> Shown:
    """Send the picture of a changed structure ahead; to be called in a fragment whose callbacks set `is_ahead`.

    Args:
        shown: what the page showed when it ran last.
        draw: makes the scene of it; None where only the whole page can show it.
        quantities: what the page asks for.
        key: names the fragment's messenger to the viewer.
        on_move: takes the index of an atom that was dragged, and by how much, Å.

    Returns:
        What the fragment should show: `shown` itself, unless a picture was sent.
    """
    is_ahead = current().is_ahead
    update(is_ahead=False)
    scene = None
    if is_ahead and current().edits != shown.edits:
        shown = predict_again(shown, frozenset(quantities())) or shown
        scene = draw(shown) if current().edits == shown.edits else None
        if scene is None:
            st.rerun(scope="app")
    if send_ahead(BENCH, scene, key=key, on_move=on_move):
        st.rerun(scope="app")
    return shown
