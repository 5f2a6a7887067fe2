"""What data and settings must agree on before a training begins."""

from collections.abc import Collection, Sequence

import numpy as np

from les_viz.errors import SettingError, StructureError
from les_viz.system import element_symbols
from les_viz.train.baseline import counts_of
from les_viz.train.config import TrainConfig
from les_viz.train.labelled import Labelled
from les_viz.train.start import atomic_numbers

LARGEST_FORCE = 1e4
"""eV/Å: nothing that holds together knows such forces; the unit is wrong, or the calculation was."""

LARGEST_DEVIATION = 100.0
"""eV/atom by which an energy may differ from what the other frames say of its elements."""


def elements_of(frames: Sequence[Labelled]) -> tuple[int, ...]:
    """Atomic numbers of all elements in the frames, sorted."""
    return tuple(sorted({int(z) for frame in frames for z in frame.atoms.numbers}))


def check_data(
    config: TrainConfig, train: Sequence[Labelled], held_out: Sequence[Labelled], elements: Collection[int]
) -> None:
    """Refuse settings that the frames cannot serve, and frames that would spoil a training.

    Args:
        config: of the training.
        train: training frames.
        held_out: frames never trained on.
        elements: of the model.

    Raises:
        SettingError, StructureError: says which, and what to do.
    """
    _check_moments(config, (*train, *held_out))
    _check_elements(config, train, held_out, elements)
    _refuse_absurd(train)
    _refuse_known(train, held_out)


def _check_moments(config: TrainConfig, frames: Sequence[Labelled]) -> None:
    charges, loss = config.model.charges, config.loss
    if loss.stress > 0 and not any(frame.atoms.pbc.all() for frame in frames):
        raise SettingError(
            "loss.stress is above 0, but all frames are open and have no stress: set it to 0, or give periodic frames"
        )
    if loss.dipole <= 0 and loss.born_effective_charges <= 0:
        return
    if config.model.short_range_only:
        raise SettingError(
            "loss.dipole and loss.born_effective_charges need charges: set model.short_range_only = false"
        )
    if charges.positive_element:
        raise SettingError(
            "dipoles and Born charges say which sign is right: leave model.charges.positive_element out (and say "
            "model.electrostatics.charge_sign where the training starts from a model whose sign is -1)"
        )
    placed = charges.head == "atomic" or bool(charges.formal_charges)
    if loss.dipole > 0 and placed and any(frame.atoms.pbc.all() for frame in frames):
        raise SettingError(
            "loss.dipole is above 0 and some frames are periodic: the dipole of charges that sit on atoms depends on "
            'the cell; use head = "bond" without formal charges, or Born charges'
        )


def _check_elements(
    config: TrainConfig, train: Sequence[Labelled], held_out: Sequence[Labelled], elements: Collection[int]
) -> None:
    charges = config.model.charges
    named = {"start": charges.start, "formal_charges": charges.formal_charges}
    symbols = {f"model.charges.{key}": tuple(value) for key, value in named.items()}
    symbols["model.charges.positive_element"] = (charges.positive_element,) if charges.positive_element else ()
    for key, some in symbols.items():
        unknown = set(atomic_numbers(some)) - set(elements)
        if unknown:
            raise SettingError(
                f"{key} names {element_symbols(unknown)}, but the model has {element_symbols(elements)}: name one of "
                "these"
            )
    unseen = set(elements_of(held_out)) - set(elements_of(train))
    if unseen:
        raise SettingError(
            f"held-out frames hold {element_symbols(unseen)}, which no training frame has: take them out, or add "
            "training frames"
        )


def _refuse_absurd(frames: Sequence[Labelled]) -> None:
    """Refuse a force, or an energy, so far from all others that it would rule the training."""
    for frame in frames:
        if np.abs(frame.forces).max() > LARGEST_FORCE:
            raise StructureError(
                f"{frame.where}: has a force of {np.abs(frame.forces).max():.3g} eV/Å: check its unit, or take the "
                "frame out"
            )
    counts, energies = counts_of(frames, elements_of(frames)), np.array([frame.energy for frame in frames])
    deviation = np.abs(energies - counts @ np.linalg.lstsq(counts, energies, rcond=None)[0]) / counts.sum(axis=1)
    others = np.arange(len(frames)) != deviation.argmax()
    if np.linalg.matrix_rank(counts[others]) < np.linalg.matrix_rank(counts):
        return  # the only one of its composition: nothing says what its energy should be
    expected = counts[~others] @ np.linalg.lstsq(counts[others], energies[others], rcond=None)[0]
    worst = frames[int(deviation.argmax())]
    if abs(worst.energy - float(expected[0])) > LARGEST_DEVIATION * len(worst.atoms):
        raise StructureError(
            f"{worst.where}: has an energy of {worst.energy:.6g} eV, where the other frames let expect "
            f"{float(expected[0]):.6g} eV: check its unit and level of theory, or take the frame out"
        )


def _refuse_known(train: Sequence[Labelled], held_out: Sequence[Labelled]) -> None:
    """Refuse held-out frames that are training frames too."""
    trained = {_digest(frame): frame for frame in train}
    for frame in held_out:
        if _digest(frame) in trained:
            raise SettingError(
                f"{frame.where}: is held out, but {trained[_digest(frame)].where} is the same and trained on, so that "
                "its error would say nothing: take one of them out"
            )


def _digest(frame: Labelled) -> bytes:
    atoms = frame.atoms
    return b"".join(
        np.ascontiguousarray(a).tobytes() for a in (atoms.numbers, atoms.positions, atoms.cell[:], atoms.pbc)
    )
