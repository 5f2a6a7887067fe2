"""Train the bundled water model on energies and forces alone; no charge, dipole or Born charge is ever shown to it.

    python sample_models/water/train.py DATA_FOLDER --epochs 60

DATA_FOLDER holds `train.extxyz.gz` and `val.extxyz.gz`: 64 H2O, PBE0+TS, from the examples of deepmodeling/deepmd-kit
(LGPL-3.0). Writes `weights.safetensors` and `training.json` beside this script, and resumes from `checkpoint.pt` in
the folder given by --work.
"""

import argparse
import json
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path

import ase.io
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

import les_viz
from les_viz.ewald import ChargedBatch, batch_energy
from les_viz.models.config import ElectrostaticsConfig, HeadConfig, ModelConfig, RepresentationConfig
from les_viz.models.model import LESModel
from les_viz.models.native import write_native
from les_viz.models.representation import Surroundings
from les_viz.neighbors import NeighborTable, neighbor_table
from les_viz.response.evaluation import sum_over_edges
from les_viz.system import System

HERE = Path(__file__).parent
CUTOFF = 4.5
FORCE_WEIGHT, ENERGY_WEIGHT = 1.0, 10.0
SMALL_START = 0.1
"""Factor on the last layers before training: an untrained network should not shout over the data."""
HELD_CHARGES = torch.tensor([0.1, -0.2])
"""Charges in e of hydrogen and oxygen while the short-range part learns the worst; the data decide from then on.
From zero charge, or in the noise of the first epochs, charges find no slope: energy goes as their square.
"""
SCALE = 1000.0
"""Errors are reported in meV."""


@dataclass(frozen=True)
class Frames:
    """Frames of equal composition, everything that training needs of each, stacked along the first axis."""

    positions: Tensor
    cell: Tensor
    vectors: Tensor
    indices: Tensor
    is_neighbor: Tensor
    element_idx: Tensor
    energy: Tensor
    forces: Tensor

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.energy)


def load(path: Path, elements: tuple[int, ...], atomic_energies: dict[int, float] | None) -> Frames:
    """Read frames; energies relative to the atomic energies, forces without their net force."""
    frames = ase.io.read(path, ":", format="extxyz")
    systems = [System.from_atoms(frame, dtype=torch.float64) for frame in frames]
    tables = [neighbor_table(system, CUTOFF) for system in systems]
    width = max(table.is_neighbor.shape[1] for table in tables)
    vectors, indices, masks = [], [], []
    for system, table in zip(systems, tables, strict=True):
        edge = table.edge_vectors(system.positions, system.cell, system.system_idx)
        gap = width - edge.shape[1]
        filler = torch.tensor([2 * CUTOFF, 0.0, 0.0], dtype=edge.dtype).expand(len(edge), gap, 3)
        own = torch.arange(len(edge))[:, None].expand(-1, gap)
        vectors.append(torch.cat((edge, filler), dim=1))
        indices.append(torch.cat((table.neighbor_indices, own), dim=1))
        masks.append(nn.functional.pad(table.is_neighbor, (0, gap)))
    forces = np.stack([f.get_forces() - f.get_forces().mean(axis=0) for f in frames])
    reference = [sum((atomic_energies or {}).get(int(z), 0.0) for z in f.numbers) for f in frames]
    energy = np.array([f.get_potential_energy() for f in frames]) - np.array(reference)
    lookup = {z: i for i, z in enumerate(elements)}
    return Frames(
        positions=torch.stack([s.positions for s in systems]).float(),
        cell=torch.cat([s.cell for s in systems]).float(),
        vectors=torch.stack(vectors).float(),
        indices=torch.stack(indices),
        is_neighbor=torch.stack(masks),
        element_idx=torch.tensor([[lookup[int(z)] for z in f.numbers] for f in frames]),
        energy=torch.tensor(energy).float(),
        forces=torch.tensor(forces).float(),
    )


