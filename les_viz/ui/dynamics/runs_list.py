"""The list of runs, those of earlier servers too: look at one, go on with it, remove it."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from les_viz.elements import subscripted
from les_viz.runs.catalog import RunEntry, runs_folder
from les_viz.runs.states import is_moving
from les_viz.ui.dynamics import actions
from les_viz.ui.session import current
from les_viz.ui.visitor import own_runs
from les_viz.ui.wording import plain

_CHOICE = "run_choice"


def show_runs() -> None:
    """All runs in a table, and what can be done with one of them."""
    entries = own_runs()
    if not entries:
        st.caption("No runs yet: press Start, or one of the three buttons above.")
        return
    st.dataframe(table_of(entries), hide_index=True, width="stretch", height=min(300, 38 + 35 * len(entries)))
    by_name = {entry.name: entry for entry in entries}
    shown = current().run
    name = st.selectbox(
        "Run",
        list(by_name),
        index=list(by_name).index(shown) if shown in by_name else 0,
        format_func=lambda name: by_name[name].label if name in by_name else name,
        key=_CHOICE,
    )
    if name in by_name:
        _show_actions(by_name[name])
    st.caption(plain(f"Runs lie in {runs_folder()} and stay there when the server ends."))


def table_of(entries: list[RunEntry]) -> pd.DataFrame:
    """One row a run."""
    rows = []
    for entry in entries:
        dynamics, status = entry.config.dynamics, entry.status
        rows.append(
            {
                "run": entry.name,
                "state": status.state.value,
                "structure": subscripted(entry.described["structure"]["formula"]),
                "model": Path(entry.config.model.name).stem,
                "ensemble": dynamics.ensemble,
                "T (K)": dynamics.temperature_K,
                "field": "off" if entry.field.is_off else entry.field.shape,
                "time (ps)": status.step * dynamics.timestep_fs / 1000,
                "of (ps)": dynamics.steps * dynamics.timestep_fs / 1000,
                "size (MB)": entry.size_bytes / 1e6,
                "changed": datetime.fromtimestamp(entry.modified).isoformat(sep=" ", timespec="minutes"),
            }
        )
    return pd.DataFrame(rows).round({"time (ps)": 3, "of (ps)": 3, "size (MB)": 2})


def _show_actions(entry: RunEntry) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if entry.name != current().run and (entry.has_frames or is_moving(entry.status)):
            st.button("Show", on_click=actions.look_at, args=(entry.name,))
        if entry.status.state.can_resume:
            st.button("Resume", key="resume_from_list", on_click=actions.resume, args=(entry.name,))
        if is_moving(entry.status):
            st.button("Stop", key="stop_from_list", on_click=actions.stop, args=(entry.name,))
        with st.popover("Provenance"):
            st.caption("run.json: everything needed to repeat it.")
            st.json(entry.described, expanded=1)
        with st.popover("Delete"):
            st.caption(plain(f"Removes {entry.name} with its frames; it cannot be brought back."))
            st.button("Delete for good", type="primary", on_click=actions.delete, args=(entry.name,))
