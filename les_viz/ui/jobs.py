"""Long work aside: a thread runs a generator, the page looks at it twice a second and can end it.

A task is a generator that yields how far it is, (0 to 1, what it does), and returns its result. It never touches
Streamlit. Cancelling closes it at its next yield, so that its `finally` clauses clean up; so does the end of the
visitor's session.
"""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Generator
from typing import Generic, TypeVar

import streamlit as st

from les_viz.errors import LesVizError
from les_viz.ui.session import current, update
from les_viz.ui.wording import plain

Result = TypeVar("Result")

_LOG = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
MOST_KEPT = 12
"""Jobs whose results a session keeps."""


Progress = tuple[float, str]
Task = Generator[Progress, None, Result]


class _State(Generic[Result]):
    """What thread and page share."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.done = threading.Event()
        self.progress: Progress = (0.0, "starting")
        self.result: Result | None = None
        self.problem: str | None = None


class Job(Generic[Result]):
    """A task that runs in a thread of its own."""

    def __init__(self, task: Task[Result]) -> None:
        """Start it."""
        self._state: _State[Result] = _State()
        self._started = time.monotonic()
        weakref.finalize(self, self._state.stop.set)
        threading.Thread(target=_run, args=(task, self._state), daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Whether it still works."""
        return not self._state.done.is_set()

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self._state.progress

    @property
    def result(self) -> Result | None:
        """What it returned; None while it runs, if it failed or was cancelled."""
        return self._state.result

    @property
    def problem(self) -> str | None:
        """One sentence, if it failed."""
        return self._state.problem

    @property
    def seconds_left(self) -> float | None:
        """An estimate from how far it has come; None where that says nothing yet."""
        fraction = self.progress[0]
        elapsed = time.monotonic() - self._started
        return elapsed * (1 - fraction) / fraction if 0.02 < fraction < 1 else None

    def cancel(self) -> None:
        """Ask it to end."""
        self._state.stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it came."""
        return self._state.done.wait(seconds)


def run_aside(key: str, label: str, start: Callable[[], Task[Result]], *, why: str) -> Result | None:
    """A button that starts a task; then its progress with a Cancel button; then its result.

    Args:
        key: names the task by its content; the result is kept under it.
        label: of the button.
        start: makes the task.
        why: what the task is good for and how long it takes, beside the button.

    Returns:
        The result, once there is one.
    """
    job = current().jobs.get(key)
    if job is not None and job.is_running:
        _watch(key)
        return None
    if job is not None and job.result is not None:
        result: Result = job.result
        return result
    if job is not None and job.problem is not None:
        st.error(plain(job.problem))
    st.caption(why)
    st.button(label, key=f"start {key}", on_click=_start, args=(key, start))
    return None


def _start(key: str, start: Callable[[], Task[Result]]) -> None:
    others = {name: job for name, job in current().jobs.items() if name != key}
    kept = dict(list(others.items())[-MOST_KEPT + 1 :])
    update(jobs={**kept, key: Job(start())})


@st.fragment(run_every=LOOK_EVERY_S)
def _watch(key: str) -> None:
    job = current().jobs.get(key)
    if job is None or not job.is_running:
        st.rerun()
    (fraction, text), left = job.progress, job.seconds_left
    rest = "" if left is None else f" · about {max(1, round(left))} s left"
    st.progress(min(max(fraction, 0.0), 1.0), text=plain(text) + rest)
    st.button("Cancel", key=f"cancel {key}", on_click=_cancel, args=(key,))


def _cancel(key: str) -> None:
    current().jobs[key].cancel()
    update(jobs={name: job for name, job in current().jobs.items() if name != key})


def _run(task: Task[Result], state: _State[Result]) -> None:
    try:
        while not state.stop.is_set():
            state.progress = next(task)
    except StopIteration as end:
        state.result = end.value
    except LesVizError as error:
        state.problem = str(error)
    except Exception as error:  # a thread has no page to fail on
        state.problem = f"the calculation failed ({type(error).__name__}); the server's log says where"
        _LOG.exception("a task aside failed")
    finally:
        task.close()
        state.done.set()
