"""Predictions for the pages: cached by content, with progress, and never taking a good picture away."""

from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from les_viz.errors import BoundaryError, LesVizError
from les_viz.response.prediction import Prediction, Quantity
from les_viz.response.tensors import rescaled
from les_viz.ui import jobs, models, structures
from les_viz.ui.edits import edited
from les_viz.ui.keys import sample_key
from les_viz.ui.session import ModelEntry, Session, Shown, StructureEntry, current, update
from les_viz.ui.wording import plain, sentence

if TYPE_CHECKING:
    import ase

    from les_viz.models.model import LESModel
    from les_viz.response.predict import BornMethod
    from les_viz.system import Boundary

_WORDS = "Computing the charges"

_OPTIONAL = (Quantity.FORCES, Quantity.DIPOLE, Quantity.BORN_EFFECTIVE_CHARGES)
"""Quantities that a prediction may lack."""


def predict_on_bench(
    structure: StructureEntry | None,
    model: ModelEntry | None,
    quantities: frozenset[str],
    also: frozenset[str] = frozenset(),
) -> Shown | None:
    """Predict for what lies on the bench; if that fails, say why and fall back on what worked before.

    Args:
        structure: chosen in the sidebar.
        model: chosen in the sidebar.
        quantities: what to ask for.
        also: what to ask for that what worked before may lack.

    Returns:
        What to show; None if nothing has worked yet.
    """
    if structure is None or model is None:
        return None
    session = current()
    kept = session.shown if session.shown is not None and _holds(session.shown, quantities) else None
    try:
        with st.spinner("Computing the charges", show_time=True):
            shown = _predicted(session, structure, model, quantities | also)
    except jobs.UnfinishedError as unfinished:
        jobs.watch(unfinished.key, _WORDS)
        _say_what_is_kept(kept)
        return kept
    except LesVizError as error:
        _explain(error, structure)
        with st.container(horizontal=True):
            _offer_ways_out(error)
            _offer_undo(structure, model, quantities)
            _offer_models(structure, model, quantities)
            _offer_the_way_back(kept, structure)
        if _is_known_to_none(structure, model):
            st.caption("No bundled model knows all these elements: upload one that does, in the sidebar under Model.")
        _say_what_is_kept(kept)
        return kept
    update(shown=shown)
    return shown


def _say_what_is_kept(kept: Shown | None) -> None:
    if kept is not None:
        st.caption(plain(f"Below is still {kept.structure.label} with the model {kept.model.label}."))


def predict_again(shown: Shown, quantities: frozenset[str]) -> Shown | None:
    """Predict what is on the page with the changes that the visitor made since; None if that fails.

    Args:
        shown: what is on the page.
        quantities: what to ask for.
    """
    try:
        with st.spinner("Computing the charges", show_time=True):
            fresh = _predicted(current(), shown.structure, shown.model, quantities)
    except (LesVizError, jobs.UnfinishedError):  # the page will say so
        return None
    update(shown=fresh)
    return fresh


def predict_cached(
    model: ModelEntry,
    atoms: "ase.Atoms",
    quantities: frozenset[str],
    *,
    boundary: "Boundary | None" = None,
    bec_method: "BornMethod" = "local",
) -> Prediction:
    """Predict, once for each content, in the model's own scale; the page ends here while that takes long.

    Args:
        model: which model.
        atoms: the structure.
        quantities: what to ask for.
        boundary: as for `predict`.
        bec_method: as for `predict`.

    Raises:
        LesVizError: one sentence that says what is wrong.
    """
    method = bec_method if Quantity.BORN_EFFECTIVE_CHARGES in quantities else "local"
    question = _Question(model.key, structures.digest(atoms), boundary, tuple(sorted(quantities)), method)
    try:
        return _answered(question, model, atoms)
    except jobs.UnfinishedError as unfinished:
        jobs.watch(unfinished.key, _WORDS)
        st.stop()


def predict_ahead(model: ModelEntry, atoms: "ase.Atoms", quantities: frozenset[str]) -> None:
    """Have an answer ready before a visitor asks; to be called outside a page."""
    question = _Question(model.key, structures.digest(atoms), None, tuple(sorted(quantities)), "local")
    _cached_prediction(*question, model.model, atoms)


class _Question(NamedTuple):
    """What names a prediction."""

    model_key: str
    structure_digest: str
    boundary: "Boundary | None"
    quantities: tuple[str, ...]
    bec_method: "BornMethod"

    @property
    def task(self) -> str:
        """Key of the task that answers it."""
        return "predict " + " ".join(map(str, self))


def _answered(question: _Question, model: ModelEntry, atoms: "ase.Atoms") -> Prediction:
    def task() -> Generator[jobs.Progress, None, Prediction]:
        yield 0.0, _WORDS
        return _cached_prediction(*question, model.model, atoms)

    return jobs.result_of(question.task, task)


def _predicted(session: Session, structure: StructureEntry, model: ModelEntry, quantities: frozenset[str]) -> Shown:
    atoms = edited(structure.frames[session.frame], session.edits)
    prediction = _answered(_question(session, model, atoms, quantities), model, atoms)
    scale = _chosen_scale(session, model)
    if scale is not None:
        prediction = rescaled(prediction, scale[0] * scale[1] ** 0.5)
    return Shown(
        structure=structure,
        frame=session.frame,
        edits=session.edits,
        atoms=atoms,
        boundary=session.boundary,
        model=model,
        scale=scale,
        prediction=prediction,
    )


