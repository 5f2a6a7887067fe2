"""The 3D viewer on a page."""

import functools
from collections.abc import Callable

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from les_viz.ui.session import current, update, widget_value
from les_viz.viewer.payload import pack_scene
from les_viz.viewer.scene import Scene

HEIGHT = 560
"""Pixels: viewer and its toolbar fit a window of 800 below the title."""

_KEY = "les_viewer"


@functools.cache
def _component() -> ComponentRenderer:
    """Register the component once a process; Streamlit finds `viewer.js` through `les_viz/pyproject.toml`."""
    return st.components.v2.component(
        "les_viz.viewer",
        js="viewer.js",
        html=f'<div class="les-root" style="width:100%;height:{HEIGHT}px"></div>',
        isolate_styles=False,
    )


def mount_viewer(scene: Scene, *, on_pick: Callable[[int | None], None]) -> None:
    """Show a scene; the visitor's pick comes back through `on_pick`, then the page runs again.

    Args:
        scene: what to draw.
        on_pick: takes the index of the picked atom, or None when a click hit none.
    """

    def pass_on() -> None:
        picked = widget_value(_KEY).get("picked")
        if picked is not None:
            on_pick(picked["index"])

    _component()(key=_KEY, data=pack_scene(scene), height=HEIGHT, on_picked_change=pass_on)


def select_atom(index: int | None) -> None:
    """Remember the picked atom, if the structure has it."""
    shown = current().shown
    n_atoms = 0 if shown is None else len(shown.prediction.atomic_numbers)
    update(selected_atom=index if index is not None and 0 <= index < n_atoms else None)
