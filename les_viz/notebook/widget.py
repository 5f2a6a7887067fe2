"""The viewer of the app as a Jupyter widget."""

import anywidget
import traitlets

from les_viz.viewer.bundle import bundle_path
from les_viz.viewer.frames import Frames, pack_frames
from les_viz.viewer.payload import pack_scene
from les_viz.viewer.scene import Scene


class ViewerWidget(anywidget.AnyWidget):
    """A scene in a notebook; `selection` follows the clicks.

    Attributes:
        payload: the scene as bytes.
        frames: frames of a trajectory as bytes, or empty.
        height: pixels.
        picked: what the visitor selected.
    """

    _esm = bundle_path()
    payload = traitlets.Bytes().tag(sync=True)
    frames = traitlets.Bytes(b"").tag(sync=True)
    height = traitlets.Int(480).tag(sync=True)
    picked = traitlets.Dict().tag(sync=True)

    @property
    def selection(self) -> tuple[int, ...]:
        """Indices of the selected atoms, in the order of the clicks."""
        return tuple(self.picked.get("selection", ()))

    def show(self, scene: Scene, frames: Frames | None = None) -> None:
        """Draw another scene in the same place, with the same camera."""
        self.payload = pack_scene(scene)
        self.frames = b"" if frames is None else pack_frames(scene.viewer, frames)
