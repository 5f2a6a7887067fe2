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


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentError:
    """Errors of stress, dipole or Born effective charges, of the labels that are there.

    Attributes:
        weight: in the loss.
        plain: (labels,), in the unit of the quantity.
        scaled: (labels,), as the loss squares them.
    """

    weight: float
    plain: Tensor
    scaled: Tensor


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


def moment_errors(forward: Forward, outputs: Outputs, config: LossConfig) -> dict[str, MomentError]:
    """Errors of what is asked for beside energies and forces; labels that a frame lacks do not count."""
    batch, per_atom, found = forward.batch, forward.batch.counts, {}
    if config.stress > 0:
        volume = torch.linalg.det(batch.cell).abs()
        scale = (volume / per_atom.sqrt())[:, None, None]
        found["stress"] = _moment_error(config.stress, stresses(forward, outputs), batch.stress, scale)
    if config.dipole > 0:
        scale = per_atom.rsqrt()[:, None]
        found["dipole"] = _moment_error(config.dipole, dipoles(forward), batch.dipole, scale)
    if config.born_effective_charges > 0:
        label = batch.born_effective_charges
        error = _moment_error(config.born_effective_charges, born_effective_charges(forward), label, label.new_ones(()))
        found["born_effective_charges"] = error
    return found


def _moment_error(weight: float, predicted: Tensor, label: Tensor, scale: Tensor) -> MomentError:
    known = torch.isfinite(label)
    # Chosen before squaring: 0 times NaN would be NaN, in the gradient too.
    plain = (predicted - label)[known]
    return MomentError(weight=weight, plain=plain, scaled=plain * scale.expand_as(label)[known])


def _finetuning(forward: Forward, outputs: Outputs, config: LossConfig) -> Tensor:
    batch, total = forward.batch, outputs.energy.new_zeros(())
    for error in moment_errors(forward, outputs, config).values():
        total = total + error.weight * _mean(error.scaled.square())
    if config.neutrality > 0 and batch.couplings is not None:
        charge = batch.per_frame(outputs.charges.sum(dim=1)) * forward.model.charge_scale
        total = total + config.neutrality * ((charge - batch.total_charge).square() / batch.counts).mean()
    return total
