"""Runs a run: from its folder to its folder, in this process; stops when asked, goes on from the last checkpoint."""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from les_viz.errors import LesVizError, SettingError
from les_viz.heap import keep_freed_memory
from les_viz.md.driver import Driver
from les_viz.md.frames import Frame
from les_viz.md.protocols import FieldProtocol
from les_viz.md.settings import Ensemble
from les_viz.runs import thermo, trajectory
from les_viz.runs.checkpoint import read_checkpoint, write_checkpoint
from les_viz.runs.config import RunConfig, run_config
from les_viz.runs.directory import RunDirectory
from les_viz.runs.lock import held
from les_viz.runs.setup import Setup, load_setup

Wish = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who looks on.

    Attributes:
        on_frame: called with each frame after it is on disk.
        on_phase: called with what is being done, in words.
        should_stop: asked before each step.
        new_field: asked before each step; a field that acts from now on, or None.
    """

    on_frame: Callable[[Frame], None] = lambda frame: None
    on_phase: Callable[[str], None] = lambda words: None
    should_stop: Wish = lambda: False
    new_field: Callable[[], FieldProtocol | None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it ended.

    Attributes:
        finished: whether the last step was reached.
        step: where it is.
        note: a sentence worth saying, or nothing.
    """

    finished: bool
    step: int
    note: str = ""


def execute(folder: Path, *, resume: bool, watch: Watch | None = None, steps: int | None = None) -> Outcome:
    """Run what run.json asks for.

    Args:
        folder: of the run, made by `setup.create_run`.
        resume: go on from the last checkpoint; else start anew, which needs a folder without results.
        watch: who looks on.
        steps: overrules the number of steps, to go on beyond the end.

    Raises:
        BlowUpError: the atoms came apart; frames up to then are on disk.
        SettingError: model or folder cannot be used, another process moves the run, or the disk is full.
    """
    directory = RunDirectory(folder)
    config = run_config(directory.described()["config"])
    keep_freed_memory()
    if config.limits.threads:
        torch.set_num_threads(config.limits.threads)
    try:
        with held(directory):
            return _Execution(directory, config, watch or Watch(), steps).run(resume=resume)
    except OSError as caught:
        reason = caught.strerror or str(caught).splitlines()[0]
        raise SettingError(
            f"cannot write {folder} ({reason}): make room there, then go on from the last checkpoint with --resume"
        ) from None


class _Execution:
    def __init__(self, directory: RunDirectory, config: RunConfig, watch: Watch, steps: int | None) -> None:
        self._directory, self._config, self._watch = directory, config, watch
        watch.on_phase("loading the model")
        self._setup: Setup = load_setup(directory, config, steps)
        self._driver: Driver = self._setup.driver
        self._saved_at = time.monotonic()

    def run(self, *, resume: bool) -> Outcome:
        note = self._restore() if resume else self._prepare()
        self._thermo = thermo.ThermoWriter(self._directory.thermo)
        self._trajectory = trajectory.TrajectoryWriter(self._directory.trajectory)
        self._watch.on_phase("moving")
        try:
            for frame in self._driver.frames(every=self._config.output.every, should_stop=self._should_stop):
                self._trajectory.write(frame)
                self._thermo.write(frame)
                if time.monotonic() - self._saved_at >= self._config.output.checkpoint_s:
                    self._save()
                self._watch.on_frame(frame)
            self._save()
        finally:
            self._trajectory.close()
            self._thermo.close()
        finished = self._driver.step >= self._driver.settings.steps
        return Outcome(finished=finished, step=self._driver.step, note=note)

    def _prepare(self) -> str:
        self._directory.thermo.unlink(missing_ok=True)  # of a start that did not come to a checkpoint
        wish = self._watch.should_stop

        def on_step(step: int, force: float) -> None:
            self._watch.on_phase(f"minimising: step {step}, largest force {force:.3f} eV/Å")
            if wish():
                raise KeyboardInterrupt

        converged = self._driver.prepare(on_step)
        atoms = self._driver.atoms
        trajectory.create(self._directory.trajectory, atoms.numbers, periodic=all(atoms.pbc))
        if converged:
            return ""
        settings = self._config.dynamics
        return (
            f"the minimisation ended after {settings.minimize_steps} steps with forces above "
            f"{settings.minimize_force_eV_per_A:g} eV/Å"
        )

    def _restore(self) -> str:
        """Go on from the last checkpoint.

        Returns:
            What the visitor should know, or nothing.

        Raises:
            SettingError: it does not fit the run, or what it goes on from is damaged.
        """
        try:
            return self._take_back()
        except LesVizError:
            raise
        except trajectory.DAMAGE as caught:
            if isinstance(caught, OSError) and caught.errno not in (None, errno.ENOENT):
                raise  # the disk is full, or not ours
            raise SettingError(
                f"{self._directory.path} cannot be gone on with, for a file of it is damaged "
                f"({' '.join(repr(caught).split())[:200]}): start the run anew in another folder"
            ) from None

    def _take_back(self) -> str:
        state = read_checkpoint(self._directory.checkpoint)
        step = int(state["step"])
        last_kept = step or -1  # from step 0 on, the driver hands out the first frame again
        thermo.cut_after(self._directory.thermo, last_kept)
        trajectory.cut_after(self._directory.trajectory, last_kept)
        self._setup.find_neighbors_at(state["neighbor_positions"], state["neighbor_cell"])
        self._driver.protocol = FieldProtocol(**_with_tuple(state["protocol"]))
        self._driver.restore(state)
        if self._config.dynamics.ensemble == Ensemble.NPT and "degrees_of_freedom" not in state["integrator"]:
            return (
                f"an older version wrote the checkpoint at step {step}, and its NPT thermostat and temperatures count "
                "3N degrees of freedom: from there on it is 3N - 3; start anew in another folder for one ensemble"
            )
        return ""

    def _save(self) -> None:
        """A checkpoint, after what it goes on from is on disk."""
        self._thermo.sync()
        positions, cell = self._setup.neighbors_were_found_at()
        protocol = self._driver.protocol
        content: dict[str, Any] = {
            **self._driver.state(),
            "neighbor_positions": positions,
            "neighbor_cell": cell,
            "protocol": {name: getattr(protocol, name) for name in protocol.__dataclass_fields__},
        }
        write_checkpoint(self._directory.checkpoint, content)
        self._saved_at = time.monotonic()

    def _should_stop(self) -> bool:
        protocol = self._watch.new_field()
        if protocol is not None and protocol != self._driver.protocol:
            try:
                self._driver.protocol = protocol
            except SettingError as caught:  # the run goes on as it is
                self._watch.on_phase(f"the field stays as it was: {caught}")
            else:
                self._setup.record_field(self._driver.step, protocol)
        return self._watch.should_stop()


def _with_tuple(protocol: dict[str, Any]) -> dict[str, Any]:
    return {**protocol, "direction": tuple(np.asarray(protocol["direction"], dtype=float).tolist())}
