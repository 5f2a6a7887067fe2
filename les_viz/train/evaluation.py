"""Errors on held-out frames, and the charges that emerge."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from les_viz.elements import SYMBOLS
from les_viz.models.model import LESModel
from les_viz.train.batching import batches_in_order
from les_viz.train.config import LossConfig
from les_viz.train.forward import Forward
from les_viz.train.frames import FrameSet
from les_viz.train.losses import MomentError, energy_weight, moment_errors

MILLI = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How a model does on frames.

    Attributes:
        energy_rmse: meV/atom.
        force_rmse: meV/Å.
        charge_mean: partial charge of each element, e.
        charge_std: its spread, e.
        largest_total_charge: of a frame, e.
        moments: root mean square errors of stress (eV/Å³), dipole (e Å), Born effective charges (e), if in the loss.
        score: what the best epoch has least of: the force error; with moments in the loss, the loss of these frames.
    """

    energy_rmse: float
    force_rmse: float
    charge_mean: dict[str, float]
    charge_std: dict[str, float]
    largest_total_charge: float
    moments: dict[str, float]
    score: float


def evaluate(model: LESModel, frames: FrameSet, atoms_per_batch: int, loss: LossConfig) -> Errors:
    """Run over all frames without training."""
    energy, counts, forces, charges, totals, elements = [], [], [], [], [], []
    moments: dict[str, list[MomentError]] = {}
    for numbers in batches_in_order(frames.counts, atoms_per_batch):
        batch = frames.batch(numbers)
        forward = Forward(model, batch)
        outputs = forward.outputs(training=False)
        for name, error in moment_errors(forward, outputs, loss).items():
            moments.setdefault(name, []).append(
                replace(error, plain=error.plain.detach(), scaled=error.scaled.detach())
            )
        counts.append(batch.counts)
        energy.append((outputs.energy.detach() - batch.energy) / batch.counts)
        forces.append((outputs.forces.detach() - batch.forces).flatten())
        partial = outputs.charges.detach().sum(dim=1) * model.charge_scale
        charges.append(partial)
        totals.append(batch.per_frame(partial))
        elements.append(batch.surroundings.element_idx)
    mean, spread = _by_element(model, torch.cat(charges), torch.cat(elements))
    together = {
        name: MomentError(
            weight=errors[0].weight,
            plain=torch.cat([error.plain for error in errors]),
            scaled=torch.cat([error.scaled for error in errors]),
        )
        for name, errors in moments.items()
    }
    force_rmse = MILLI * _rms(torch.cat(forces))
    return Errors(
        energy_rmse=MILLI * _rms(torch.cat(energy)),
        force_rmse=force_rmse,
        moments={name: _rms(error.plain) for name, error in together.items()},
        score=_loss(torch.cat(energy) * torch.cat(counts).sqrt(), torch.cat(forces), together, loss)
        if together
        else force_rmse,
        charge_mean=mean,
        charge_std=spread,
        largest_total_charge=float(torch.cat(totals).abs().max()),
    )


def _by_element(model: LESModel, charges: Tensor, elements: Tensor) -> tuple[dict[str, float], dict[str, float]]:
    if model.charge_head is None:
        return {}, {}
    mean, spread = {}, {}
    for index, number in enumerate(model.config.elements):
        found = charges[elements == index].double()
        if len(found):
            mean[SYMBOLS[number]] = float(found.mean())
            spread[SYMBOLS[number]] = float(found.std(correction=0))
    return mean, spread


def _loss(energy: Tensor, forces: Tensor, moments: dict[str, MomentError], loss: LossConfig) -> float:
    """As in training, with the weights of its end."""
    value = loss.forces * _rms(forces) ** 2 + energy_weight(loss, 1.0) * _rms(energy) ** 2
    return value + sum(error.weight * _rms(error.scaled) ** 2 for error in moments.values() if len(error.scaled))


def _rms(values: Tensor) -> float:
    return float(values.double().square().mean().sqrt())