def _question(session: Session, model: ModelEntry, atoms: "ase.Atoms", quantities: frozenset[str]) -> _Question:
    method = session.bec_method if Quantity.BORN_EFFECTIVE_CHARGES in quantities else "local"
    return _Question(model.key, structures.digest(atoms), session.boundary, tuple(sorted(quantities)), method)


def _chosen_scale(session: Session, model: ModelEntry) -> tuple[int, float] | None:
    """Sign and ε∞ where the visitor has chosen others than the model's."""
    own = (model.model.config.charge_sign, model.model.config.epsilon_infinity)
    chosen = (session.charge_sign or own[0], session.epsilon_infinity or own[1])
    return None if chosen == own else chosen


def _holds(shown: Shown, quantities: frozenset[str]) -> bool:
    """Whether a prediction has everything that a page needs."""
    return all(getattr(shown.prediction, name) is not None for name in _OPTIONAL if name in quantities)


@st.cache_data(max_entries=128, ttl=3600, show_spinner=False)
def _cached_prediction(
    model_key: str,
    structure_digest: str,
    boundary: "Boundary | None",
    quantities: tuple[str, ...],
    bec_method: "BornMethod",
    _model: "LESModel",
    _atoms: "ase.Atoms",
) -> Prediction:
    """Predict, once for each content: the keys are hashes, so nobody sees what they could not compute themselves."""
    from les_viz.response.predict import predict

    found = predict(_model, _atoms, quantities=quantities, boundary=boundary, bec_method=bec_method)
    return found if isinstance(found, Prediction) else found[0]


def _explain(error: LesVizError, structure: StructureEntry) -> None:
    if isinstance(error, BoundaryError) and structures.is_mixed(structure, current().frame):
        flags = structure.frames[current().frame].pbc
        along = " and ".join(name for name, flag in zip("abc", flags, strict=True) if flag)
        words = (
            f"The structure is periodic along some directions only ({along}). Choose: periodic makes the vacuum part "
            "of a three-dimensional cell, as models of slabs were trained; open makes a cluster without images."
        )
    else:
        words = str(error)
    say = st.info if isinstance(error, jobs.CancelledError) else st.error  # as it was wished
    say(plain(sentence(words)))


def _offer_ways_out(error: LesVizError) -> None:
    """Buttons that put the structure right, or compute what was cancelled."""
    if isinstance(error, jobs.CancelledError):
        st.button("Compute it", on_click=jobs.forget, args=(error.key,))
    if isinstance(error, BoundaryError):
        st.button("Treat as periodic", on_click=_treat_as, args=("periodic",))
        st.button("Treat as open", on_click=_treat_as, args=("open",))


def _offer_undo(structure: StructureEntry, model: ModelEntry, quantities: frozenset[str]) -> None:
    """A click that takes the last change back, if it is for the visitor's changes that the model fails."""
    session = current()
    if not session.edits:
        return
    with suppress(LesVizError):
        atoms = structure.frames[session.frame]
        predict_cached(model, atoms, quantities, boundary=session.boundary, bec_method=session.bec_method)
        st.button("Undo the last change", on_click=undo)


def _offer_models(structure: StructureEntry, model: ModelEntry, quantities: frozenset[str]) -> None:
    """A click to a bundled model that knows the elements and has what is asked for, if the present one does not."""
    numbers = _numbers(structure)
    is_response = Quantity.BORN_EFFECTIVE_CHARGES in quantities

    def serves(candidate: "LESModel") -> bool:
        knows = not models.unknown_elements(candidate, numbers)
        return knows and (models.has_response(candidate) or not is_response)

    if serves(model.model):
        return
    for name in models.names():
        if serves(models.load_sample(name).model):
            st.button(f"Use the model {name}", on_click=_take_model, args=(name,))


def _offer_the_way_back(kept: Shown | None, structure: StructureEntry) -> None:
    """A click to what worked before, on this page or, with another structure, on another one."""
    last = current().shown if kept is None else kept
    if last is not None and (kept is not None or last.structure.key != structure.key):
        label = plain(f"Back to {last.structure.label}")
        st.button(label, key="back_to_shown", on_click=_put_back, args=(last,))


def _is_known_to_none(structure: StructureEntry, model: ModelEntry) -> bool:
    """Whether neither the present nor any bundled model knows the elements."""
    numbers = _numbers(structure)
    if not models.unknown_elements(model.model, numbers):
        return False
    return all(models.unknown_elements(models.load_sample(name).model, numbers) for name in models.names())


def _numbers(structure: StructureEntry) -> list[int]:
    """Atomic numbers of the frame on the bench, changes included."""
    numbers: list[int] = edited(structure.frames[current().frame], current().edits).numbers.tolist()
    return numbers


def _take_model(name: str) -> None:
    update(model_key=sample_key(name), charge_sign=None, epsilon_infinity=None)


def _put_back(shown: Shown) -> None:
    update(
        structure_key=shown.structure.key,
        model_key=shown.model.key,
        frame=shown.frame,
        edits=shown.edits,
        boundary=shown.boundary,
    )


def _treat_as(boundary: "Boundary") -> None:
    update(boundary=boundary)


def undo() -> None:
    """Take the last change of the structure back."""
    update(edits=current().edits[:-1])
