"""A moving structure for the viewer: frames of a trajectory, sent whole or piece by piece while they are computed."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from les_viz.errors import SettingError
from les_viz.response.prediction import FloatArray
from les_viz.viewer.payload import Arrays, pack
from les_viz.viewer.scene import SCENE_VERSION

LARGEST_FRAMES = 256 * 1024 * 1024
"""Bytes of one piece that a browser still takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Some frames of a trajectory; the viewer keeps those that came before under the same `run`.

    Attributes:
        run: names the trajectory; another name starts over.
        first: number of the first of these frames in the trajectory.
        positions: (frames, atoms, 3), Å.
        values: (frames, atoms), shown on the scale of the scene's coloring; None keeps the scene's colours.
        times: (frames,), fs; None counts frames.
        cells: (frames, 3, 3), Å, rows are lattice vectors, where the cell changes; None keeps the scene's.
        is_live: more frames will come, and the viewer asks for them when it runs short.
        is_playing: a finished trajectory plays at once, without a press on Play.
        turn: tells the answers to a live viewer apart where they hold the same frames, or none.
    """

    run: str
    first: int
    positions: FloatArray
    values: FloatArray | None = None
    times: FloatArray | None = None
    cells: FloatArray | None = None
    is_live: bool = False
    is_playing: bool = False
    turn: int = 0

    def __post_init__(self) -> None:
        """Refuse shapes that do not belong together."""
        if self.positions.ndim != 3 or self.positions.shape[2] != 3:
            raise SettingError(f"positions have shape {self.positions.shape}: expected (frames, atoms, 3)")
        n_frames, n_atoms, _ = self.positions.shape
        if self.values is not None and self.values.shape != (n_frames, n_atoms):
            raise SettingError(f"values have shape {self.values.shape}: expected ({n_frames}, {n_atoms})")
        if self.times is not None and self.times.shape != (n_frames,):
            raise SettingError(f"times have shape {self.times.shape}: expected ({n_frames},)")
        if self.cells is not None and self.cells.shape != (n_frames, 3, 3):
            raise SettingError(f"cells have shape {self.cells.shape}: expected ({n_frames}, 3, 3)")
        if self.first < 0:
            raise SettingError(f"first is {self.first}: expected the number of a frame, from 0")
        if self.positions.size * 4 > LARGEST_FRAMES:
            raise SettingError(
                f"{n_frames} frames of {n_atoms} atoms are more than {LARGEST_FRAMES} bytes: leave out frames"
            )

    @staticmethod
    def whole(
        positions: FloatArray,
        *,
        values: FloatArray | None = None,
        times: FloatArray | None = None,
        cells: FloatArray | None = None,
    ) -> "Frames":
        """A finished trajectory, named by its content, so that the viewer knows it again."""
        frames = Frames(run="", first=0, positions=positions, values=values, times=times, cells=cells)
        digest = hashlib.blake2b(digest_size=16)
        for _, (_, array) in sorted(_arrays(frames).items()):
            digest.update(np.ascontiguousarray(array, dtype="<f4").tobytes())
        return replace(frames, run=digest.hexdigest())


def pack_frames(viewer: str, frames: Frames) -> bytes:
    """Write frames as bytes for the viewer of this name: positions with 32 bits, values with 16."""
    header = {
        "version": SCENE_VERSION,
        "viewer": viewer,
        "run": frames.run,
        "first": frames.first,
        "is_live": frames.is_live,
        "is_playing": frames.is_playing,
        "turn": frames.turn,
    }
    return pack(header, _arrays(frames))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seek:
    """A frame that the viewer goes to, once.

    Attributes:
        run: names the trajectory.
        frame: its number; None for the newest of a live run, and on from there.
        is_held: whether the picture then rests there.
        turn: tells one wish from the next.
    """

    run: str
    frame: int | None
    is_held: bool
    turn: int


def pack_seek(viewer: str, seek: Seek) -> bytes:
    """Write a wish as bytes for the viewer of this name."""
    wish = {"frame": seek.frame, "is_held": seek.is_held, "turn": seek.turn}
    return pack({"version": SCENE_VERSION, "viewer": viewer, "run": seek.run, "seek": wish}, {})


def _arrays(frames: Frames) -> Arrays:
    arrays: Arrays = {"frames.positions": ("f4", frames.positions)}
    if frames.values is not None:
        arrays["frames.values"] = ("f2", frames.values)
    if frames.times is not None:
        arrays["frames.times"] = ("f4", frames.times)
    if frames.cells is not None:
        arrays["frames.cells"] = ("f4", frames.cells)
    return arrays
