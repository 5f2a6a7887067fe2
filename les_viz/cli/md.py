"""`les-viz md`: a run from a TOML file, with a progress bar; Ctrl-C stops it cleanly.

Whoever lists runs sees how far it is, and can pause it, stop it and change its field as those of the app.
"""

import sys
import time
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from les_viz.cli.output import warn
from les_viz.errors import LesVizError, SettingError
from les_viz.runs.config import RunConfig, read_run_config, run_config
from les_viz.runs.control import Wishes, read_wishes, write_wishes
from les_viz.runs.directory import RunDirectory
from les_viz.runs.states import State
from les_viz.train.interrupt import StopWish

if TYPE_CHECKING:
    from les_viz.md.frames import Frame
    from les_viz.runs.execution import Outcome

BAR = 30
REFRESH_S = 0.2


def run(options: Namespace) -> None:
    """Start a run, or go on with one.

    Args:
        options: config, out, resume.

    Raises:
        LesVizError: configuration, structure, model or folder cannot be used, or the atoms came apart.
        KeyboardInterrupt: it was stopped.
    """
    config = read_run_config(Path(options.config))
    directory = RunDirectory(Path(options.out))
    resume = options.resume and directory.checkpoint.exists()
    if options.resume:
        check_same(config, directory)
    from les_viz.runs.setup import create_run

    if not options.resume:
        create_run(config, directory.path)
        warn(directory.described()["notes"])
    outcome, reason = _execute(directory, config, resume=resume)
    if outcome.note:
        warn([outcome.note])
    if not outcome.finished:
        why = f"{reason}; " if reason else ""
        print(
            f"{why}stopped after step {outcome.step} of {config.dynamics.steps}; go on with: "
            f"les-viz md {options.config} --out {options.out} --resume",
            file=sys.stderr,
        )
        raise KeyboardInterrupt
    print(f"{outcome.step} steps done: {directory.path}")


def _execute(directory: RunDirectory, config: RunConfig, *, resume: bool) -> "tuple[Outcome, str]":
    """How it ended, and which limit ended it, if one did."""
    from les_viz.runs.execution import Watch, execute
    from les_viz.runs.keeper import Keeper

    bar = _Bar(config.dynamics.steps)
    with StopWish() as wish:
        keeper = Keeper(directory, config.limits, config.dynamics.steps, stop_asked=lambda: wish.wished)

        def on_phase(words: str) -> None:
            if resume and not keeper.has_begun:
                write_wishes(directory, Wishes(field=read_wishes(directory).field))
            keeper.on_phase(words)
            bar.draw(words)

        def on_frame(frame: "Frame") -> None:
            keeper.on_frame(frame)
            bar.show(frame)

        watch = Watch(on_frame=on_frame, on_phase=on_phase, should_stop=keeper.should_stop, new_field=keeper.new_field)
        try:
            outcome = execute(directory.path, resume=resume, watch=watch, steps=config.dynamics.steps)
        except LesVizError as caught:
            keeper.end(State.FAILED, " ".join(str(caught).split()))
            raise
        except BaseException:
            keeper.end(State.STOPPED, "stopped in the middle of a step")
            raise
        finally:
            bar.end()
    state = State.FINISHED if outcome.finished else State.STOPPED
    keeper.end(state, outcome.note or keeper.reason, step=outcome.step)
    return outcome, keeper.reason


def check_same(config: RunConfig, directory: RunDirectory) -> None:
    """Refuse to go on with other settings than the run was started with; the number of steps may grow.

    Raises:
        SettingError: names the first setting that differs.
    """
    before = asdict(run_config(directory.described()["config"]))
    for table, settings in asdict(config).items():
        for key, value in settings.items():
            if (table, key) not in MAY_CHANGE and value != before[table][key]:
                raise SettingError(
                    f"{table}.{key} is {value!r}, but the run in {directory.path} was started with "
                    f"{before[table][key]!r}: use the same configuration to go on, or another folder to start anew"
                )


MAY_CHANGE = {
    ("dynamics", "steps"),
    ("output", "checkpoint_s"),
    *(("limits", name) for name in ("hours", "memory_MB", "disk_MB", "unwatched_s")),
}


class _Bar:
    """One line on standard error, drawn over where that is a terminal."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._begin: tuple[float, int] | None = None
        self._shown = 0.0
        self._is_terminal = sys.stderr.isatty()
        self._width = 0

    def show(self, frame: "Frame") -> None:
        now = time.monotonic()
        if self._begin is None:
            self._begin = (now, frame.step)
        if now - self._shown < (REFRESH_S if self._is_terminal else 10.0) and frame.step < self._steps:
            return
        self._shown = now
        begin, first = self._begin
        rate = (frame.step - first) / (now - begin) if now > begin else 0.0
        filled = BAR * frame.step // self._steps
        self.draw(
            f"[{'█' * filled}{'·' * (BAR - filled)}] {frame.step}/{self._steps}  {rate:.1f} steps/s  "
            f"{frame.time_fs:.1f} fs  {frame.temperature:.0f} K  E {frame.conserved_energy:.4f} eV"
        )

    def end(self) -> None:
        if self._is_terminal:
            print(file=sys.stderr)

    def draw(self, text: str) -> None:
        if self._is_terminal:
            print(f"\r{text:<{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(text)
        else:
            print(text, file=sys.stderr, flush=True)
