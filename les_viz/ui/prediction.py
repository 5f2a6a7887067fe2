"""Predictions for the pages: cached by content, with progress, and never taking a good picture away."""

from typing import TYPE_CHECKING

import streamlit as st

from les_viz.errors import BoundaryError, LesVizError
from les_viz.response.prediction import Prediction
from les_viz.ui import structures
from les_viz.ui.session import ModelEntry, Shown, StructureEntry, current, update
from les_viz.ui.wording import plain

if TYPE_CHECKING:
    import ase

    from les_viz.models.model import LESModel
    from les_viz.system import Boundary


def predict_on_bench(
    structure: StructureEntry | None, model: ModelEntry | None, quantities: frozenset[str]
) -> Shown | None:
    """Predict for what lies on the bench; if that fails, say why and fall back on what worked before.

    Args:
        structure: chosen in the sidebar.
        model: chosen in the sidebar.
        quantities: what to ask for.

    Returns:
        What to show; None if nothing has worked yet.
    """
    if structure is None or model is None:
        return None
    session = current()
    try:
        with st.spinner("Computing the charges", show_time=True):
            prediction = _cached_prediction(
                model.key,
                structures.digest(structure, session.frame),
                session.boundary,
                tuple(sorted(quantities)),
                model.model,
                structure.frames[session.frame],
            )
    except LesVizError as error:
        _explain(error, session.shown)
        return session.shown
    shown = Shown(
        structure=structure, frame=session.frame, boundary=session.boundary, model=model, prediction=prediction
    )
    update(shown=shown)
    return shown


@st.cache_data(max_entries=128, ttl=3600, show_spinner=False)
def _cached_prediction(
    model_key: str,
    structure_digest: str,
    boundary: "Boundary | None",
    quantities: tuple[str, ...],
    _model: "LESModel",
    _atoms: "ase.Atoms",
) -> Prediction:
    """Predict, once for each content: the keys are hashes, so nobody sees what they could not compute themselves."""
    from les_viz.response.predict import predict

    found = predict(_model, _atoms, quantities=quantities, boundary=boundary)
    return found if isinstance(found, Prediction) else found[0]


def _explain(error: LesVizError, shown: Shown | None) -> None:
    st.error(plain(str(error)))
    if isinstance(error, BoundaryError):
        with st.container(horizontal=True):
            st.button("Treat as periodic", on_click=_treat_as, args=("periodic",))
            st.button("Treat as open", on_click=_treat_as, args=("open",))
    if shown is not None:
        st.caption(plain(f"Below is still {shown.structure.label} with the model {shown.model.label}."))


def _treat_as(boundary: "Boundary") -> None:
    update(boundary=boundary)
