"""Long work aside: a thread runs a generator, the page looks at it twice a second and can end it.

A task is a generator that yields how far it is, (0 to 1, what it does), and returns its result. It never touches
Streamlit. Cancelling closes it at its next yield, so that its `finally` clauses clean up, or where the calculation in
it asks whether it is still wanted (`patience`); so does the end of the visitor's session.
"""

import logging
import threading
import time
import weakref
from collections.abc import Callable, Generator
from typing import Generic, TypeVar

import streamlit as st

from les_viz.errors import LesVizError
from les_viz.patience import NotWanted, until
from les_viz.ui.session import current, update
from les_viz.ui.wording import plain

Result = TypeVar("Result")

_LOG = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
MOST_KEPT = 12
"""Jobs whose results a session keeps."""

PATIENCE_S = 1.0
"""How long a page waits for what is mostly quicker, before it shows progress."""


Progress = tuple[float, str]
Task = Generator[Progress, None, Result]


class CancelledError(LesVizError):
    """The visitor did not want to wait for a task."""

    def __init__(self, key: str) -> None:
        """Name the task."""
        super().__init__("the calculation was cancelled: compute it after all, or choose something smaller")
        self.key = key


class UnfinishedError(Exception):
    """A task takes longer than a page waits."""

    def __init__(self, key: str) -> None:
        """Name the task."""
        super().__init__(key)
        self.key = key


class _State(Generic[Result]):
    """What thread and page share."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.done = threading.Event()
        self.progress: Progress = (0.0, "starting")
        self.result: Result | None = None
        self.error: LesVizError | None = None


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
    def error(self) -> LesVizError | None:
        """One sentence, if it failed."""
        return self._state.error

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._state.stop.is_set()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._started

    @property
    def seconds_left(self) -> float | None:
        """An estimate from how far it has come; None where that says nothing yet."""
        fraction = self.progress[0]
        return self.seconds * (1 - fraction) / fraction if 0.02 < fraction < 1 else None

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
    if job is not None and job.error is not None:
        st.error(plain(str(job.error)))
    st.caption(why)
    st.button(label, key=f"start {key}", on_click=_start, args=(key, start))
    return None


def result_of(key: str, start: Callable[[], Task[Result]]) -> Result:
    """What a task returns that mostly takes less than a second, without a button.

    Args:
        key: names the task by its content. Of tasks whose keys begin with the same word, one is at work at a time.
        start: makes the task.

    Raises:
        UnfinishedError: it takes longer; `watch` shows its progress, and the page asks again when it is done.
        CancelledError: the visitor ended it there.
        LesVizError: as the task.
    """
    jobs = current().jobs
    job: Job[Result] = jobs[key] if key in jobs else Job(start())
    if not job.is_cancelled and not job.wait(PATIENCE_S):
        if key not in jobs:
            _end_others_like(key)
            _keep(key, job)
        raise UnfinishedError(key)
    if job.is_cancelled:
        raise CancelledError(key)
    forget(key)
    if job.error is not None:
        raise job.error
    result: Result = job.result  # type: ignore[assignment] # it ended, and well
    return result


def forget(key: str) -> None:
    """Have a task start anew when it is asked for again."""
    if key in current().jobs:
        update(jobs={name: job for name, job in current().jobs.items() if name != key})


def _end_others_like(key: str) -> None:
    kind = key.split()[0]
    others = {name: job for name, job in current().jobs.items() if name.split()[0] == kind}
    for job in others.values():
        job.cancel()
    update(jobs={name: job for name, job in current().jobs.items() if name not in others})


def _start(key: str, start: Callable[[], Task[Result]]) -> None:
    _keep(key, Job(start()))


def _keep(key: str, job: Job[Result]) -> None:
    others = {name: kept for name, kept in current().jobs.items() if name != key}
    kept = dict(list(others.items())[-MOST_KEPT + 1 :])
    update(jobs={**kept, key: job})


@st.fragment(run_every=LOOK_EVERY_S)
def watch(key: str, words: str) -> None:
    """Show how long a task of `result_of` has been at work, with Cancel; then the page runs again.

    Args:
        key: of the task.
        words: what it does.
    """
    job = current().jobs.get(key)
    if job is None or job.is_cancelled or not job.is_running:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/hourglass_top: {words}: {job.seconds:.0f} s so far", width="content")
        st.button("Cancel", key=f"cancel {key}", on_click=job.cancel)


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
        with until(state.stop):
            while not state.stop.is_set():
                state.progress = next(task)
    except StopIteration as end:
        state.result = end.value
    except NotWanted:
        pass
    except LesVizError as error:
        state.error = error
    except Exception as error:  # a thread has no page to fail on
        state.error = LesVizError(f"the calculation failed ({type(error).__name__}); the server's log says where")
        _LOG.exception("a task aside failed")
    finally:
        task.close()
        state.done.set()
