"""Errors on held-out frames, and the charges that emerge."""

from dataclasses import dataclass

import torch
from torch import Tensor

from les_viz.elements import SYMBOLS
from les_viz.models.model import LESModel
from les_viz.train.batching import batches_in_order
from les_viz.train.forward import Forward
from les_viz.train.frames import FrameSet

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
    """

    energy_rmse: float
    force_rmse: float
    charge_mean: dict[str, float]
    charge_std: dict[str, float]
    largest_total_charge: float


def evaluate(model: LESModel, frames: FrameSet, atoms_per_batch: int) -> Errors:
    """Run over all frames without training."""
    energy, forces, charges, totals, elements = [], [], [], [], []
    for numbers in batches_in_order(frames.counts, atoms_per_batch):
        batch = frames.batch(numbers)
        outputs = Forward(model, batch).outputs(training=False)
        energy.append((outputs.energy.detach() - batch.energy) / batch.counts)
        forces.append((outputs.forces.detach() - batch.forces).flatten())
        partial = outputs.charges.detach().sum(dim=1) * model.charge_scale
        charges.append(partial)
        totals.append(batch.per_frame(partial))
        elements.append(batch.surroundings.element_idx)
    mean, spread = _by_element(model, torch.cat(charges), torch.cat(elements))
    return Errors(
        energy_rmse=MILLI * _rms(torch.cat(energy)),
        force_rmse=MILLI * _rms(torch.cat(forces)),
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


def _rms(values: Tensor) -> float:
    return float(values.double().square().mean().sqrt())
