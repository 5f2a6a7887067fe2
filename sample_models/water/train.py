"""Train the bundled water model on energies and forces alone; no charge, dipole or Born charge is ever shown to it.

    python sample_models/water/train.py DATA_FOLDER --work WORK_FOLDER

DATA_FOLDER holds `train.extxyz.gz` and `val.extxyz.gz`: 64 H2O, PBE0+TS, from the examples of deepmodeling/deepmd-kit
(LGPL-3.0). Writes `weights.safetensors` and `weights_training.json` into WORK_FOLDER and resumes from `checkpoint.pt`
there. The method is L-BFGS on a subset of frames that grows, from the best linear model, in coordinates in which the
loss is about equally steep in all directions: stochastic steps of the size that the stiff directions bear learn little.
"""

import argparse
import json
import platform
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import ase.io
import numpy as np
import torch
from frames import CUTOFF, Frames, batch_forward, load, pulls, surroundings_of
from torch import Tensor, nn
from torch.nn.utils import parametrize

import les_viz
from les_viz.ewald import electrostatics
from les_viz.models.config import ElectrostaticsConfig, HeadConfig, ModelConfig, RepresentationConfig
from les_viz.models.model import LESModel
from les_viz.models.native import write_native

HERE = Path(__file__).parent
FORCE_WEIGHT, ENERGY_WEIGHT = 1.0, 10.0
UNIT_CHARGES = torch.tensor([1.0, -2.0], dtype=torch.float64)
"""Charges of hydrogen and oxygen whose common factor the linear start finds; the charge head goes on from there."""
ELECTROSTATICS = ElectrostaticsConfig(smearing=1.0, k_cutoff=float(torch.pi), self_interaction=False)
SMOOTHNESS, FRAMES_OF_ROUGHNESS = 10.0, 2
"""Å²: weight of the charges' slopes beside their deviation from the element's charge, at the start; frames for it."""
FRAMES_OF_LINEAR_FIT, RIDGE, RIDGE_OF_HIDDEN = 8, 1e-6, 1e-3
"""Training frames of the linear start, and ridges relative to the diagonal."""
START_OF_HIDDEN = 2.0
"""Spread of the inputs of the first hidden layer's units before training."""
SCALE = 1000.0
"""Errors are reported in meV."""


