"""The 3D viewer on a page."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from les_viz.ui.session import current, update, widget_value
from les_viz.viewer.frames import Frames, Seek, pack_frames, pack_seek
from les_viz.viewer.payload import pack_grid, pack_message, pack_scene
from les_viz.viewer.scene import Scene

HEIGHT = 560
"""Pixels: viewer and its toolbar fit a window of 800 below the title."""

LOWEST = 330
"""Pixels below which the viewer, whose style has a least height, would be cut off."""

_HEAD_START_S = 0.5
"""Seconds by which the first picture of the process goes ahead of the rest of its page."""

_NO_HEIGHT = 1
"""Pixels of a component that only carries data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """A trajectory to play.

    Attributes:
        frames: all of them, or the next piece of a live run.
        on_tick: for live runs: takes the name of the run and the number of frames that the viewer has, when it runs
            short; then the page (or the fragment) runs again and sends the next piece.
        on_show: takes the name of the run and the frame at which the visitor holds the picture.
        on_release: takes the name of a live run whose picture was held and moves again.
        seek: a frame to go to.
    """

    frames: Frames
    on_tick: Callable[[str, int], None] | None = None
    on_show: Callable[[str, int], None] | None = None
    on_release: Callable[[str], None] | None = None
    seek: Seek | None = None


def register() -> None:
    """Let Streamlit serve the viewer's script before a page mounts it."""
    _component()


@functools.cache
def _component() -> ComponentRenderer:
    """Register the component once a process; Streamlit finds `viewer.js` through `les_viz/pyproject.toml`."""
    return st.components.v2.component(
        "les_viz.viewer",
        js="viewer.js",
        html='<div class="les-root"></div>',
        isolate_styles=False,
    )


def mount_viewer(
    scene: Scene,
    *,
    on_pick: Callable[[int | None], None] | None = None,
    on_select: Callable[[tuple[int, ...]], None] | None = None,
    playback: Playback | None = None,
    height: int = HEIGHT,
) -> None:
    """Show a scene; what the visitor selects comes back through the callbacks, then the page runs again.

    Args:
        scene: what to draw.
        on_pick: takes the index of the atom that was clicked last, or None when all were let go.
        on_select: takes the indices of all selected atoms, in the order of the clicks.
        playback: frames of the same atoms that are played over the scene.
        height: pixels, toolbar included; in tall windows the style of the page adds to them.
    """
    key = f"les_viewer_{scene.viewer}"
    run = None if playback is None else playback.frames.run
    scene = replace(scene, run=run)

    def pass_on() -> None:
        picked: dict[str, Any] | None = widget_value(key).get("picked")
        if picked is None:
            return
        if on_pick is not None:
            on_pick(picked["index"])
        if on_select is not None:
            on_select(tuple(picked["selection"]))

    data = pack_scene(scene, is_whole=False, height=height)
    with st.container(gap=None):  # large things apart from the scene: Streamlit sends the same bytes once only
        _component()(
            key=key,
            data=data,
            height=height,
            on_picked_change=pass_on,
            on_tick_change=functools.partial(_pass_on_tick, key, playback),
            on_shown_change=functools.partial(_pass_on_shown, key, playback),
        )
        if scene.volume is not None:
            _component()(key=f"{key}_grid", data=pack_grid(scene.viewer, scene.volume), height=_NO_HEIGHT)
        if playback is not None:
            _component()(key=f"{key}_frames", data=pack_frames(scene.viewer, playback.frames), height=_NO_HEIGHT)
            if playback.seek is not None:
                _component()(key=f"{key}_seek", data=pack_seek(scene.viewer, playback.seek), height=_NO_HEIGHT)
    _give_a_head_start()


def send_ahead(
    viewer: str,
    scene: Scene | None,
    *,
    key: str,
    on_move: Callable[[int, tuple[float, float, float]], None] | None = None,
) -> bool:
    """Show a scene in a viewer that stands elsewhere on the page, from a fragment and before the page runs again.

    Args:
        viewer: name of the viewer.
        scene: what to draw, the same that `mount_viewer` will be given; None leaves the picture as it is.
        key: names the fragment's messenger.
        on_move: takes the index of an atom that was dragged, and by how much, Å; then the fragment runs again.

    Returns:
        Whether the viewer says that it has drawn what was sent last: time for the rest of the page.
    """
    packed = None if scene is None else pack_scene(scene, is_whole=False, height=HEIGHT)
    said = _component()(
        key=key,
        data=pack_message(viewer, key, packed, takes_moves=on_move is not None),
        height=_NO_HEIGHT,
        on_moved_change=functools.partial(_pass_on_move, key, on_move),
        on_drawn_change=_run_again,
    )
    return said.drawn is not None


def mount_lines(data: bytes, *, key: str, height: int) -> None:
    """Show the lines of a run that goes on, as `course.ts` reads them."""
    _component()(key=key, data=data, height=height)


def _run_again() -> None:
    """A trigger without a callback would not make its fragment run."""


@functools.cache
def _give_a_head_start() -> None:
    """Wait once, or the browser reads the megabytes of the chart's script before it draws the picture."""
    time.sleep(_HEAD_START_S)


def _pass_on_move(key: str, listener: Callable[[int, tuple[float, float, float]], None] | None) -> None:
    """Pass on where an atom was dragged to."""
    moved: dict[str, Any] | None = widget_value(key).get("moved")
    if moved is not None and listener is not None:
        x, y, z = (float(part) for part in moved["by"])
        listener(int(moved["atom"]), (x, y, z))


def _pass_on_tick(key: str, playback: Playback | None) -> None:
    """Pass on that the viewer of a live run asks for more."""
    said: dict[str, Any] | None = widget_value(key).get("tick")
    if said is not None and playback is not None and playback.on_tick is not None:
        playback.on_tick(said["run"], said["have"])


def _pass_on_shown(key: str, playback: Playback | None) -> None:
    """Pass on where the picture is held, or that it no longer is."""
    said: dict[str, Any] | None = widget_value(key).get("shown")
    if said is None or playback is None:
        return
    if said["frame"] is not None and playback.on_show is not None:
        playback.on_show(said["run"], said["frame"])
    elif said["frame"] is None and playback.on_release is not None:
        playback.on_release(said["run"])


def select_atom(index: int | None) -> None:
    """Remember the picked atom, if the structure has it."""
    shown = current().shown
    n_atoms = 0 if shown is None else len(shown.prediction.atomic_numbers)
    update(selected_atom=index if index is not None and 0 <= index < n_atoms else None)
