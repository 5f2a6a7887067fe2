"""Runs in processes of their own: at most so many at once, the others wait in a queue; none outlives the manager."""

import os
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from les_viz.errors import SettingError
from les_viz.md.protocols import FieldProtocol
from les_viz.runs.catalog import RunEntry, list_runs
from les_viz.runs.config import RunConfig
from les_viz.runs.control import Wishes, read_wishes, write_wishes
from les_viz.runs.directory import RunDirectory
from les_viz.runs.process import start_worker
from les_viz.runs.setup import create_run
from les_viz.runs.states import State, Status, note_end, read_status, write_status

PATIENCE_S = 1.2
"""How long a run may take to stop by itself before it is killed."""

LOOK_S = 0.02
REAPING_S = 5.0
"""How long `close` waits for the system to clear away what was ended."""


TICK_S = 0.1

WAITS = "waits until the run before it has ended"


class RunManager:
    """All runs of one folder. Safe to call from several threads."""

    def __init__(self, root: Path, *, max_running: int = 1, threads: int | None = None) -> None:
        """Take care of a folder.

        Args:
            root: folder of the folders of runs; made if missing.
            max_running: processes at once.
            threads: of each run; None leaves one core to the page.
        """
        self.root = root
        self._max_running = max_running
        self._threads = threads or max(1, ((os.cpu_count() or 2) - 1) // max_running)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._queue: list[tuple[str, bool]] = []
        self._lock = threading.RLock()
        self._is_closed = threading.Event()
        root.mkdir(parents=True, exist_ok=True)
        threading.Thread(target=self._tick, daemon=True).start()

    def submit(self, config: RunConfig, name: str | None = None, *, owner: str = "") -> str:
        """Make a run and start it, or queue it.

        Args:
            config: what to run.
            name: of its folder; None for the time.
            owner: for whom; empty where there is but one.

        Returns:
            Its name.

        Raises:
            LesVizError: it cannot be made.
        """
        name = name or datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]
        if config.limits.threads == 0:
            config = replace(config, limits=replace(config.limits, threads=self._threads))
        directory = self.directory(name)
        create_run(config, directory.path)
        if owner:
            directory.owner.write_text(owner, encoding="ascii")
        self._enqueue(directory, config.dynamics.steps, resume=False)
        return name

    def resume(self, name: str) -> None:
        """Go on with a run that stopped, was interrupted or failed.

        Raises:
            SettingError: it is running, or finished.
        """
        directory = self.directory(name)
        status = read_status(directory)
        if not status.state.can_resume:
            raise SettingError(f"run {name} is {status.state}: only a run that was stopped or interrupted can go on")
        wishes = read_wishes(directory)
        write_wishes(directory, Wishes(field=wishes.field))
        self._enqueue(directory, status.steps, resume=directory.checkpoint.exists())

    def stop(self, name: str) -> None:
        """End a run within two seconds, by asking and then by force; its frames stay."""
        directory = self.directory(name)
        with self._lock:
            self._queue = [entry for entry in self._queue if entry[0] != name]
            process = self._processes.get(name)
        if not directory.path.is_dir():  # deleted: what was its process is ending
            return
        write_wishes(directory, replace(read_wishes(directory), stop=True))
        if process is None:
            if read_status(directory).state == State.QUEUED:
                status = replace(read_status(directory), state=State.STOPPED, message="stopped before it began")
                write_status(directory, status)
            return
        if not self._ends_by_itself(directory, process):
            words = "stopped by force in the middle of a step; it can go on from its last checkpoint"
            with self._lock:
                process.kill()  # its death is not waited for: a write to a slow disk can hold it up, it runs no more
                write_status(directory, replace(read_status(directory), state=State.STOPPED, message=words, pid=0))

    def pause(self, name: str, *, paused: bool) -> None:
        """Let a run rest, or move again."""
        directory = self.directory(name)
        write_wishes(directory, replace(read_wishes(directory), pause=paused))

    def set_field(self, name: str, protocol: FieldProtocol) -> None:
        """Change the field of a run from its next step on."""
        directory = self.directory(name)
        write_wishes(directory, replace(read_wishes(directory), field=protocol))

    def watch(self, name: str) -> None:
        """Say that somebody looks at a run, which keeps it from stopping for want of onlookers."""
        with suppress(OSError):  # of another user, who looks after it
            self.directory(name).watched.touch()

    def delete(self, name: str) -> None:
        """Stop a run and remove its folder.

        Raises:
            SettingError: something of it stays.
        """
        self.stop(name)
        path = self.directory(name).path
        gone = path.with_name(f".deleted-{name}")  # where nobody touches a file while the folder is emptied
        with suppress(OSError):
            path = path.rename(gone)
        if path.is_symlink():  # what it points to is not ours
            path.unlink()
        shutil.rmtree(path, ignore_errors=True)
        if path.is_dir():
            raise SettingError(f"{path} cannot be removed, or not all of it: ask whom it belongs to")

    def status(self, name: str) -> Status:
        """State, step, message."""
        return read_status(self.directory(name))

    def entries(self) -> list[RunEntry]:
        """All runs, newest first; those of a server that is gone as well."""
        return list_runs(self.root)

    def directory(self, name: str) -> RunDirectory:
        """Folder of a run.

        Raises:
            SettingError: the name is no plain folder name.
        """
        if not name or Path(name).name != name or name.startswith("."):
            raise SettingError(f"{name!r} is no name of a run: expected a plain folder name")
        return RunDirectory(self.root / name)

    def close(self) -> None:
        """Stop everything."""
        self._is_closed.set()
        with self._lock:
            names = list(self._processes)
            self._queue.clear()
        threads = [threading.Thread(target=self.stop, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for process in list(self._processes.values()):
            with suppress(subprocess.TimeoutExpired):
                process.wait(REAPING_S)

    def _ends_by_itself(self, directory: RunDirectory, process: subprocess.Popen[bytes]) -> bool:
        """Whether a run that was asked to stop does so in time: it has said how it ended, or is gone."""
        end = time.monotonic() + PATIENCE_S
        while process.poll() is None and read_status(directory).state.is_live:
            if time.monotonic() > end:
                return False
            time.sleep(LOOK_S)
        return True

    def _enqueue(self, directory: RunDirectory, steps: int, *, resume: bool) -> None:
        status = replace(read_status(directory), state=State.QUEUED, steps=steps, message="", pid=0)
        write_status(directory, status)
        directory.watched.touch()
        with self._lock:
            entry = (directory.path.name, resume)
            self._queue.append(entry)
            self._start_what_fits()
            if entry in self._queue:
                write_status(directory, replace(status, message=WAITS))

    def _tick(self) -> None:
        while not self._is_closed.wait(TICK_S):
            self._start_what_fits()

    def _start_what_fits(self) -> None:
        with self._lock:
            for name in [name for name, process in self._processes.items() if process.poll() is not None]:
                del self._processes[name]
                note_end(self.directory(name))
            while self._queue and len(self._processes) < self._max_running and not self._is_closed.is_set():
                name, resume = self._queue.pop(0)
                self._processes[name] = start_worker(self.directory(name), self._threads, resume=resume)
