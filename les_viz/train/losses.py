"""The loss of a batch: weighted mean square errors."""

from dataclasses import dataclass

import torch
from torch import Tensor

from les_viz.errors import SettingError
from les_viz.train.config import LossConfig
from les_viz.train.forward import Forward
from les_viz.train.frames import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The loss and the sums of squares behind the errors that are reported.

    Attributes:
        value: with its graph.
        squares: name to (sum of squares, how many numbers), without a graph.
    """

    value: Tensor
    squares: dict[str, tuple[Tensor, int]]


def energy_weight(config: LossConfig, progress: float) -> float:
    """The weight of the energy at a progress from 0 to 1."""
    if config.energy_final <= 0 or config.final_fraction <= 0:
        return config.energy
    risen = (progress - (1 - config.final_fraction)) / config.final_fraction
    return config.energy + (config.energy_final - config.energy) * min(1.0, max(0.0, risen))


def batch_loss(forward: Forward, config: LossConfig, progress: float) -> Loss:
    """The loss of a batch; its graph ends in the weights of the model.

    Raises:
        SettingError: it is not a finite number.
    """
    batch, outputs = forward.batch, forward.outputs(training=True)
    force_error = outputs.forces - batch.forces
    energy_error = outputs.energy - batch.energy
    value = config.forces * force_error.square().mean()
    value = value + energy_weight(config, progress) * (energy_error.square() / batch.counts).mean()
    if config.neutrality > 0 and batch.couplings is not None:
        value = value + config.neutrality * _neutrality(forward, batch)
    if not bool(torch.isfinite(value)):
        raise SettingError(
            f"the loss became {float(value.detach())}: lower training.learning_rate (or training.clip), raise "
            "training.warm_up_steps, and look for absurd energies or forces in the data"
        )
    with torch.no_grad():
        squares = {
            "forces": (force_error.detach().square().sum(), force_error.numel()),
            "energy": ((energy_error.detach() / batch.counts).square().sum(), len(batch.counts)),
        }
    return Loss(value=value, squares=squares)


def _neutrality(forward: Forward, batch: Batch) -> Tensor:
    total = batch.per_frame(forward.latent.charges.sum(dim=1)) * forward.model.charge_scale
    return ((total - batch.total_charge).square() / batch.counts).mean()