def batch_forward(
    model: LESModel, frames: Frames, chosen: Tensor, *, training: bool, held_charges: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Energies (frames,), forces (frames, atoms, 3) and charges (frames · atoms, channels) of the chosen frames.

    `held_charges`, one an element, replace those of the charge head.
    """
    n_frames, n_atoms = len(chosen), frames.positions.shape[1]
    offset = (torch.arange(n_frames) * n_atoms)[:, None, None]
    vectors = frames.vectors[chosen].flatten(0, 1).requires_grad_()
    positions = frames.positions[chosen].flatten(0, 1).requires_grad_()
    indices = (frames.indices[chosen] + offset).flatten(0, 1)
    is_neighbor = frames.is_neighbor[chosen].flatten(0, 1)
    latent = model(
        Surroundings(
            vectors=vectors,
            neighbor_indices=indices,
            is_neighbor=is_neighbor,
            element_idx=frames.element_idx[chosen].flatten(),
        )
    )
    charges = latent.charges
    if held_charges is not None:
        charges = held_charges[frames.element_idx[chosen].flatten()][:, None]
    energy = latent.energies.view(n_frames, n_atoms).sum(dim=1)
    if model.coulomb is not None:
        charged = ChargedBatch(
            charges=charges,
            positions=positions,
            cell=frames.cell[chosen],
            is_periodic=torch.ones(n_frames, dtype=torch.bool),
            system_idx=torch.arange(n_frames).repeat_interleave(n_atoms),
        )
        energy = energy + batch_energy(model.coulomb, charged)
    along_edges, at_atoms = torch.autograd.grad(
        energy.sum(), (vectors, positions), create_graph=training, materialize_grads=True, allow_unused=True
    )
    table = NeighborTable(neighbor_indices=indices, neighbor_shifts=None, is_neighbor=is_neighbor, cutoff=CUTOFF)
    forces = -(at_atoms + sum_over_edges(along_edges, table)).view(n_frames, n_atoms, 3)
    return energy, forces, charges


class ColumnScale(nn.Module):
    """Weights in units of each feature's spread, so that one learning rate suits all features."""

    def __init__(self, inverse_spread: Tensor) -> None:
        """Keep one over the spread of each feature."""
        super().__init__()
        self.register_buffer("inverse_spread", inverse_spread)

    def forward(self, weight: Tensor) -> Tensor:
        """The weight as the layer uses it."""
        return weight * self.inverse_spread

    def right_inverse(self, weight: Tensor) -> Tensor:
        """The weight as the optimiser sees it."""
        return weight / self.inverse_spread


def initialise(model: LESModel, frames: Frames) -> None:
    """Random start: Bessel frequencies nπ/cutoff, unit embeddings, heads scaled by the spread of the features."""
    for part in model.representations:
        config = part.config
        part.bessel_frequencies.data = torch.arange(1, config.n_radial_basis + 1) * torch.pi / config.cutoff
        part.bessel_prefactor.data.fill_((2 / config.cutoff) ** 0.5)
        part.bessel_frequencies.requires_grad_(requires_grad=False)
        part.bessel_prefactor.requires_grad_(requires_grad=False)
        nn.init.normal_(part.sender_embedding)
        nn.init.normal_(part.receiver_embedding)
        nn.init.normal_(part.mixing, std=config.n_radial_basis**-0.5)
    chosen = torch.arange(min(4, len(frames)))
    seen = Surroundings(
        vectors=frames.vectors[chosen].flatten(0, 1),
        neighbor_indices=frames.indices[chosen].flatten(0, 1),
        is_neighbor=frames.is_neighbor[chosen].flatten(0, 1),
        element_idx=frames.element_idx[chosen].flatten(),
    )
    with torch.no_grad():
        features = model.representations[0](seen)
    spread = features.std(dim=0)
    inverse = 1 / (spread + 1e-3 * spread.mean())
    for head in (*model.energy_heads, model.charge_head):
        if head is None:
            continue
        for layer in (head.layers[0], head.linear):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
            layer.weight.data *= inverse
            parametrize.register_parametrization(layer, "weight", ColumnScale(inverse))
        head.layers[-1].weight.data *= SMALL_START
        head.linear.weight = head.linear.weight * SMALL_START**2


def release_charges(model: LESModel, frames: Frames) -> None:
    """Fit the linear map of the charge head to the charges held so far, from where it learns."""
    chosen = torch.arange(min(8, len(frames)))
    element_idx = frames.element_idx[chosen].flatten()
    offset = (torch.arange(len(chosen)) * frames.positions.shape[1])[:, None, None]
    seen = Surroundings(
        vectors=frames.vectors[chosen].flatten(0, 1),
        neighbor_indices=(frames.indices[chosen] + offset).flatten(0, 1),
        is_neighbor=frames.is_neighbor[chosen].flatten(0, 1),
        element_idx=element_idx,
    )
    head = model.charge_head
    with torch.no_grad():
        inverse = head.linear.parametrizations.weight[0].inverse_spread
        features = model.representations[0](seen) * inverse
        head.layers[-1].weight *= SMALL_START
        target = HELD_CHARGES[element_idx] / head.config.scale
        gram = features.T @ features + 1e-3 * len(features) * torch.eye(features.shape[1])
        head.linear.weight = torch.linalg.solve(gram, features.T @ target)[None] * inverse


def evaluate(model: LESModel, frames: Frames, batch: int, held_charges: Tensor | None = None) -> dict[str, float]:
    """Errors on held-out frames, and the mean charge of each element."""
    energy_error, force_error, charges = [], [], []
    for start in range(0, len(frames), batch):
        chosen = torch.arange(start, min(start + batch, len(frames)))
        energy, forces, q = batch_forward(model, frames, chosen, training=False, held_charges=held_charges)
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
                found[f"{name}.{key}"] = value.detach().numpy()
        if isinstance(module, nn.Linear) and parametrize.is_parametrized(module):
            found[f"{name}.weight"] = module.weight.detach().numpy()
    return found


def configuration(arguments: argparse.Namespace, atomic_energies: dict[int, float]) -> ModelConfig:
    """The architecture."""
    charge = HeadConfig(hidden=(24,), bias=False, linear=True, scale=0.3)
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
        energy_heads=(HeadConfig(hidden=(32, 16), linear=True),),
        charge_head=None if arguments.short_range_only else charge,
        electrostatics=None
        if arguments.short_range_only
        else ElectrostaticsConfig(smearing=1.0, k_cutoff=float(torch.pi), self_interaction=False),
        atomic_energies=atomic_energies,
    )


