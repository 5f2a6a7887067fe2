"""`les-viz sweep`: many runs from one TOML file, in processes of this machine or on a cluster of Dask."""

import csv
import io
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from les_viz.cli.md import check_same
from les_viz.cli.output import warn, write_text
from les_viz.errors import SettingError
from les_viz.runs.config import RunConfig
from les_viz.runs.directory import RunDirectory
from les_viz.runs.states import State, read_status
from les_viz.runs.sweep import read_sweep
from les_viz.train.interrupt import StopWish

if TYPE_CHECKING:
    from les_viz.runs.sweeping import States


def run(options: Namespace) -> None:
    """Run what is not yet finished of a sweep; a table of all its runs is kept true while it goes on.

    Args:
        options: config, out, scheduler.

    Raises:
        LesVizError: configuration, structure, model, folder or scheduler cannot be used.
        KeyboardInterrupt: it was stopped.
    """
    sweep, folder = read_sweep(Path(options.config)), Path(options.out)
    new: list[RunDirectory] = []
    for name, config in sweep.runs.items():
        if (directory := RunDirectory(folder / name)).run.exists():
            check_same(config, directory)
        else:
            new.append(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as caught:
        raise SettingError(f"cannot write {folder} ({caught.strerror}): choose another folder with --out") from None

    def show(states: "States") -> None:
        warn(note for directory in new for note in directory.described()["notes"])
        new.clear()  # said once
        write_text(str(folder / "sweep.csv"), _table(states, sweep.runs, folder))
        counts = {state: list(states.values()).count(state) for state in State}
        words = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
        print(words, file=sys.stderr, flush=True)

    from les_viz.runs.sweeping import SweepWatch, run_sweep

    with StopWish() as wish:
        watch = SweepWatch(on_change=show, should_stop=lambda: wish.wished)
        states = run_sweep(sweep, folder, scheduler=options.scheduler, watch=watch)
    finished = sum(state == State.FINISHED for state in states.values())
    if wish.wished and finished < len(states):
        again = f"les-viz sweep {options.config} --out {options.out}"
        again += f" --scheduler {options.scheduler}" if options.scheduler else ""
        print(f"stopped; go on with: {again}", file=sys.stderr)
        raise KeyboardInterrupt
    print(f"{finished} of {len(states)} runs finished: {folder}")


def _table(states: "States", runs: dict[str, RunConfig], folder: Path) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("run", "amplitude_V_per_A", "temperature_K", "seed", "state", "step", "message"))
    for name, config in runs.items():
        dynamics, status = config.dynamics, read_status(RunDirectory(folder / name))
        amplitude = 0.0 if config.field.is_off else config.field.amplitude_V_per_A
        row = (name, amplitude, dynamics.temperature_K, dynamics.seed, states[name], status.step, status.message)
        writer.writerow(row)
    return stream.getvalue()
