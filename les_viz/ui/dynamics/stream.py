"""The viewer of a run: frames stream from its folder while it moves, coloured by their charges."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from les_viz.errors import LesVizError
from les_viz.md.settings import Ensemble
from les_viz.runs.catalog import RunEntry, entry_of
from les_viz.runs.checkpoint import read_checkpoint
from les_viz.runs.directory import RunDirectory
from les_viz.runs.states import is_moving
from les_viz.runs.trajectory import DAMAGE, TrajectoryReader
from les_viz.ui.session import current, update
from les_viz.ui.viewer import Playback, mount_viewer
from les_viz.ui.wording import plain
from les_viz.viewer.frames import Frames, Seek
from les_viz.viewer.layers import VIOLET, Arrows
from les_viz.viewer.scene import Coloring, Scene

VIEWER_HEIGHT = 398

PIECE = 240
"""Most frames of an answer to a viewer that has some already."""

WHOLE = 6000
"""Most frames of the first answer; longer runs are shown up to there, or by pieces."""

BACKLOG = 30
"""A run that is joined while it moves is played from so many frames before its newest."""

ARROW_A_VOLT_PER_A = 6.0
"""Å that the arrow of a field of 1 V/Å is long."""


@st.fragment
def show_stream(entry: RunEntry) -> None:
    """The viewer; asks for the next frames by itself."""
    now = entry_of(entry.folder) or entry
    try:
        frames = _next_frames(now)
        scene = _scene(now, frames)
    except (LesVizError, *DAMAGE) as caught:
        _explain(now, caught)
        return
    playback = Playback(frames=frames, on_tick=_note, on_show=_point, on_release=_let_go, seek=current().seek)
    mount_viewer(scene, playback=playback, height=VIEWER_HEIGHT)
    if current().cursor_moved:
        update(cursor_moved=False)
        if not is_moving(now.status):
            st.rerun()  # the plots beside have to follow; those of a moving run do by themselves


def trajectory_id(name: str) -> str:
    """The name of a trajectory in the browser: another one after each start."""
    return f"{name}/{current().run_turn}"


def _seek(name: str, frame: int | None) -> None:
    """Have the viewer go on from a frame of a run; None: from its newest."""
    last = current().seek
    turn = 1 if last is None else last.turn + 1
    update(seek=Seek(run=trajectory_id(name), frame=frame, is_held=False, turn=turn))


def _note(run: str, have: int) -> None:
    session = current()
    if session.run is not None and run == trajectory_id(session.run):
        update(frames_have=have, frames_turn=session.frames_turn + 1)


def back_to_live(name: str) -> None:
    """Let go of a picture that is held."""
    if current().cursor is not None:
        update(cursor=None)
        _seek(name, None)


def _let_go(run: str) -> None:
    """The visitor lets the picture go on: the plots have no time to mark."""
    session = current()
    if session.run is not None and run == trajectory_id(session.run):
        update(cursor=None)


def _point(run: str, frame: int) -> None:
    """The visitor holds the picture at a frame: the plots follow."""
    session = current()
    if session.run is not None and run == trajectory_id(session.run) and frame != session.cursor:
        update(cursor=frame, cursor_moved=True)


def _next_frames(entry: RunEntry) -> Frames:
    """The next piece of a moving run, all of a resting one."""
    session, moves = current(), is_moving(entry.status)
    first = session.frames_have if moves else 0
    run, turn = trajectory_id(entry.name), session.frames_turn if moves else 0
    try:
        with TrajectoryReader(RunDirectory(entry.folder).trajectory) as reader:
            n_frames = reader.n_frames()
            end = min(n_frames, first + (PIECE if first else WHOLE))
            start = min(first, end)
            positions = reader.read("positions", start, end)
            values = reader.read("latent_charges", start, end)
            times = reader.read("time_fs", start, end)
            cells = reader.read("cell", start, end) if entry.config.dynamics.ensemble == Ensemble.NPT else None
    except DAMAGE as caught:
        if moves or isinstance(caught, FileNotFoundError):  # not there yet, or just being replaced
            return _nothing(entry.folder, run, turn)
        raise
    if first == 0 and moves and n_frames > 2 * BACKLOG:
        _seek(entry.name, n_frames - BACKLOG)
    return Frames(
        run=run,
        first=start,
        positions=positions,
        values=values,
        times=times,
        cells=cells,
        is_live=moves,
        turn=turn,
    )


def _explain(entry: RunEntry, error: Exception) -> None:
    """Say what keeps the picture of a run from being drawn."""
    if isinstance(error, LesVizError):
        st.error(plain(f"{entry.name}: {error}"))
        return
    path = RunDirectory(entry.folder).trajectory
    st.error(
        plain(
            f"The frames of the run {entry.name} cannot be shown: {path} is damaged ({' '.join(str(error).split())}). "
            "Put a copy of that file there if you have one, or repeat the run with the Python below, under Files."
        )
    )


def _nothing(folder: Path, run: str, turn: int) -> Frames:
    n_atoms = len(start_of(folder)[0])
    return Frames(run=run, first=0, positions=np.zeros((0, n_atoms, 3)), is_live=True, turn=turn)


@lru_cache(maxsize=16)
def start_of(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Elements, positions and cell at the start of a run."""
    arrays = read_checkpoint(RunDirectory(folder).start)
    cell = arrays["cell"] if bool(np.all(arrays["pbc"])) else None
    return arrays["atomic_numbers"], arrays["positions"], cell


@lru_cache(maxsize=16)
def _coloring(folder: Path) -> Coloring:
    """The charges of the first frame, on a scale that stays."""
    with TrajectoryReader(RunDirectory(folder).trajectory) as reader:
        charges = reader.read("latent_charges", 0, 1)
    if len(charges) == 0:
        raise OSError("no frame yet")
    return Coloring.of("latent charge", "e", charges[0])


def _scene(entry: RunEntry, frames: Frames) -> Scene:
    numbers, positions, cell = start_of(entry.folder)
    try:
        coloring = _coloring(entry.folder)
    except DAMAGE:
        coloring = None
    field = field_arrow(positions, cell)
    return Scene(
        atomic_numbers=numbers,
        positions=positions,
        cell=cell,
        coloring=coloring,
        run=frames.run,
        arrows=() if field is None else (field,),
    )


def field_arrow(positions: np.ndarray, cell: np.ndarray | None) -> Arrows | None:
    """The field that the slider asks for, beside the atoms; None where it is off."""
    from les_viz.ui.dynamics.plan import current_plan

    protocol = current_plan().field
    if protocol.is_off:
        return None
    low = np.zeros(3) if cell is None else cell.clip(max=0).sum(axis=0)
    low = positions.min(axis=0) if cell is None else low
    return Arrows(
        label="field",
        unit="V/Å",
        origins=(low - 1.2)[None],
        vectors=(protocol.amplitude_V_per_A * protocol.unit)[None],
        length_per_unit=ARROW_A_VOLT_PER_A,
        color=VIOLET,
    )
