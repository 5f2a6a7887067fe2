"""Keeps a run company: says in `status.json` how it goes, obeys `control.json`, holds it to its limits.

The status is written twice a second by a thread of its own, so that a long step does not silence the heart.
"""

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from les_viz.md.frames import Frame
from les_viz.md.protocols import FieldProtocol
from les_viz.runs.config import LimitSettings
from les_viz.runs.control import Listener
from les_viz.runs.directory import RunDirectory
from les_viz.runs.execution import Watch
from les_viz.runs.states import HEARTBEAT_S, State, Status, write_status
from les_viz.runs.thermo import last_step

RATE_OVER_S = 5.0
TOO_LARGE = 4
BYTES_PER_MB = 1e6


class Keeper:
    """Heart, ears and conscience of a run that this process moves."""

    def __init__(
        self,
        directory: RunDirectory,
        limits: LimitSettings,
        steps: int,
        *,
        stop_asked: Callable[[], bool] = lambda: False,
    ) -> None:
        """Say nothing yet: another process may have the run.

        Args:
            directory: of the run.
            limits: what it may use.
            steps: of the whole run.
            stop_asked: whether whoever started the process wants it to end.
        """
        self._directory, self._limits, self._stop_asked = directory, limits, stop_asked
        self._listener = Listener(directory)
        self._status = Status(state=State.PREPARING, steps=steps, pid=os.getpid())
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._started = time.monotonic()
        self._recent: deque[tuple[float, int]] = deque()
        self._over = threading.Event()
        self.has_begun = False
        self.reason = ""

    @property
    def watch(self) -> Watch:
        """What `execute` calls."""
        return Watch(
            on_frame=self.on_frame,
            on_phase=self.on_phase,
            should_stop=self.should_stop,
            new_field=self.new_field,
        )

    def begin(self) -> None:
        """From now on the run is this process's."""
        if self.has_begun:
            return
        self.has_begun = True
        self._status = replace(self._status, step=last_step(self._directory.thermo))
        threading.Thread(target=self._beat, daemon=True).start()

    def on_phase(self, words: str) -> None:
        """Say what is being done."""
        self.begin()
        self._say(message=words)

    def on_frame(self, frame: Frame) -> None:
        """Note how far it is, how fast, and how large."""
        now = time.monotonic()
        self._recent.append((now, frame.step))
        while now - self._recent[0][0] > RATE_OVER_S and len(self._recent) > 2:
            self._recent.popleft()
        begin, first = self._recent[0]
        rate = (frame.step - first) / (now - begin) if now > begin else 0.0
        with self._lock:
            self._status = replace(self._status, step=frame.step, steps_per_s=rate)
        limit = self._limits.disk_MB * BYTES_PER_MB
        if limit and self._directory.trajectory.stat().st_size > limit:
            self.reason = f"stopped: the trajectory reached {self._limits.disk_MB} MB (limits.disk_MB)"

    def should_stop(self) -> bool:
        """Whether the run is to end here; a run that is to pause rests in this call."""
        if self._status.state != State.RUNNING:
            self._say(state=State.RUNNING, message="")
        while (wishes := self._listener.look()).pause and not (wishes.stop or self._must_go()):
            if self._status.state != State.PAUSED:
                self._say(state=State.PAUSED, message="")
            self._listener.rest()
        return wishes.stop or self._must_go()

    def new_field(self) -> FieldProtocol | None:
        """A field that was asked for."""
        return self._listener.new_field()

    def end(self, state: State, message: str, *, step: int | None = None) -> None:
        """Say the last word, if the run was this process's at all."""
        if not self.has_begun:
            return
        self._over.set()
        last = self._status.step if step is None else step
        self._say(state=state, message=message, step=last, pid=0, steps_per_s=0.0)

    @property
    def is_over(self) -> bool:
        """Whether the last word is said."""
        return self._over.is_set()

    def look_around(self) -> None:
        """Called twice a second from another thread, for those who depend on more than limits."""

    def leave_at_once(self, words: str) -> None:
        """End the process, which takes too much memory: asking would take more of it."""
        sys.stderr.write(f"les-viz: {words}\n")
        self.end(State.FAILED, words)
        os._exit(TOO_LARGE)

    def _must_go(self) -> bool:
        """Whether a limit is reached or nobody is there; keeps the reason."""
        hours = self._limits.hours
        if not self.reason and hours and time.monotonic() - self._started > hours * 3600:
            self.reason = f"stopped after {hours:g} hours (limits.hours)"
        return bool(self.reason) or self._stop_asked()

    def _say(self, **changes: object) -> None:
        with self._lock:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type] # fields of a status
        self._write()

    def _write(self, *, is_beat: bool = False) -> None:
        """Write the status of now; a disk that is busy must not keep the atoms waiting, which only note a step."""
        with self._writing, suppress(OSError):
            if is_beat and self.is_over:  # the last word is said
                return
            with self._lock:
                status = self._status
            write_status(self._directory, status)

    def _beat(self) -> None:
        while not self.is_over:
            self._write(is_beat=True)
            self.look_around()
            if self._limits.memory_MB and resident_megabytes() > self._limits.memory_MB:
                self.leave_at_once(f"ended: it took more than {self._limits.memory_MB} MB of memory (limits.memory_MB)")
            self._over.wait(HEARTBEAT_S)


def resident_megabytes() -> float:
    """Memory that this process holds, as far as the system tells; else 0."""
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError, AttributeError):
        return 0.0
