"""The loss of a batch: weighted mean square errors."""

from dataclasses import dataclass

import torch
from torch import Tensor

from les_viz.errors import SettingError
from les_viz.train.config import LossConfig
from les_viz.train.forward import Forward, Outputs
from les_viz.train.frames import Batch
from les_viz.train.moments import born_effective_charges, dipoles, stresses


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
    force_error, energy_error, counts = _errors(outputs, batch)
    value = config.forces * _mean(force_error.square())
    value = value + energy_weight(config, progress) * _mean(energy_error.square() / counts)
    if batch.molecules is not None and config.molecular_forces > 0:
        value = value + config.molecular_forces * batch.molecules.relative_error(outputs.forces, batch.forces)
    if batch.interactions is not None:
        error = batch.interactions.relative_error(outputs.forces, batch.forces)
        value = value + config.interaction_forces * error
    value = value + _finetuning(forward, outputs, config)
    if not bool(torch.isfinite(value)):
        raise SettingError(
            f"the loss became {float(value.detach())}: lower training.learning_rate (or training.clip), raise "
            "training.warm_up_steps, and look for absurd energies or forces in the data"
        )
    with torch.no_grad():
        squares = {
            "forces": (force_error.detach().square().sum(), force_error.numel()),
            "energy": ((energy_error.detach() / counts).square().sum(), len(counts)),
        }
    return Loss(value=value, squares=squares)


def _errors(outputs: Outputs, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Errors of forces and energies, and the numbers of atoms, of the frames that count by themselves."""
    forces, energy = outputs.forces - batch.forces, outputs.energy - batch.energy
    if batch.counted is None:
        return forces, energy, batch.counts
    return forces[batch.counted[batch.system_idx]], energy[batch.counted], batch.counts[batch.counted]


def _mean(squares: Tensor) -> Tensor:
    """Their mean; 0 if there are none."""
    return squares.mean() if squares.numel() else squares.sum()


def _finetuning(forward: Forward, outputs: Outputs, config: LossConfig) -> Tensor:
    """What is asked for beside energies and forces; labels that a frame lacks do not count."""
    batch, total = forward.batch, outputs.energy.new_zeros(())
    per_atom = batch.counts
    if config.stress > 0:
        volume = torch.linalg.det(batch.cell).abs()
        error = (stresses(forward, outputs) - batch.stress) * (volume / per_atom.sqrt())[:, None, None]
        total = total + config.stress * _mean_square(error, batch.stress)
    if config.dipole > 0:
        error = (dipoles(forward) - batch.dipole) / per_atom.sqrt()[:, None]
        total = total + config.dipole * _mean_square(error, batch.dipole)
    if config.born_effective_charges > 0:
        error = born_effective_charges(forward) - batch.born_effective_charges
        total = total + config.born_effective_charges * _mean_square(error, batch.born_effective_charges)
    if config.neutrality > 0 and batch.couplings is not None:
        charge = batch.per_frame(outputs.charges.sum(dim=1)) * forward.model.charge_scale
        total = total + config.neutrality * ((charge - batch.total_charge).square() / per_atom).mean()
    return total


def _mean_square(error: Tensor, label: Tensor) -> Tensor:
    """Mean square over the labels that are there; 0 if none is."""
    known = torch.isfinite(label)
    # Chosen before squaring: 0 times NaN would be NaN, in the gradient too.
    return error[known].square().sum() / known.sum().clamp(min=1)
