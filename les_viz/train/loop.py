"""The loop: steps of AdamW, a running average of the weights, an evaluation after each epoch; resumes exactly."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from les_viz.models.memory import bytes_needed, room_on_the_card
from les_viz.models.model import LESModel
from les_viz.room import check_room
from les_viz.train.average import RunningAverage
from les_viz.train.batching import shuffled_batches
from les_viz.train.config import TrainConfig
from les_viz.train.evaluation import Errors, evaluate
from les_viz.train.forward import Forward
from les_viz.train.frames import FrameSet
from les_viz.train.losses import batch_loss
from les_viz.train.schedule import learning_rate

MILLI = 1000.0
MOMENTS = {
    "stress": "stress_rmse_eV_per_A3",
    "dipole": "dipole_rmse_e_A",
    "born_effective_charges": "born_effective_charges_rmse_e",
}
"""Names in the log."""
Record = dict[str, Any]


class Listener(Protocol):
    """Who wants to hear how it goes."""

    def preparing(self, words: str) -> None:
        """What is being done before the first step; often."""

    def step(self, epoch: int, done: int, batches: int, errors: dict[str, float]) -> None:
        """A step was taken; `errors` of the epoch so far, forces in meV/Å and energy in meV/atom."""

    def epoch(self, record: Record, *, best: bool) -> None:
        """An epoch is over."""


@dataclass(slots=True)
class Course:
    """Where a training stands; everything beside weights and optimiser."""

    epoch: int = 0
    batches_done: int = 0
    steps: int = 0
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    best_epoch: int = 0
    best_error: float = float("inf")
    sign: int = 1
    sums: dict[str, list[float]] = field(default_factory=dict)
    log: list[Record] = field(default_factory=list)

    def add(self, squares: dict[str, tuple[float, int]]) -> None:
        """Take in the squares of a batch."""
        for name, (square, count) in squares.items():
            before = self.sums.get(name, [0.0, 0.0])
            self.sums[name] = [before[0] + square, before[1] + count]

    def rms(self, name: str) -> float:
        """Root mean square of what was added in this epoch, in thousandths."""
        total, count = self.sums.get(name, [0.0, 0.0])
        return float(MILLI * (total / count) ** 0.5) if count else float("nan")


class Trainer:
    """A model on its way."""

    def __init__(self, config: TrainConfig, model: LESModel, train: FrameSet, held_out: FrameSet) -> None:
        """Set up optimiser and running average."""
        self.config, self.model, self.train, self.held_out = config, model, train, held_out
        self.weights = [p for p in model.parameters() if p.requires_grad]
        settings = config.training
        if model.device.type == "cpu":
            self._check_memory()
        self.optimizer = torch.optim.AdamW(
            self._groups(), lr=settings.learning_rate, weight_decay=settings.weight_decay, foreach=True
        )
        self.average = RunningAverage(model, settings.ema_decay)
        self.course = Course()

    def _check_memory(self) -> None:
        """Refuse batches for which the networks alone would take more memory than is free."""
        counts = self.train.counts
        n_atoms = min(sum(counts), max(self.config.training.atoms_per_batch, *counts))
        n_edges = n_atoms * self.train.most_neighbors
        check_room(
            bytes_needed(self.model.config, n_atoms, n_edges, derivatives=True) * self.model.dtype.itemsize / 8,
            f"a batch of {n_atoms} atoms ({self.train.most_neighbors} neighbours each)",
            "lower training.atoms_per_batch, leave large frames out, or take a model of fewer features",
        )

    @property
    def is_done(self) -> bool:
        """Whether the epochs are over, or patience is."""
        settings, course = self.config.training, self.course
        tired = settings.patience > 0 and course.epoch - course.best_epoch >= settings.patience
        return course.epoch >= settings.epochs or tired

    def run_epoch(self, listener: Listener, wish: Callable[[], bool]) -> bool:
        """Go through the batches that are left of the epoch; False if a stop was wished for before its end."""
        settings, course = self.config.training, self.course
        batches = shuffled_batches(self.train.counts, settings.atoms_per_batch, seed=settings.seed, epoch=course.epoch)
        started = time.perf_counter()
        before = course.epoch_seconds
        for numbers in batches[course.batches_done :]:
            if wish():
                return False
            self._step(numbers, (course.epoch + course.batches_done / len(batches)) / settings.epochs)
            course.batches_done += 1
            course.epoch_seconds = before + time.perf_counter() - started
            errors = {name: course.rms(name) for name in course.sums}
            listener.step(course.epoch, course.batches_done, len(batches), errors)
        return True

    def close_epoch(self) -> tuple[Record, bool]:
        """Evaluate the running average; the record of the epoch, and whether it is the best so far."""
        course, settings = self.course, self.config.training
        started = time.perf_counter()
        with self.average.in_place():
            errors = evaluate(self.model, self.held_out, settings.atoms_per_batch, self.config.loss)
        course.seconds += course.epoch_seconds + time.perf_counter() - started
        course.epoch += 1
        # Where forces do not count by themselves, their held-out error says nothing of the charges.
        is_best = errors.score < course.best_error or self.config.loss.forces == 0
        if is_best:
            course.best_error, course.best_epoch = errors.score, course.epoch
        course.sign = self._sign(errors)
        record = self._record(errors)
        course.log.append(record)
        course.batches_done, course.epoch_seconds, course.sums = 0, 0.0, {}
        return record, is_best

    def state(self) -> dict[str, Any]:
        """Everything that a checkpoint needs."""
        course = self.course
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state(),
            "course": {name: getattr(course, name) for name in Course.__dataclass_fields__},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average.load(state["average"]["values"], state["average"]["steps"])
        self.course = Course(**state["course"])

    @property
    def _charge_rate(self) -> float:
        return self.config.model.charges.learning_rate

    def _groups(self) -> list[dict[str, Any]]:
        """The weights of the charges, if there are any, apart from all others: head, and features of their own."""
        head, parts = self.model.charge_head, self.model.representations
        charged = {id(weight) for weight in head.parameters()} if head is not None else set()
        if head is not None and head.config.representation > 0:
            charged |= {id(weight) for weight in parts[head.config.representation].parameters()}
        groups = [[p for p in self.weights if (id(p) in charged) == inside] for inside in (False, True)]
        return [{"params": group} for group in groups if group]

    @room_on_the_card("lower training.atoms_per_batch, or train on cpu")
    def _step(self, numbers: list[int], progress: float) -> None:
        settings = self.config.training
        rate = learning_rate(settings, self.course.steps, progress)
        held = progress * settings.epochs < self.config.model.charges.held_epochs
        for group, factor in zip(self.optimizer.param_groups, (1.0, 0.0 if held else self._charge_rate), strict=False):
            group["lr"] = rate * factor
        loss = batch_loss(Forward(self.model, self.train.batch_with_apart(numbers)), self.config.loss, progress)
        self.optimizer.zero_grad()
        loss.value.backward(inputs=self.weights)
        if settings.clip > 0:
            torch.nn.utils.clip_grad_norm_(self.weights, settings.clip)
        self.optimizer.step()
        self.average.update()
        self.course.steps += 1
        self.course.add({name: (float(square), count) for name, (square, count) in loss.squares.items()})

    def _sign(self, errors: Errors) -> int:
        """-1 if the element that should be positive comes out negative: the energy does not tell."""
        return -1 if errors.charge_mean.get(self.config.model.charges.positive_element, 0.0) < 0 else 1

    def _record(self, errors: Errors) -> Record:
        course = self.course
        return {
            "epoch": course.epoch,
            "seconds": round(course.seconds, 3),
            "frames_per_s": round(len(self.train) / max(course.epoch_seconds, 1e-9), 3),
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "train_force_rmse_meV_per_A": course.rms("forces"),
            "train_energy_rmse_meV_per_atom": course.rms("energy"),
            "energy_rmse_meV_per_atom": errors.energy_rmse,
            "force_rmse_meV_per_A": errors.force_rmse,
            "charge_mean_e": {symbol: course.sign * charge for symbol, charge in errors.charge_mean.items()},
            "charge_std_e": errors.charge_std,
            "largest_total_charge_e": errors.largest_total_charge,
            **{MOMENTS[name]: error for name, error in errors.moments.items()},
        }
