"""The frame that every page draws for itself: title, question, sidebar, columns."""

import functools
import importlib
import threading
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from les_viz.ui import sidebar
from les_viz.ui.prediction import predict_on_bench
from les_viz.ui.session import ModelEntry, Shown, StructureEntry

_STYLE = """<style>
.stMainBlockContainer { padding: 2.4rem 2rem 2rem; }
.stMainBlockContainer h1 { font-size: 1.9rem; padding: 0.2rem 0; }
[data-testid="stSidebarHeader"] { height: 2.4rem; margin-bottom: 0; }
[data-testid="stMetricValue"] { font-size: 1.5rem; }
</style>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What lies on the bench: chosen in the sidebar, the same on every page."""

    structure: StructureEntry | None
    model: ModelEntry | None

    def predict(self, *quantities: str) -> Shown | None:
        """Predict these quantities; None, with a hint on the page, if there is nothing to show yet."""
        shown = predict_on_bench(self.structure, self.model, frozenset(quantities))
        if shown is None:
            self._invite()
        return shown

    def _invite(self) -> None:
        missing = [name for name, entry in (("structure", self.structure), ("model", self.model)) if entry is None]
        if missing:
            st.info(f"Put a {' and a '.join(missing)} on the bench: upload files in the sidebar.")


def open_page(title: str, question: str) -> Bench:
    """Draw the frame of a page.

    Args:
        title: name of the page.
        question: one line that says what the page answers.

    Returns:
        The bench.
    """
    st.set_page_config(page_title=f"{title} · les_viz", layout="wide")
    st.html(_STYLE)
    st.title(title, anchor=False)
    st.caption(question)
    _start_engine()
    with st.sidebar:
        st.subheader("les_viz", anchor=False)
        structure = sidebar.choose_structure()
        model = sidebar.choose_model(structure)
    return Bench(structure=structure, model=model)


def viewer_and_instruments() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The two columns of the bench: 60 % viewer, 40 % instruments."""
    left, right = st.columns([3, 2], gap="medium")
    return left, right


@functools.cache
def _start_engine() -> None:
    """Import the engine aside, once a process: it takes seconds, and the page can be drawn meanwhile."""
    threading.Thread(target=importlib.import_module, args=("les_viz.response.predict",), daemon=True).start()
