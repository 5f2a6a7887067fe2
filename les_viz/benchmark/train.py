"""Training steps on bulk water against the plain algorithm: forward, forces, loss, its gradient in the weights.

Both sides train the same model on the same cell of 192 atoms. The plain side is the scheme of the reference codes
(`plain`, `plain_features`): a tensor with edge and channel axes, a table of cosines and sines, two passes of autograd.
Neighbours and k vectors are at hand on both sides, as they are in any training that keeps them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from les_viz.benchmark.model import water_box
from les_viz.benchmark.plain import PlainModel, coulomb_energies, find_edges, kvectors, self_energies
from les_viz.benchmark.plain_features import features, head
from les_viz.benchmark.report import milliseconds, times
from les_viz.benchmark.timing import time_together
from les_viz.models.config import HeadConfig, ModelConfig
from les_viz.models.model import LESModel
from les_viz.train.config import LossConfig, ModelSettings
from les_viz.train.forward import Forward
from les_viz.train.frames import FrameFormat, FrameSet
from les_viz.train.labelled import Labelled
from les_viz.train.losses import batch_loss
from les_viz.train.start import model_config, random_model

if TYPE_CHECKING:
    import ase

LOSS = LossConfig(forces=1000.0, energy=1.0)
Step = Callable[[], Tensor]


def measure(*, quick: bool) -> dict[str, object]:
    """Seconds of one training step of each side.

    Args:
        quick: ν = 2 only; else ν = 3 too.

    Returns:
        `rows`: one for each model.
    """
    rows = []
    for nu_max in (2,) if quick else (2, 3):
        for short_range_only in (False, True):
            ours, plain = steps(nu_max, short_range_only=short_range_only)
            seconds = time_together({"les_viz": ours, "plain": plain}, budget_s=4.0 if quick else 20.0)
            rows.append(
                {
                    "nu_max": nu_max,
                    "charges": not short_range_only,
                    "seconds": seconds,
                    "frames_per_s": {name: 1 / value for name, value in seconds.items()},
                    "plain_over_les_viz": seconds["plain"] / seconds["les_viz"],
                }
            )
    return {"rows": rows}


def table(result: dict[str, Any]) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| 192 atoms, float32 | step | frames/s | plain step | frames/s | × |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in result["rows"]:
        rate, seconds = row["frames_per_s"], row["seconds"]
        name = f"ν = {row['nu_max']}, {'latent charges' if row['charges'] else 'short range only'}"
        lines.append(
            f"| {name} | {milliseconds(seconds['les_viz'])} | {rate['les_viz']:.3g} | {milliseconds(seconds['plain'])} "
            f"| {rate['plain']:.3g} | {times(row['plain_over_les_viz'])} |"
        )
    return "\n".join(lines)


def steps(nu_max: int, *, short_range_only: bool) -> tuple[Step, Step]:
    """One training step of ours and of the plain algorithm, on the same weights; each gives its loss."""
    atoms = water_box()
    settings = ModelSettings(nu_max=nu_max, short_range_only=short_range_only)
    config = model_config(settings, (1, 8), {1: 0.0, 8: 0.0})
    model = random_model(config, seed=0, dtype=torch.float32, device="cpu")
    form = FrameFormat(
        elements=(1, 8), atomic_energies={1: 0.0, 8: 0.0}, cutoff=4.5, coulomb=model.coulomb, dtype=torch.float32
    )
    frames = FrameSet([Labelled(atoms=atoms, energy=0.0, forces=np.zeros((len(atoms), 3)))], form)
    weights: list[Tensor] = [weight for weight in model.parameters() if weight.requires_grad]

    def ours() -> Tensor:
        loss = batch_loss(Forward(model, frames.batch([0])), LOSS, 0.0).value
        loss.backward(inputs=weights)
        return loss.detach()

    return ours, _plain_step(model, config, atoms, weights)


def _plain_step(model: LESModel, config: ModelConfig, atoms: "ase.Atoms", weights: list[Tensor]) -> Step:
    plain = PlainModel.of(config, dict(model.named_parameters()))
    representation = config.representations[0]
    cell = torch.tensor(atoms.cell.array, dtype=torch.float32)
    positions = torch.tensor(atoms.positions, dtype=torch.float32)
    edges = find_edges(positions, cell, periodic=True, cutoff=representation.cutoff)
    species = torch.tensor([config.elements.index(int(z)) for z in atoms.numbers])
    electric = config.electrostatics
    vectors = kvectors(cell, electric.k_cutoff) if electric is not None else None

    def step() -> Tensor:
        moving = positions.clone().requires_grad_()
        found = features(representation, plain.representations[0], species, moving, edges)
        energy = head(config.energy_heads[0], found, plain.energy_heads[0]).sum()
        if isinstance(config.charge_head, HeadConfig) and electric is not None and vectors is not None:
            charges = head(config.charge_head, found, plain.charge_head)
            energy = energy + coulomb_energies(charges, moving, cell, electric.smearing, vectors).sum()
            energy = energy - self_energies(charges, electric.smearing).sum()
        (gradient,) = torch.autograd.grad(energy, moving, create_graph=True)
        loss = LOSS.forces * gradient.square().mean() + LOSS.energy * energy.square() / len(moving)
        loss.backward(inputs=weights)
        detached: Tensor = loss.detach()
        return detached

    return step
