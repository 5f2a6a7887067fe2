"""What one visitor has chosen: a frozen `Session` under one key, replaced and never changed.

Widgets forget their value when the visitor leaves their page, so they only pass choices on: `seed` gives a widget its
value from the session before it is drawn, its callback writes the choice back. No other module touches
`st.session_state`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from les_viz.response.prediction import Prediction

if TYPE_CHECKING:
    import ase

    from les_viz.models.model import LESModel
    from les_viz.response.predict import BornMethod
    from les_viz.system import Boundary
    from les_viz.ui.dynamics.plan import Plan
    from les_viz.ui.edits import Edit
    from les_viz.ui.jobs import Job
    from les_viz.ui.spectra.choice import Choice
    from les_viz.viewer.frames import Seek

_KEY = "les_viz_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureEntry:
    """A structure file on the bench.

    Attributes:
        key: names it among all entries: where it comes from, and its content if it was uploaded.
        label: for people.
        frames: its structures.
        notes: what the reader left out or guessed.
        expression: Python that reads the file, with `{index}` for the frame.
    """

    key: str
    label: str
    frames: "tuple[ase.Atoms, ...]"
    notes: tuple[str, ...]
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model on the bench.

    Attributes:
        key: names it among all entries, by content if it was uploaded.
        label: for people.
        model: shared by all visitors if bundled, else this visitor's own; frozen in any case.
        expression: Python that loads it.
        trained_as: boundary of its training data, "periodic" or "open"; None where no card says it.
    """

    key: str
    label: str
    model: "LESModel"
    expression: str
    trained_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A structure, a model and what the model says: the last that worked.

    Attributes:
        structure: where the structure comes from.
        frame: which of its structures.
        edits: what the visitor changed in it.
        atoms: the structure itself, changes included.
        boundary: as asked of `predict`.
        model: which model.
        scale: sign and ε∞ that the visitor chose; None if they are the model's.
        prediction: what the model says, in that scale.
    """

    structure: StructureEntry
    frame: int
    edits: "tuple[Edit, ...]" = ()
    atoms: "ase.Atoms"
    boundary: "Boundary | None"
    model: ModelEntry
    scale: tuple[int, float] | None = None
    prediction: Prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Everything that holds on every page.

    `frame_turn` counts the choices of a frame outside the viewer, which has to follow those.
    `is_ahead` is set by a change that the picture shows before the page.
    `charge_sign` and `epsilon_infinity` are None where the model's own hold, `plane_position` until it is moved.
    `settings` are those of `ui.settings`, by page and name; `page` is the title of the page that is drawn.
    """

    structure_key: str | None = None
    frame: int = 0
    frame_turn: int = 0
    edits: "tuple[Edit, ...]" = ()
    boundary: "Boundary | None" = None
    model_key: str | None = None
    uploaded_structures: tuple[StructureEntry, ...] = ()
    uploaded_models: tuple[ModelEntry, ...] = ()
    structure_file_id: str | None = None
    model_file_id: str | None = None
    structure_problem: str | None = None
    model_problem: str | None = None
    color_by: str = "latent charge"
    locked_limit: float | None = None
    selected_atom: int | None = None
    selection: tuple[int, ...] = ()
    shown: Shown | None = None
    bec_method: "BornMethod" = "local"
    glyphs: str = "the picked atom"
    dipoles: str = "the whole"
    plane_axis: str = "c"
    plane_position: float | None = None
    surfaces: str = "high"
    field_shown: str = "none"
    charge_sign: int | None = None
    epsilon_infinity: float | None = None
    plan: "Plan | None" = None
    run: str | None = None
    run_bench: tuple[Any, ...] = ()
    run_turn: int = 0
    run_problem: str | None = None
    frames_have: int = 0
    frames_turn: int = 0
    seek: "Seek | None" = None
    cursor: int | None = None
    cursor_moved: bool = False
    spectra: "Choice | None" = None
    is_ahead: bool = False
    is_lecture: bool = False
    page: str = ""
    settings: Mapping[tuple[str, str], str] = field(default_factory=dict)
    link: tuple[tuple[str, str], ...] = ()
    outdated_links: tuple[tuple[float, tuple[tuple[str, str], ...]], ...] = ()
    jobs: "Mapping[str, Job[Any]]" = field(default_factory=dict)


def current() -> Session:
    """The session of this visitor, made on the first call."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session()
    session: Session = st.session_state[_KEY]
    return session


def update(**changes: Any) -> Session:  # noqa: ANN401 (the fields of Session, checked by `replace`)
    """Replace the session by one with these changes."""
    session = replace(current(), **changes)
    st.session_state[_KEY] = session
    return session


def seed(widget_key: str, value: object) -> None:
    """Give a widget its value before it is drawn; one that has it is left alone, for it may be moving on."""
    if widget_key not in st.session_state or st.session_state[widget_key] != value:
        st.session_state[widget_key] = value


def seeded(widget_key: str, value: object) -> dict[str, Any]:
    """Key of a widget that is given its value, also where the browser never saw the run of the page that gave it first.

    A page that is asked for again while it is being drawn sends nothing of what it had: a widget that is new then would
    be shown at its own default. One whose state is kept is shown at its value.
    """
    seed(widget_key, value)
    return {"key": widget_key, "persist_state": "page"}


def seed_once(widget_key: str, value: object) -> None:
    """Give a widget its first value on a page, which it then has to itself."""
    if widget_key not in st.session_state:
        st.session_state[widget_key] = value


def remember(widget_key: str, field: str, **also: Any) -> None:  # noqa: ANN401 (the fields of Session)
    """Write a widget's value back: the callback of most widgets.

    Args:
        widget_key: the widget.
        field: the field of the session that it sets.
        also: other fields that change with it.
    """
    update(**{field: st.session_state[widget_key]}, **also)


def widget_value(widget_key: str) -> Any:  # noqa: ANN401 (each widget has its own type)
    """What a widget was set to, for its callback."""
    return st.session_state[widget_key]
