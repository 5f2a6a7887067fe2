"""Where pages and runs meet: one manager of processes a server, and who looks at which run.

A run stops when the windows that look at it are closed: while a visitor's connection stands, a thread says so to the
run's process. Leaving the page does not stop it, nor does another tab in front.
"""

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from les_viz.hosting import Hosting
from les_viz.runs.catalog import RunEntry, entry_of, runs_folder
from les_viz.runs.directory import RunDirectory
from les_viz.runs.states import is_moving
from les_viz.ui.memory import settle_memory
from les_viz.ui.session import current, update

if TYPE_CHECKING:
    from les_viz.runs.manager import RunManager

LOOK_EVERY_S = 1.0


def _close(manager: "RunManager") -> None:
    manager.close()


@st.cache_resource(show_spinner=False, on_release=_close)
def manager() -> "RunManager":
    """The manager of this server."""
    from les_viz.runs.manager import RunManager

    settle_memory()  # the pictures of a run are many runs of a part of the page
    return RunManager(runs_folder(), max_running=Hosting.told_by(os.environ).max_running)


class Attendance:
    """Touches the runs that somebody with an open window has looked at."""

    def __init__(self) -> None:
        """Nobody is there yet."""
        self._looking: dict[tuple[str, str], RunDirectory] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._tick, daemon=True).start()

    def add(self, session_id: str, name: str) -> None:
        """Note that a visitor looks at a run."""
        with self._lock:
            self._looking[session_id, name] = RunDirectory(runs_folder() / name)

    def _tick(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            if runtime.exists():
                self._touch(runtime.get_instance())

    def _touch(self, server: runtime.Runtime) -> None:
        with self._lock:
            looking = dict(self._looking)
        for (session_id, name), directory in looking.items():
            if not directory.path.is_dir():
                with self._lock:
                    del self._looking[session_id, name]
            elif server.is_active_session(session_id):
                with suppress(OSError):
                    directory.watched.touch()


@st.cache_resource(show_spinner=False)
def _attendance() -> Attendance:
    return Attendance()


def shown_run() -> RunEntry | None:
    """The run on the page, if there still is one."""
    name = current().run
    if name is None:
        return None
    entry = entry_of(runs_folder() / name)
    if entry is None:
        update(run=None)
        return None
    if is_moving(entry.status):
        manager().watch(name)
    context = get_script_run_ctx()
    if context is not None:
        _attendance().add(context.session_id, name)
    return entry


def show(name: str | None) -> None:
    """Put a run onto the page; None takes it away."""
    session = current()
    bench = (session.structure_key, session.frame, session.edits, session.model_key)
    update(run=name, run_bench=bench, run_turn=session.run_turn + 1, frames_have=0, cursor=None, run_problem=None)


def leave_when_the_bench_changes() -> None:
    """Another structure or model on the bench takes the run off the page; it moves on."""
    session = current()
    bench = (session.structure_key, session.frame, session.edits, session.model_key)
    if session.run is not None and session.run_bench != bench:
        show(None)
