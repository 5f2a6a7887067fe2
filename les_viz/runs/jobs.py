"""One run of a sweep, from its folder to its folder, in a process of its own: what a thread or a worker of Dask does.

The process is restarted if it dies. If the worker of Dask dies, the process notices that its parent is gone, saves
itself and ends within two seconds; the next worker waits until the folder has fallen silent, then goes on with it.
"""

import time
from pathlib import Path

from les_viz.runs.control import read_wishes
from les_viz.runs.directory import RunDirectory, read_json
from les_viz.runs.process import start_worker
from les_viz.runs.states import State, note_end, read_status

MOST_ATTEMPTS = 3
"""How often the process of a run may die."""

LOOK_S = 0.1
QUIET_S = 3.0
"""A process that has not written its heartbeat for so long, of two a second, is gone; no clock or process number is
compared, since it may be that of another machine."""


def run_job(folder: str) -> str:
    """Bring a run to its end, whatever became of earlier attempts.

    Args:
        folder: of the run, made by `setup.create_run`, on a disk that whoever calls this can write.

    Returns:
        The state in which it ended.
    """
    directory = RunDirectory(Path(folder))
    _wait_until_left(directory)
    state = read_status(directory).state
    if state in (State.FINISHED, State.FAILED) or read_wishes(directory).stop:
        return state
    for _ in range(MOST_ATTEMPTS):
        _run_once(directory)
        state = read_status(directory).state
        if state != State.INTERRUPTED:
            break
    return state


def _run_once(directory: RunDirectory) -> None:
    threads = directory.described()["config"]["limits"]["threads"]
    process = start_worker(directory, max(1, threads), resume=directory.checkpoint.exists())
    try:
        process.wait()
    except BaseException:
        process.terminate()
        raise
    note_end(directory)


def _wait_until_left(directory: RunDirectory) -> None:
    """Return once no living process has the run, here or elsewhere."""
    last, since = None, time.monotonic()
    while True:
        content = read_json(directory.status)
        if content is None or not State(content["state"]).is_live:
            return
        if content["heartbeat"] != last:
            last, since = content["heartbeat"], time.monotonic()
        elif time.monotonic() - since > QUIET_S:
            return
        time.sleep(LOOK_S)
