"""A trajectory on the bench: all frames play in the viewer; where it rests, the page shows that frame."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from les_viz.response.prediction import FloatArray
from les_viz.ui.jobs import Progress, run_aside
from les_viz.ui.session import ModelEntry, Shown, StructureEntry, current, update
from les_viz.ui.viewer import Playback
from les_viz.viewer.frames import Frames, Seek
from les_viz.viewer.scene import Coloring, colorings

if TYPE_CHECKING:
    from les_viz.system import Boundary

_ENOUGH_FRAMES = 50
"""Frames between two reports of the work aside, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """The frames that the viewer plays, with what colours them.

    Attributes:
        playback: for the viewer.
        coloring: on one scale for all frames, where all have their colours.
        has_all_colours: whether each frame brings its own.
    """

    playback: Playback
    coloring: Coloring | None
    has_all_colours: bool


def trajectory_of(shown: Shown, coloring: Coloring | None) -> Trajectory | None:
    """The frames of the file, if they are one structure that moves and the visitor has not changed it.

    Args:
        shown: what is on the page.
        coloring: what colours the frame on the page.
    """
    positions = None if shown.edits else _positions(shown.structure.key, shown.structure)
    if positions is None:
        return None
    values = None if coloring is None else _values(shown, coloring.label)
    cells = _cells(shown.structure.key, shown.structure) if shown.prediction.pbc else None
    run = f"{shown.structure.key} {_colours(shown, coloring, values)}"
    frames = Frames(run=run, first=0, positions=positions, cells=cells)
    if values is not None and coloring is not None:
        frames = replace(frames, values=values)
        if current().locked_limit is None:
            coloring = replace(coloring, limit=Coloring.of(coloring.label, coloring.unit, values.ravel()).limit)
    seek = Seek(run=frames.run, frame=shown.frame, is_held=True, turn=current().frame_turn)
    playback = Playback(frames=frames, on_show=_rest, seek=seek)
    return Trajectory(playback=playback, coloring=coloring, has_all_colours=values is not None)


def offer_all_colours(shown: Shown, trajectory: Trajectory) -> None:
    """Charges of all frames on demand; until then the atoms keep those of one frame while they move."""
    if trajectory.has_all_colours or trajectory.coloring is None:
        return
    found = run_aside(
        _key(shown),
        "Colour all frames",
        lambda: _colour_all(shown.structure, shown.model, shown.boundary),
        why=f"While it plays, the atoms keep the colours of frame {shown.frame + 1}; where it rests, its own charges "
        f"are computed. For all {len(shown.structure.frames)} frames at once:",
    )
    if found is not None and trajectory.coloring.label in found:
        st.rerun()


@st.cache_resource(max_entries=8, ttl=3600, show_spinner=False)
def _positions(key: str, _entry: StructureEntry) -> FloatArray | None:
    """(frames, atoms, 3), Å; None if there is one frame only, or other atoms in another."""
    frames = _entry.frames
    if len(frames) < 2 or any(not np.array_equal(atoms.numbers, frames[0].numbers) for atoms in frames[1:]):
        return None
    return np.stack([atoms.positions for atoms in frames]).astype(np.float32)


@st.cache_resource(max_entries=8, ttl=3600, show_spinner=False)
def _cells(key: str, _entry: StructureEntry) -> FloatArray | None:
    """(frames, 3, 3), Å; None if all frames have the same cell, or one has none."""
    cells = np.stack([np.asarray(atoms.cell[:]) for atoms in _entry.frames])
    if (cells == cells[0]).all() or (np.linalg.det(cells) == 0).any():
        return None
    return cells.astype(np.float32)


def _values(shown: Shown, label: str) -> FloatArray | None:
    """The values of one coloring in all frames, in the scale on the page, once they are computed."""
    job = current().jobs.get(_key(shown))
    found: Mapping[str, FloatArray] | None = None if job is None else job.result
    if found is None or label not in found:
        return None
    own, chosen = shown.model.model.charge_scale, shown.prediction.charge_scale
    return found[label] * (chosen / own) if label == "partial charge" else found[label]


def _colours(shown: Shown, coloring: Coloring | None, values: FloatArray | None) -> str:
    """Names the colours of the frames, so that the viewer takes others for another trajectory."""
    if values is None or coloring is None:
        return "as the page"
    return f"{coloring.label} {shown.model.key} {shown.boundary} {shown.prediction.charge_scale:.6g}"


def _key(shown: Shown) -> str:
    return f"frames {shown.structure.key} {shown.model.key} {shown.boundary}"


def _colour_all(
    structure: StructureEntry, model: ModelEntry, boundary: "Boundary | None"
) -> Generator[Progress, None, Mapping[str, FloatArray]]:
    from les_viz.response.predict import predict

    found: dict[str, list[FloatArray]] = {}
    n_frames = len(structure.frames)
    for number, atoms in enumerate(structure.frames):
        if number % min(_ENOUGH_FRAMES, max(1, n_frames // 100)) == 0:
            yield number / n_frames, f"frame {number + 1} of {n_frames}"
        prediction = predict(model.model, atoms, quantities={"energy", "latent_charges"}, boundary=boundary)
        for label, coloring in colorings(prediction).items():
            found.setdefault(label, []).append(coloring.values.astype(np.float32))
    return {label: np.stack(values) for label, values in found.items()}


def _rest(run: str, frame: int) -> None:
    """The visitor holds the picture at a frame: the page follows."""
    shown = current().shown
    if shown is not None and run.startswith(shown.structure.key) and 0 <= frame < len(shown.structure.frames):
        update(frame=frame, edits=())
