"""The frame that every page draws for itself: title, question, sidebar, columns."""

import functools
import runpy
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from les_viz.ui import links, sidebar
from les_viz.ui.engine import load_engine
from les_viz.ui.prediction import predict_on_bench
from les_viz.ui.session import ModelEntry, Shown, StructureEntry, current, update
from les_viz.ui.settings import bound_tab
from les_viz.ui.wording import plain, sentence

_STYLE = """<style>
.stMainBlockContainer { padding: 2.4rem 2rem 2rem; }
.stMainBlockContainer h1 { font-size: 1.9rem; padding: 0.2rem 0; }
.st-key-color_choice button { padding: 0 0.55rem; }
.st-key-transport button { min-width: 8.5rem; }
.stMainBlockContainer .stButton button * { white-space: normal; overflow: visible; }
[data-testid="stSidebarHeader"] { height: 2.4rem; margin-bottom: 0; }
[data-testid="stHeader"] { height: 2.4rem; min-height: 0; }
[data-testid="stMetricValue"] { font-size: 1.5rem; }
[data-testid="stSidebar"] [data-testid="stSelectbox"] input { text-overflow: ellipsis; }
[data-testid="stMetricValue"] div, [data-testid="stMetricLabel"] *, [data-testid="stCheckbox"] label * {
  white-space: normal; overflow: visible; }
.stMainBlockContainer { container: page / inline-size; }
.st-key-les_viewer_bench { --les-extra: clamp(0px, 100vh - 870px, 60cqi - 560px);
  box-sizing: content-box; padding-bottom: var(--les-extra); overflow: visible; }
@container page (max-width: 720px) {
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"]) { flex-wrap: wrap; }
  [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] { min-width: min(100%, 90px); }
  [data-testid="stColumn"]:has(.les-viewer, .stPlotlyChart, .stDataFrame, .stBidiComponent, table, form) {
    min-width: min(100%, 330px); }
  .st-key-presets button { padding: 0.25rem 0.4rem; }
  .st-key-presets button span:has(> [data-testid="stIconMaterial"]) { display: none; }
}
</style>"""
"""Beside an open menu on a tablet the page is too narrow for two columns of pictures, though the window is not.
Where the menu is closed, Streamlit lays a bar over the top of the page, higher than the space above the title.
In high windows the viewer has the height that the titles of the tabs below leave, as long as it is wider than high."""

_LECTURE_STYLE = """<style>
html { font-size: 20px; }
.les-viewer { --les-font-size: 17px; }
[data-testid="stMetricValue"] { font-size: 1.6rem; }
[data-testid="stHorizontalBlock"]:has([data-testid="stMetric"]):not(:has([data-testid="stHorizontalBlock"])) {
  flex-wrap: wrap; }
[data-testid="stHorizontalBlock"]:not(:has([data-testid="stHorizontalBlock"])) >
  [data-testid="stColumn"]:has([data-testid="stMetric"]) { min-width: max-content; }
[data-testid="stFileUploader"], [data-testid="stSidebar"] [data-testid="stExpander"] { display: none; }
</style>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What lies on the bench: chosen in the sidebar, the same on every page."""

    structure: StructureEntry | None
    model: ModelEntry | None
    corner: DeltaGenerator
    linked: links.Linked | None = None

    def predict(self, *quantities: str, also: Collection[str] = ()) -> Shown | None:
        """Predict these quantities; None, with a hint on the page, if there is nothing to show yet.

        Args:
            quantities: what the page needs.
            also: what it shows too, but can do without while all of them are computed anew.
        """
        with st.container():  # also where nothing is said: Streamlit knows what is below by its place
            shown = predict_on_bench(self.structure, self.model, frozenset(quantities), frozenset(also))
            if shown is None:
                self._invite()
        return shown

    def warn(self, shown: Shown) -> None:
        """Say why numbers of this page are not to be trusted, beside them."""
        for warning in shown.prediction.warnings:
            st.warning(plain(sentence(warning)))

    def offer(self, script: str) -> None:
        """Put the Python of the page, and its address, into the corner."""
        with self.corner:
            with st.popover("Python for this", width="content"):
                st.caption("The same numbers from a script that runs as it is.")
                st.code(script, language="python")
            # Opened, it is drawn anew: parts of a page change the address without drawing all of it.
            with st.popover("Share", width="content", key="share", on_change="rerun"):
                _show_link(self.linked)

    def _invite(self) -> None:
        missing = [name for name, entry in (("structure", self.structure), ("model", self.model)) if entry is None]
        if missing:
            st.info(f"Put a {' and a '.join(missing)} on the bench: upload files in the sidebar.")


def open_page(title: str, question: str, linked: links.Linked | None = None) -> Bench:
    """Draw the frame of a page.

    Args:
        title: name of the page.
        question: one line that says what the page answers.
        linked: settings of this page alone that a link holds.

    Returns:
        The bench.
    """
    _take_the_menu()
    st.set_page_config(page_title=f"{title} · les_viz", layout="wide")
    if current().page != title:
        sidebar.renew()
    update(page=title)
    links.restore(linked)
    st.html(_STYLE + (_LECTURE_STYLE if current().is_lecture else ""))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title(title, anchor=False, width="content")
        corner = st.container(horizontal=True, width="content")
    st.caption(question)
    _start_engine()
    with st.sidebar:
        st.subheader("les_viz", anchor=False)
        structure = sidebar.choose_structure()
        model = sidebar.choose_model(structure)
    links.write(linked)
    return Bench(structure=structure, model=model, corner=corner, linked=linked)


def viewer_and_instruments() -> tuple[DeltaGenerator, DeltaGenerator]:
    """The two columns of the bench: 60 % viewer, 40 % instruments."""
    left, right = st.columns([3, 2], gap="medium")
    return left, right


def panels(key: str, contents: Mapping[str, Callable[[], None]]) -> None:
    """Tabs of which only the open one is computed.

    Args:
        key: names the set.
        contents: what each tab draws, by its title.
    """
    titles = list(contents)
    tabs = st.tabs(titles, **bound_tab(key, titles))
    for tab, draw in zip(tabs, contents.values(), strict=True):
        if tab.open:
            with tab:
                draw()


def _take_the_menu() -> None:
    """Run the page through the menu of `app.py` where Streamlit, asked for a page before any other, went past it.

    A folder called `pages` beside the script makes it list the files there, until the menu has run once.
    """
    context = get_script_run_ctx()
    if PagesManager.uses_pages_directory and context is not None:
        runpy.run_path(context.main_script_path)
        st.stop()


def _show_link(linked: links.Linked | None) -> None:
    if not links.is_whole(current()):
        st.caption("Uploads, and more changes than a link can hold, stay with you: this link brings back the rest.")
    st.caption("This link opens the page as you see it: structure, your changes, model, atoms, open tab and settings.")
    said = links.address_of(current(), linked)
    query = "?" + urlencode(said, safe="/:,") if said else ""
    st.code(str(st.context.url or "") + query, language=None, wrap_lines=True)


@functools.cache
def _start_engine() -> None:
    """Load the engine aside, once a process: the page can be drawn meanwhile."""
    threading.Thread(target=load_engine, daemon=True).start()
