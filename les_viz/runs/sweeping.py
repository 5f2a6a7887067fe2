"""Runs a sweep in local processes, or on a cluster of Dask; what is finished is kept, what was cut short goes on."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from les_viz.errors import SettingError
from les_viz.runs.control import read_wishes, write_wishes
from les_viz.runs.directory import RunDirectory
from les_viz.runs.jobs import run_job
from les_viz.runs.setup import create_run, read_start
from les_viz.runs.states import State, Status, read_status, status_told, write_status
from les_viz.runs.sweep import Sweep

if TYPE_CHECKING:
    from distributed import Client

LOOK_S = 0.2
CONNECT_S = 10.0
States = dict[str, State]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepWatch:
    """Who looks on.

    Attributes:
        on_change: called with all states whenever one changes.
        should_stop: asked often; if true, all runs stop and can be gone on with.
    """

    on_change: Callable[[States], None] = lambda states: None
    should_stop: Callable[[], bool] = lambda: False


def run_sweep(sweep: Sweep, folder: Path, *, scheduler: str = "", watch: SweepWatch | None = None) -> States:
    """Run what is not yet finished of a sweep.

    Args:
        sweep: the runs.
        folder: of their folders; with a scheduler, on a disk that its workers see under the same path.
        scheduler: address of a scheduler of Dask; empty for processes of this machine.
        watch: who looks on.

    Returns:
        How each run ended.

    Raises:
        LesVizError: a run cannot be made, the scheduler does not answer, or it or its workers were lost on the way.
    """
    directories = {name: RunDirectory(folder.resolve() / name) for name in sweep.runs}
    with _executor(scheduler, sweep.at_once) as executor:
        start = None
        for name, config in sweep.runs.items():
            if not directories[name].run.exists():
                start = start or read_start(config.structure)  # that of all, and a process of its own reads it
                create_run(config, directories[name].path, start=start)
            _take_back_stop(directories[name])
        futures = {name: executor.submit(run_job, str(directory.path)) for name, directory in directories.items()}
        return _look_after(futures, directories, watch or SweepWatch())


def _look_after(futures: dict[str, "Future[str]"], directories: dict[str, RunDirectory], watch: SweepWatch) -> States:
    shown: States = {}
    try:
        while True:
            _, unfinished = wait(futures.values(), timeout=LOOK_S)
            states = {name: _state(directory, futures[name]) for name, directory in directories.items()}
            if states != shown:
                watch.on_change(states)
                shown = states
            if not unfinished:
                _refuse_left_behind(futures, directories)
                return states
            if watch.should_stop():
                _stop(futures, directories)
    except BaseException:
        _stop(futures, directories)
        raise


def _refuse_left_behind(futures: dict[str, "Future[str]"], directories: dict[str, RunDirectory]) -> None:
    """Say which runs nobody looks after any more, though nobody wished them to stop."""
    lost = {
        name: "the scheduler is gone" if future.cancelled() else " ".join(repr(future.exception()).split())
        for name, future in futures.items()
        if (future.cancelled() or future.exception() is not None) and not read_wishes(directories[name]).stop
    }
    if lost:
        name, reason = next(iter(lost.items()))
        raise SettingError(
            f"{len(lost)} of {len(futures)} runs were left behind ({name}: {reason}): see to the scheduler and its "
            "workers, then give the same command; runs go on from their last checkpoint"
        )


def _state(directory: RunDirectory, future: "Future[str]") -> State:
    """As the folder tells; the number of a process on another machine means nothing here."""
    if future.done() or (told := status_told(directory)) is None:
        return read_status(directory).state
    return told.state


def _stop(futures: dict[str, "Future[str]"], directories: dict[str, RunDirectory]) -> None:
    for name, directory in directories.items():
        if not futures[name].done():
            write_wishes(directory, replace(read_wishes(directory), stop=True))
            futures[name].cancel()


def _take_back_stop(directory: RunDirectory) -> None:
    wishes = read_wishes(directory)
    if wishes.stop:
        write_wishes(directory, replace(wishes, stop=False))
    if status_told(directory) is None:
        write_status(directory, Status(state=State.QUEUED))


@contextmanager
def _executor(scheduler: str, at_once: int) -> Iterator[Executor]:
    if not scheduler:
        with ThreadPoolExecutor(at_once) as pool:
            yield pool
        return
    with _client(scheduler) as client:
        yield client.get_executor(pure=False)


def _client(scheduler: str) -> "Client":
    try:
        from distributed import Client
    except ImportError:
        raise SettingError("a scheduler needs dask.distributed: pip install 'les_viz[sweep]'") from None
    if ":" not in scheduler:
        raise SettingError(f"{scheduler!r} is no address of a scheduler: expected one such as tcp://host:8786")
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a lost scheduler is ours to explain
    try:
        return Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as caught:
        reason = str(caught).splitlines()[0] if str(caught) else type(caught).__name__
        raise SettingError(
            f"no scheduler of Dask answers at {scheduler} ({reason}): expected an address such as tcp://host:8786"
        ) from None
