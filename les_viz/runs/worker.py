"""The process of one run: `python -m les_viz.runs.worker RUN [--resume]`.

It beats its heart twice a second, obeys `control.json` before each step, keeps to its limits, and ends when the
process that started it is gone.
"""

import os
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from les_viz.errors import LesVizError
from les_viz.md.frames import Frame
from les_viz.md.protocols import FieldProtocol
from les_viz.runs.config import LimitSettings, run_config
from les_viz.runs.control import Listener
from les_viz.runs.directory import RunDirectory
from les_viz.runs.execution import Watch, execute
from les_viz.runs.states import HEARTBEAT_S, State, Status, write_status
from les_viz.runs.thermo import last_step

FAREWELL_S = 1.5
"""How long the run has to save itself when it must go."""

RATE_OVER_S = 5.0
TOO_LARGE = 4
POLITENESS = 5
"""Added to the nice value, so that the page stays quick."""


class Worker:
    """Heart, ears and conscience of a run."""

    def __init__(self, directory: RunDirectory, limits: LimitSettings, steps: int) -> None:
        """Begin to live."""
        self._directory, self._limits = directory, limits
        self._listener = Listener(directory)
        done = last_step(directory.thermo)
        self._status = Status(state=State.PREPARING, step=done, steps=steps, pid=os.getpid())
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._parent = os.getppid()
        self._begin = time.monotonic()
        self._recent: deque[tuple[float, int]] = deque()
        self._reason = ""
        self._is_over = False
        threading.Thread(target=self._beat, daemon=True).start()

    def run(self, *, resume: bool) -> None:
        """Run to the end, whichever it is, and say how it ended."""
        watch = Watch(
            on_frame=self._on_frame,
            on_phase=lambda words: self._say(message=words),
            should_stop=self._should_stop,
            new_field=self._new_field,
        )
        try:
            outcome = execute(self._directory.path, resume=resume, watch=watch)
        except LesVizError as caught:
            self._end(State.FAILED, " ".join(str(caught).split()))
        except KeyboardInterrupt:
            self._end(State.STOPPED, "stopped before the first step")
        except MemoryError:
            self._end(State.FAILED, "the machine has not enough memory for it: take a smaller structure")
        else:
            self._say(step=outcome.step)
            note = outcome.note or self._reason
            self._end(State.FINISHED if outcome.finished else State.STOPPED, note)

    def _should_stop(self) -> bool:
        self._say_running()
        while (wishes := self._listener.look()).pause and not (wishes.stop or self._must_go()):
            if self._status.state != State.PAUSED:
                self._say(state=State.PAUSED, message="")
            self._listener.rest()
        return wishes.stop or self._must_go()

    def _say_running(self) -> None:
        if self._status.state != State.RUNNING:
            self._say(state=State.RUNNING, message="")

    def _new_field(self) -> FieldProtocol | None:
        return self._listener.new_field()

    def _must_go(self) -> bool:
        """Whether a limit is reached or nobody is there; keeps the reason."""
        if self._reason:
            return True
        limits = self._limits
        if limits.hours and time.monotonic() - self._begin > limits.hours * 3600:
            self._reason = f"stopped after {limits.hours:g} hours (limits.hours)"
        return bool(self._reason)

    def _on_frame(self, frame: Frame) -> None:
        now = time.monotonic()
        self._recent.append((now, frame.step))
        while now - self._recent[0][0] > RATE_OVER_S and len(self._recent) > 2:
            self._recent.popleft()
        begin, first = self._recent[0]
        rate = (frame.step - first) / (now - begin) if now > begin else 0.0
        with self._lock:
            self._status = replace(self._status, step=frame.step, steps_per_s=rate)
        limit = self._limits.disk_MB * 1e6
        if limit and self._directory.trajectory.stat().st_size > limit:
            self._reason = f"stopped: the trajectory reached {self._limits.disk_MB} MB (limits.disk_MB)"

    def _say(self, **changes: object) -> None:
        with self._lock:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type] # fields of a status
        self._write()

    def _write(self, *, is_beat: bool = False) -> None:
        """Write the status of now; a disk that is busy must not keep the atoms waiting, which only note a step."""
        with self._writing, suppress(OSError):
            if is_beat and self._is_over:  # the last word is said
                return
            with self._lock:
                status = self._status
            write_status(self._directory, status)

    def _end(self, state: State, message: str) -> None:
        self._is_over = True
        self._say(state=state, message=message, pid=0, steps_per_s=0.0)

    def _beat(self) -> None:
        """A thread of its own, so that a long step does not silence the heart."""
        while not self._is_over:
            self._write(is_beat=True)
            if os.getppid() != self._parent:
                self._leave("stopped: the app that started it is gone")
            if self._is_unwatched():
                self._reason = f"stopped: nobody looked at it for {self._limits.unwatched_s:g} s"
            if self._limits.memory_MB and resident_megabytes() > self._limits.memory_MB:
                words = f"ended: it took more than {self._limits.memory_MB} MB of memory (limits.memory_MB)"
                self._end(State.FAILED, words)
                os._exit(TOO_LARGE)
            time.sleep(HEARTBEAT_S)

    def _leave(self, reason: str) -> None:
        """Ask the run to save itself, then end whatever it does."""
        self._reason = reason
        for _ in range(int(FAREWELL_S / 0.05)):
            if self._is_over:
                return
            time.sleep(0.05)
        self._end(State.INTERRUPTED, reason)
        os._exit(0)

    def _is_unwatched(self) -> bool:
        patience = self._limits.unwatched_s
        if not patience:
            return False
        try:
            looked = self._directory.watched.stat().st_mtime
        except OSError:
            looked = 0.0
        return time.time() - looked > patience and time.monotonic() - self._begin > patience


def resident_megabytes() -> float:
    """Memory that this process holds, as far as the system tells; else 0."""
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError, AttributeError):
        return 0.0


def _be_polite() -> None:
    """Leave the processor to the page where both want it."""
    with suppress(OSError, AttributeError):
        os.nice(POLITENESS)
    with suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as stream:
        stream.write(str(POLITENESS))  # Linux weighs sessions against each other, and this process has one of its own


def main(arguments: list[str]) -> None:
    """Run the run in a folder."""
    directory = RunDirectory(Path(arguments[0]))
    _be_polite()
    config = run_config(directory.described()["config"])
    Worker(directory, config.limits, config.dynamics.steps).run(resume="--resume" in arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # all is on disk and said; taking torch down would only take time


if __name__ == "__main__":
    main(sys.argv[1:])
