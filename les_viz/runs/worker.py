"""The process of one run: `python -m les_viz.runs.worker RUN [--resume]`.

It beats its heart twice a second, obeys `control.json` before each step, keeps to its limits, and ends when the
process that started it is gone.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from les_viz.errors import LesVizError
from les_viz.runs.config import LimitSettings, run_config
from les_viz.runs.directory import RunDirectory
from les_viz.runs.execution import execute
from les_viz.runs.keeper import Keeper
from les_viz.runs.states import State

FAREWELL_S = 1.5
"""How long the run has to save itself when it must go."""

POLITENESS = 10
"""Added to the nice value, so that the page stays quick."""


class Worker(Keeper):
    """A keeper that depends on whoever started it, and on somebody looking on."""

    def __init__(self, directory: RunDirectory, limits: LimitSettings, steps: int) -> None:
        """Begin to live."""
        super().__init__(directory, limits, steps)
        self._parent = os.getppid()
        self.begin()

    def run(self, *, resume: bool) -> None:
        """Run to the end, whichever it is, and say how it ended."""
        try:
            outcome = execute(self._directory.path, resume=resume, watch=self.watch)
        except LesVizError as caught:
            self.end(State.FAILED, " ".join(str(caught).split()))
        except KeyboardInterrupt:
            self.end(State.STOPPED, "stopped before the first step")
        except MemoryError:
            self.end(State.FAILED, "the machine has not enough memory for it: take a smaller structure")
        else:
            state = State.FINISHED if outcome.finished else State.STOPPED
            self.end(state, outcome.note or self.reason, step=outcome.step)

    def look_around(self) -> None:
        """See whether anybody is there."""
        if os.getppid() != self._parent:
            self._leave("stopped: the app that started it is gone")
        if self._is_unwatched():
            self.reason = f"stopped: nobody looked at it for {self._limits.unwatched_s:g} s"

    def _leave(self, reason: str) -> None:
        """Ask the run to save itself, then end whatever it does."""
        self.reason = reason
        for _ in range(int(FAREWELL_S / 0.05)):
            if self.is_over:
                return
            time.sleep(0.05)
        self.end(State.INTERRUPTED, reason)
        os._exit(0)

    def _is_unwatched(self) -> bool:
        patience = self._limits.unwatched_s
        if not patience:
            return False
        try:
            looked = self._directory.watched.stat().st_mtime
        except OSError:
            looked = 0.0
        return time.time() - looked > patience and time.monotonic() - self._started > patience


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
