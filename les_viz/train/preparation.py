"""From a configuration to frames and a model: reading, splitting, atomic energies."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from les_viz.errors import SettingError
from les_viz.models.config import ModelConfig
from les_viz.models.model import LESModel
from les_viz.train.baseline import fit_atomic_energies
from les_viz.train.charge_start import calm_charges, start_charges
from les_viz.train.checks import check_data, elements_of
from les_viz.train.config import TrainConfig
from les_viz.train.frames import FrameFormat, FrameSet
from les_viz.train.known_labels import KnownLabels
from les_viz.train.labelled import (
    Labelled,
    Wanted,
    chosen_frames,
    labelled_frames,
    read_frames,
    refuse_missing,
    split_frames,
    without_net_force,
)
from les_viz.train.output import Files
from les_viz.train.start import (
    atomic_energies_from,
    atomic_numbers,
    by_number,
    model_config,
    random_model,
    take_weights,
    together,
    widened,
)
from les_viz.train.teacher import labelled_by

FRAMES_OF_START = 8
"""Training frames from which the charges of the start are set."""


Say = Callable[[str], None]


def _nothing(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything that the loop needs.

    Attributes:
        model: at its start.
        config: its architecture.
        train: training frames.
        held_out: frames never trained on.
        data_hash: SHA-256 of the files that were read.
    """

    model: LESModel
    config: ModelConfig
    train: FrameSet
    held_out: FrameSet
    data_hash: str


def prepare(config: TrainConfig, folder: Path, say: Say = _nothing) -> Prepared:
    """Read the data and build the model.

    Args:
        config: of the training.
        folder: to which paths in it are relative.
        say: hears what is being done.

    Raises:
        LesVizError: data or settings cannot be used.
    """
    train, held_out, data_hash = load_frames(config, folder, say)
    interactions = load_interactions(config, folder)
    elements = atomic_numbers(config.model.elements) or elements_of((*train, *interactions))
    check_data(config, train, held_out, elements)
    start = folder / config.model.start_from if config.model.start_from else None
    energies = fit_atomic_energies(train, elements) if start is None else atomic_energies_from(start, train, elements)
    architecture = model_config(config.model, elements, energies)
    settings = config.training
    if settings.device != "cpu" and not torch.cuda.is_available():
        raise SettingError(f"training.device is {settings.device!r}, but there is no CUDA device: use cpu")
    dtype = torch.float64 if settings.dtype == "float64" else torch.float32
    model = random_model(architecture, seed=settings.seed, dtype=dtype, device=settings.device)
    form = FrameFormat(
        elements=elements,
        atomic_energies=architecture.atomic_energies,
        cutoff=config.model.cutoff,
        coulomb=model.coulomb,
        dtype=dtype,
        device=settings.device,
        molecules=config.loss.molecular_forces > 0,
    )
    say(f"neighbours and Coulomb sums of {len(train)} training and {len(held_out)} held-out frames")
    training_set = FrameSet([*train, *interactions], form)
    nearest, trained = training_set.nearest_distances(), training_set.atoms_by_element()
    if start is not None:
        seen = take_weights(model, start, sign_is_open=bool(config.model.charges.positive_element))
        nearest = widened(nearest, seen.nearest_distances, elements_of(train))
        trained = together(trained, seen.trained_atoms)
    elif model.coulomb is not None:
        some = training_set.batch(list(range(min(FRAMES_OF_START, len(training_set)))))
        if config.model.charges.start:
            start_charges(model, some, by_number(config.model.charges.start))
        else:
            calm_charges(model, some)
    return Prepared(
        model=model,
        config=replace(architecture, nearest_distances=nearest, trained_atoms=trained),
        train=training_set,
        held_out=FrameSet(held_out, form),
        data_hash=data_hash,
    )


def load_frames(config: TrainConfig, folder: Path, say: Say = _nothing) -> tuple[list[Labelled], list[Labelled], str]:
    """Training and held-out frames, and the hash of their files."""
    data = config.data
    train_files = [folder / name for name in data.train]
    held_out_files = [folder / name for name in data.validation]
    frames = _read(train_files, config, folder, say)
    refuse_missing(frames, data, _wanted(config))
    if held_out_files:
        train, held_out = frames, _read(held_out_files, config, folder, say)
    else:
        train, held_out = split_frames(frames, data.validation_fraction, data.split_seed)
    train = chosen_frames(train, data.max_frames, data.split_seed)
    if data.remove_net_force:
        train, held_out = list(without_net_force(train)), list(without_net_force(held_out))
    digest = hashlib.sha256()
    for path in (*train_files, *held_out_files, *(folder / name for name in data.interactions)):
        digest.update(path.read_bytes())
    return train, held_out, digest.hexdigest()


def load_interactions(config: TrainConfig, folder: Path) -> list[Labelled]:
    """Frames of which only the forces between molecules count.

    Raises:
        SettingError: no weight is given to these forces.
    """
    files = [folder / name for name in config.data.interactions]
    if files and config.loss.interaction_forces <= 0:
        raise SettingError(
            "data.interactions names files, but loss.interaction_forces is 0: give it a weight, or name no files"
        )
    found = [frame for path in files for frame in labelled_frames(path, config.data, Wanted(apart=True))]
    return [replace(frame, interactions_only=True) for frame in found if frame.apart is not None]


def _wanted(config: TrainConfig) -> Wanted:
    return Wanted(
        stress=config.loss.stress > 0,
        dipole=config.loss.dipole > 0,
        born_effective_charges=config.loss.born_effective_charges > 0,
        apart=config.loss.interaction_forces > 0 and not config.data.interactions,
    )


def _read(files: Sequence[Path], config: TrainConfig, folder: Path, say: Say) -> list[Labelled]:
    wanted, found = _wanted(config), []
    if config.data.labels != "ase":
        return [frame for path in files for frame in labelled_frames(path, config.data, wanted)]
    known = KnownLabels(Files(folder / config.output.folder, config.output.name).labels, config.teacher)
    for path in files:
        frames = read_frames(path)
        for number, frame in enumerate(labelled_by(config.teacher, frames, wanted, str(path), known), start=1):
            say(f"labels of {path.name}: {number} of {len(frames)}")
            found.append(frame)
    return found
