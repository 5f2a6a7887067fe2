"""`les_viz.view`: a structure in Jupyter, by the viewer of the app, by NGL or by 3Dmol."""

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from les_viz.errors import SettingError
from les_viz.notebook.subject import scene_and_frames
from les_viz.response.prediction import Prediction
from les_viz.viewer.html import framed, py3dmol_html
from les_viz.viewer.responses import born_charge_glyphs, dipole_arrow, force_arrows
from les_viz.viewer.scene import Scene

Backend = Literal["les_viz", "nglview", "py3dmol"]

_ARROWS = {"dipole": dipole_arrow, "forces": force_arrows}
_GLYPHS = "born_effective_charges"


@dataclass(frozen=True, slots=True)
class Picture:
    """A web page in a notebook."""

    page: str
    height: int

    def _repr_html_(self) -> str:
        return framed(self.page, self.height)


def view(
    subject: object,
    color: str = "latent_charges",
    *,
    backend: Backend = "les_viz",
    show: tuple[str, ...] = (),
    height: int = 480,
) -> Any:  # noqa: ANN401 (what each backend shows)
    """Show a structure in a notebook.

    Args:
        subject: a `Prediction`, an `ase.Atoms`, or a list of either as a trajectory.
        color: per-atom numbers of the prediction (`latent_charges`, `partial_charges`, `potential`,
            `long_range_energies`, `short_range_energies`) or of the atoms (any array of theirs), or `element`.
        backend: `les_viz` (all that the app shows), `nglview`, or `py3dmol` (one structure, works in static notebooks).
        show: what is drawn over the atoms by the first backend: any of `dipole`, `forces`, `born_effective_charges`,
            if the prediction holds them.
        height: pixels.

    Returns:
        A widget; what the visitor selects in one of the first backend is its `selection`.

    Raises:
        SettingError: something else than structures, an unknown colour, layer or backend, or one not installed.
    """
    if backend not in get_args(Backend):
        raise SettingError(f"backend is {backend!r}: expected one of {', '.join(get_args(Backend))}")
    scene, frames = scene_and_frames(subject, color)
    if backend == "py3dmol":
        return Picture(py3dmol_html(scene), height)
    if backend == "nglview":
        from les_viz.notebook.molecules import nglview_widget

        return nglview_widget(scene, height)
    try:
        from les_viz.notebook.widget import ViewerWidget
    except ImportError:
        raise SettingError("anywidget is not installed: pip install 'les_viz[notebook]'") from None
    widget = ViewerWidget(height=height)
    widget.show(_with_layers(scene, subject, show), frames)
    return widget


def _with_layers(scene: Scene, subject: object, show: tuple[str, ...]) -> Scene:
    unknown = set(show) - {*_ARROWS, _GLYPHS}
    if unknown:
        raise SettingError(f"cannot show {sorted(unknown)}: expected any of {', '.join([*_ARROWS, _GLYPHS])}")
    if not show:
        return scene
    if not isinstance(subject, Prediction):
        raise SettingError("arrows and glyphs belong to one prediction: les_viz.predict(model, atoms, quantities=...)")
    arrows = tuple(make(subject) for name, make in _ARROWS.items() if name in show)
    return replace(scene, arrows=arrows, tensors=born_charge_glyphs(subject) if _GLYPHS in show else None)