class FeatureMap(nn.Module):
    """Weights in coordinates in which the loss is equally steep in all directions (see `preconditioner`)."""

    def __init__(self, matrix: Tensor) -> None:
        """Keep the matrix and its inverse."""
        super().__init__()
        self.register_buffer("matrix", matrix)
        self.register_buffer("inverse", torch.linalg.inv(matrix.double()).to(matrix.dtype))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight as the layer uses it."""
        return weight @ self.matrix

    def right_inverse(self, weight: Tensor) -> Tensor:
        """The weight as the optimiser sees it."""
        return weight @ self.inverse


def initialise(model: LESModel, frames: Frames) -> None:
    """Start from the best linear model of random features, charges at their held values.

    Receivers are embedded as unit vectors: each element then has features of its own, and a linear head is a head for
    each element. Bessel frequencies are nπ/cutoff and stay.
    """
    part = model.representations[0]
    config = part.config
    part.bessel_frequencies.data = torch.arange(1, config.n_radial_basis + 1) * torch.pi / config.cutoff
    part.bessel_prefactor.data.fill_((2 / config.cutoff) ** 0.5)
    part.bessel_frequencies.requires_grad_(requires_grad=False)
    part.bessel_prefactor.requires_grad_(requires_grad=False)
    part.sender_embedding.data = torch.tensor([[1.0, 0.5], [0.5, -1.0]])
    part.receiver_embedding.data = torch.eye(2)
    nn.init.normal_(part.mixing, std=config.n_radial_basis**-0.5)
    heads = [head for head in (*model.energy_heads, model.charge_head) if head is not None]
    for head in heads:
        head.linear.weight.data.zero_()
        head.layers[-1].weight.data.zero_()
        for layer in head.layers:
            if layer.bias is not None:
                layer.bias.data.zero_()
    seen = surroundings_of(frames, torch.arange(8))
    with torch.no_grad():
        features = part(seen)
    curvature = fit_linear_model(model, frames, features, seen.element_idx)
    for index in range(len(model.config.elements)):
        mean = features[seen.element_idx == index].mean(dim=0).double()
        curvature += torch.outer(mean, mean)
    steepness = preconditioner(curvature, RIDGE)
    spread = preconditioner(features.T.double() @ features.double() / len(features), RIDGE_OF_HIDDEN).to(
        torch.get_default_dtype()
    )
    for head in heads:
        parametrize.register_parametrization(head.linear, "weight", FeatureMap(steepness))
        first = head.layers[0]
        first.weight.data = START_OF_HIDDEN * torch.randn_like(first.weight) * first.in_features**-0.5 @ spread
        parametrize.register_parametrization(first, "weight", FeatureMap(spread))


def ridge(gram: Tensor, moment: Tensor) -> Tensor:
    """Solve least squares with a ridge relative to the diagonal."""
    gram, moment = gram.double(), moment.double()
    weights = gram.diagonal().clamp(min=1e-30).rsqrt()
    scaled = weights[:, None] * gram * weights + RIDGE * torch.eye(len(gram), dtype=torch.float64)
    return weights * torch.linalg.solve(scaled, weights * moment)


def preconditioner(curvature: Tensor, ridge: float) -> Tensor:
    """(D C D + ridge)^{-1/2} D for the curvature C of the loss and D = diag(C)^{-1/2}."""
    weights = curvature.diagonal().clamp(min=1e-30).rsqrt()
    values, vectors = torch.linalg.eigh(weights[:, None] * curvature * weights)
    root = (vectors * (values.clamp(min=0) + ridge).rsqrt()) @ vectors.T
    return root * weights


def fit_linear_model(model: LESModel, frames: Frames, features: Tensor, element_idx: Tensor) -> Tensor:
    """Least squares on forces and energies of a few frames: the linear energy head and the size of the charges.

    With charges c·(1, -2) of hydrogen and oxygen the Coulomb energy is c² times that of unit charges: one more linear
    parameter, so forces alone say how large the charges are. The charge head starts there.

    Returns:
        (features, features) curvature of the loss in the weights of the linear energy head.
    """
    n_atoms, size = frames.positions.shape[1], features.shape[1]
    curvature, moment = torch.zeros(size + 2, size + 2), torch.zeros(size + 2)
    roughness = torch.zeros(size, size)
    shift = torch.cat((features.mean(dim=0), unit_coulomb(model, frames, 0)[0][None] / n_atoms, -torch.ones(1)))
    for number in range(FRAMES_OF_LINEAR_FIT):
        seen = surroundings_of(frames, torch.tensor([number]))
        columns = model.representations[0](seen)
        along_edges = [torch.autograd.grad(column, seen.vectors, retain_graph=True)[0] for column in columns.sum(dim=0)]
        if number < FRAMES_OF_ROUGHNESS:
            slopes = torch.stack([slope.flatten() for slope in along_edges], dim=1)
            roughness += slopes.T @ slopes / (FRAMES_OF_ROUGHNESS * n_atoms)
        coulomb_energy, coulomb_forces = unit_coulomb(model, frames, number)
        forces = [pulls(slope, seen).flatten() for slope in along_edges]
        design = torch.stack([*forces, coulomb_forces.flatten(), torch.zeros(3 * n_atoms)], dim=1)
        mean = torch.cat((columns.detach().mean(dim=0), coulomb_energy[None] / n_atoms, torch.zeros(1))) - shift
        curvature += design.T @ design / len(design) + ENERGY_WEIGHT * n_atoms * torch.outer(mean, mean)
        moment += design.T @ frames.forces[number].flatten() / len(design)
        moment += ENERGY_WEIGHT * mean * frames.energy[number]
    if model.charge_head is None:
        curvature[size], curvature[:, size], moment[size] = 0.0, 0.0, 0.0
    solution = ridge(curvature, moment)
    model.energy_heads[0].linear.weight.data = solution[None, :size]
    if model.charge_head is not None:
        target = UNIT_CHARGES[element_idx] * solution[size].clamp(min=0).sqrt() / model.charge_head.config.scale
        gram = features.T @ features / len(features) + SMOOTHNESS * roughness
        model.charge_head.linear.weight.data = ridge(gram, features.T @ target / len(features))[None]
    energy, _, _ = batch_forward(model, frames, torch.arange(8), training=False)
    gap = (frames.energy[:8] - energy.detach()).mean() / n_atoms
    model.energy_heads[0].layers[-1].bias.data.fill_(float(gap))
    return curvature[:size, :size] / FRAMES_OF_LINEAR_FIT


def unit_coulomb(model: LESModel, frames: Frames, number: int) -> tuple[Tensor, Tensor]:
    """Coulomb energy and forces of one frame with the unit charges."""
    settings = model.config.electrostatics or ELECTROSTATICS
    result = electrostatics(
        UNIT_CHARGES[frames.element_idx[number]],
        frames.positions[number],
        frames.cell[number],
        smearing=settings.smearing,
        k_cutoff=settings.k_cutoff,
        self_interaction=settings.self_interaction,
    )
    return result.energy, result.forces


def evaluate(model: LESModel, frames: Frames, batch: int, held_charges: Tensor | None = None) -> dict[str, float]:
    """Errors on held-out frames, and the mean charge of each element."""
    energy_error, force_error, charges = [], [], []
    for start in range(0, len(frames), batch):
        chosen = torch.arange(start, min(start + batch, len(frames)))
        energy, forces, q = batch_forward(model, frames, chosen, training=False)
        energy_error.append((energy.detach() - frames.energy[chosen]) / frames.positions.shape[1])
        force_error.append((forces.detach() - frames.forces[chosen]).flatten())
        charges.append(q.detach()[:, 0])
    everyone = torch.cat(charges)
    element = frames.element_idx.flatten()
    result = {
        "energy_rmse_meV_per_atom": SCALE * float(torch.cat(energy_error).square().mean().sqrt()),
        "force_rmse_meV_per_A": SCALE * float(torch.cat(force_error).square().mean().sqrt()),
    }
    for index, number in enumerate(model.config.elements):
        result[f"charge_of_Z{number}"] = float(everyone[element == index].mean())
    return result


def plain_weights(model: LESModel) -> dict[str, np.ndarray]:
    """The weights without the parametrisation."""
    found = {}
    for name, module in model.named_modules():
        for key, value in module.named_parameters(recurse=False):
            if "parametrizations" not in name:
                found[f"{name}.{key}"] = value.detach().float().numpy()
        if isinstance(module, nn.Linear) and parametrize.is_parametrized(module):
            found[f"{name}.weight"] = module.weight.detach().float().numpy()
    return found


def configuration(arguments: argparse.Namespace, atomic_energies: dict[int, float]) -> ModelConfig:
    """The architecture."""
    charge = HeadConfig(hidden=(24,), bias=False, linear=True, scale=0.1)
    return ModelConfig(
        elements=(1, 8),
        representations=(
            RepresentationConfig(
                cutoff=CUTOFF,
                n_embedding=2,
                n_radial_basis=6,
                n_radial=arguments.n_radial,
                l_max=3,
                nu_max=arguments.nu,
            ),
        ),
        energy_heads=(HeadConfig(hidden=(48, 24), linear=True),),
        charge_head=None if arguments.short_range_only else charge,
        electrostatics=None if arguments.short_range_only else ELECTROSTATICS,
        atomic_energies=atomic_energies,
    )


def main() -> None:
    """Train, or go on training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, default=HERE)
    parser.add_argument("--stages", nargs="+", default=["32:16", "96:30"], help="FRAMES:ROUNDS, one after another")
    parser.add_argument("--nu", type=int, default=3)
    parser.add_argument("--n-radial", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--neutrality", type=float, default=0.0, help="weight of the squared mean charge, eV²/Å²/e²")
    parser.add_argument("--short-range-only", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(arguments.threads)
    raw = ase.io.read(arguments.data / "train.extxyz.gz", ":", format="extxyz")
    composition = np.array([[np.sum(f.numbers == z) for z in (1, 8)] for f in raw])
    fitted = np.linalg.lstsq(composition, np.array([f.get_potential_energy() for f in raw]), rcond=None)[0]
    config = configuration(arguments, {1: float(fitted[0]), 8: float(fitted[1])})
    train = load(arguments.data / "train.extxyz.gz", config.elements, config.atomic_energies)
    held_out = load(arguments.data / "val.extxyz.gz", config.elements, config.atomic_energies)
    model = LESModel(config)
    initialise(model, train)
    run(arguments, model, train, held_out)


def run(arguments: argparse.Namespace, model: LESModel, train: Frames, held_out: Frames) -> None:
    """The loop: some rounds of L-BFGS on the first frames, then on more of them."""
    plan = [int(part.split(":")[0]) for part in arguments.stages for _ in range(int(part.split(":")[1]))]
    checkpoint, log, spent = arguments.work / "checkpoint.pt", [], 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        log, spent = state["log"], state["seconds"]
    else:
        print(json.dumps({"round": 0, **evaluate(model, held_out, batch=4)}), flush=True)
    optimizer, n_frames = None, 0
    for number in range(len(log), len(plan)):
        started = time.time()
        if optimizer is None or plan[number] != n_frames:
            n_frames = plan[number]
            optimizer = torch.optim.LBFGS(
                [p for p in model.parameters() if p.requires_grad],
                max_iter=10,
                history_size=40,
                line_search_fn="strong_wolfe",
                tolerance_grad=0,
                tolerance_change=0,
            )
        value = float(optimizer.step(partial(subset_loss, model, train, n_frames, arguments.neutrality, optimizer)))
        if not np.isfinite(value):
            raise SystemExit(f"the loss is not finite in round {number}")
        spent += time.time() - started
        errors = evaluate(model, held_out, batch=4)
        log.append({"round": number + 1, "frames": n_frames, "seconds": round(spent), "loss": value, **errors})
        print(json.dumps(log[-1]), flush=True)
        torch.save({"model": model.state_dict(), "log": log, "seconds": spent}, checkpoint)
    save(arguments, model, log)


def subset_loss(
    model: LESModel, frames: Frames, n_frames: int, neutrality: float, optimizer: torch.optim.Optimizer
) -> float:
    """Loss on the first frames, its gradient left in the parameters."""
    optimizer.zero_grad()
    trainable = [p for p in model.parameters() if p.requires_grad]
    total = 0.0
    for chosen in torch.arange(n_frames).split(8):
        energy, forces, charges = batch_forward(model, frames, chosen, training=True)
        per_atom = (energy - frames.energy[chosen]) / frames.positions.shape[1]
        loss = FORCE_WEIGHT * (forces - frames.forces[chosen]).square().mean()
        loss = loss + ENERGY_WEIGHT * per_atom.square().mean() * frames.positions.shape[1]
        loss = loss + neutrality * charges.mean().square()
        loss = loss * (len(chosen) / n_frames)
        loss.backward(inputs=trainable)
        total += float(loss.detach())
    return total


def save(arguments: argparse.Namespace, model: LESModel, log: list[dict[str, float]]) -> None:
    """Write the weights, oxygen negative (energy is even in the charges), and the record of the training."""
    config = model.config
    if config.charge_head is not None and log[-1]["charge_of_Z8"] > 0:
        config = replace(config, charge_head=replace(config.charge_head, scale=-config.charge_head.scale))
    command = f"train.py --stages {' '.join(arguments.stages)} --neutrality {arguments.neutrality} "
    command += f"--nu {arguments.nu} --n-radial {arguments.n_radial} --seed {arguments.seed}"
    provenance = {
        "source": "trained by les_viz on energies and forces",
        "data": "water_pbe0 of the deepmodeling/deepmd-kit examples (LGPL-3.0), 320 frames of 64 H2O",
        "level_of_theory": "PBE0+TS",
        "command": command + (" --short-range-only" if arguments.short_range_only else ""),
        "versions": f"les_viz {les_viz.__version__}, torch {torch.__version__}, python {platform.python_version()}",
        "licence": "BSD-3-Clause",
    }
    stem = "short_range" if arguments.short_range_only else "weights"
    content = write_native(replace(config, provenance=provenance), plain_weights(model))
    (arguments.work / f"{stem}.safetensors").write_bytes(content)
    (arguments.work / f"{stem}_training.json").write_text(json.dumps(log, indent=1) + "\n")


if __name__ == "__main__":
    main()
