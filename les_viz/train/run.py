"""A whole training: what `les-viz train` does."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from les_viz.heap import keep_freed_memory
from les_viz.train.checkpoint import check_same_data, load_checkpoint, save_checkpoint
from les_viz.train.interrupt import StopWish
from les_viz.train.loop import Listener, Record, Trainer
from les_viz.train.output import Files, provenance
from les_viz.train.preparation import Prepared, prepare
from les_viz.train.toml_file import read_config


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How it ended.

    Attributes:
        files: what was written.
        best: record of the best epoch, or None before the first.
        finished: False if it was stopped.
        started: False if it was stopped before the first step.
        saved: False if it was stopped within a step: what came after the last checkpoint is lost.
        labels: the file that keeps what a teacher computed, if there is one.
    """

    files: Files
    best: Record | None
    finished: bool
    started: bool = True
    saved: bool = True
    labels: Path | None = None


def train(path: Path, listener: Listener, *, resume: bool = False) -> Result:
    """Train as a file says.

    Args:
        path: the configuration.
        listener: hears of steps and epochs.
        resume: go on from the last checkpoint.

    Raises:
        LesVizError: configuration, data or training went wrong; says what to do.
    """
    config = read_config(path)
    folder = path.resolve().parent
    files = Files(folder / config.output.folder, config.output.name)
    files.prepare()
    state = load_checkpoint(files.checkpoint, config) if resume else None
    keep_freed_memory()
    torch.set_num_threads(config.training.threads)
    try:
        prepared = prepare(config, folder, listener.preparing)
    except KeyboardInterrupt:
        labels = files.labels if config.data.labels == "ase" and files.labels.exists() else None
        return Result(files=files, best=None, finished=False, started=False, labels=labels)
    trainer = Trainer(config, prepared.model, prepared.train, prepared.held_out)
    if state is not None:
        check_same_data(state, prepared.data_hash, files.checkpoint)
        trainer.load(state)
    hashes = {"config": hashlib.sha256(path.read_bytes()).hexdigest(), "data": prepared.data_hash}
    if config.model.start_from:
        hashes["start"] = hashlib.sha256((folder / config.model.start_from).read_bytes()).hexdigest()
    origin = provenance(f"les-viz train {path.name}", config.provenance, hashes, config.training.seed)
    finished, saved = False, True
    try:
        finished = _run(trainer, prepared, files, origin, listener)
    except KeyboardInterrupt:
        saved = False
    best = next((r for r in trainer.course.log if r["epoch"] == trainer.course.best_epoch), None)
    return Result(files=files, best=best, finished=finished, saved=saved)


def _run(trainer: Trainer, prepared: Prepared, files: Files, origin: dict[str, str], listener: Listener) -> bool:
    with StopWish() as stop:
        while not trainer.is_done:
            if not trainer.run_epoch(listener, lambda: stop.wished):
                _save(trainer, prepared, files)
                return False
            record, is_best = trainer.close_epoch()
            if is_best:
                _write_model(trainer, prepared, files, origin, record)
            files.write_log(trainer.course.log)
            _save(trainer, prepared, files)
            listener.epoch(record, best=is_best)
    return True


def _save(trainer: Trainer, prepared: Prepared, files: Files) -> None:
    save_checkpoint(files.checkpoint, {**trainer.state(), "data": prepared.data_hash}, trainer.config)


def _write_model(trainer: Trainer, prepared: Prepared, files: Files, origin: dict[str, str], record: Record) -> None:
    architecture = replace(prepared.config, charge_sign=prepared.config.charge_sign * trainer.course.sign)
    with trainer.average.in_place():
        files.write_model(architecture, prepared.model, {**origin, "epoch": str(record["epoch"])})