def main() -> None:
    """Train, or go on training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, default=HERE)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-2)
    parser.add_argument("--nu", type=int, default=3)
    parser.add_argument("--n-radial", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--hold-charges", type=int, default=12, help="epochs before the charge head may move")
    parser.add_argument("--short-range-only", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
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
    """The loop: AdamW, one cycle of the learning rate, an average of the weights over the last steps."""
    steps = arguments.epochs * (len(train) // arguments.batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=arguments.rate, weight_decay=1e-6)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, arguments.rate, total_steps=steps, pct_start=0.03)
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99))
    checkpoint, first, spent, log = arguments.work / "checkpoint.pt", 0, 0.0, []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["rng"])
        first, spent, log = state["epoch"], state["seconds"], state["log"]
    for epoch in range(first, arguments.epochs):
        started = time.time()
        holding = model.charge_head is not None and epoch < arguments.hold_charges
        held = HELD_CHARGES if holding else None
        if model.charge_head is not None:
            model.charge_head.requires_grad_(not holding)
            if epoch == arguments.hold_charges:
                release_charges(model, train)
                average.module.charge_head.load_state_dict(model.charge_head.state_dict())
        trainable = [p for p in model.parameters() if p.requires_grad]
        for chosen in torch.randperm(len(train))[: steps // arguments.epochs * arguments.batch].split(arguments.batch):
            energy, forces, _ = batch_forward(model, train, chosen, training=True, held_charges=held)
            per_atom = (energy - train.energy[chosen]) / train.positions.shape[1]
            loss = FORCE_WEIGHT * (forces - train.forces[chosen]).square().mean()
            loss = loss + ENERGY_WEIGHT * per_atom.square().mean() * train.positions.shape[1]
            if not bool(loss.isfinite()):
                raise SystemExit(f"the loss is not finite in epoch {epoch}: lower --rate")
            optimizer.zero_grad()
            loss.backward(inputs=trainable)
            nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            optimizer.step()
            schedule.step()
            average.update_parameters(model)
        spent += time.time() - started
        errors = evaluate(average.module, held_out, arguments.batch, held)
        log.append({"epoch": epoch + 1, "seconds": round(spent), **errors})
        print(json.dumps(log[-1]), flush=True)
        state = {"model": model.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict()}
        state |= {"schedule": schedule.state_dict(), "rng": torch.get_rng_state(), "epoch": epoch + 1}
        torch.save({**state, "seconds": spent, "log": log}, checkpoint)
    save(arguments, average.module, log)


def save(arguments: argparse.Namespace, model: LESModel, log: list[dict[str, float]]) -> None:
    """Write the weights, oxygen negative (energy is even in the charges), and the record of the training."""
    config = model.config
    if config.charge_head is not None and log[-1]["charge_of_Z8"] > 0:
        config = replace(config, charge_head=replace(config.charge_head, scale=-config.charge_head.scale))
    command = f"train.py --epochs {arguments.epochs} --batch {arguments.batch} --rate {arguments.rate} "
    command += f"--nu {arguments.nu} --n-radial {arguments.n_radial} --seed {arguments.seed} "
    command += f"--hold-charges {arguments.hold_charges}"
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
