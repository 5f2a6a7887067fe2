"""What the numbers of a training configuration may be."""

import re
import reprlib
from dataclasses import fields
from typing import Any

from les_viz.elements import SYMBOLS
from les_viz.errors import SettingError
from les_viz.models.header import MAX_WIDTH
from les_viz.train.config import TrainConfig
from les_viz.train.start import MESSAGES

LARGEST_WEIGHT = 1e9
"""Of a term of the loss: beyond it single precision has no digits for the others."""

RANGES: dict[str, tuple[float, float]] = {
    "data.validation_fraction": (0.0, 0.9),
    "data.split_seed": (0, 2**31),
    "data.max_frames": (0, 10**9),
    "model.cutoff": (0.5, 20.0),
    "model.n_embedding": (1, 16),
    "model.n_radial_basis": (1, 128),
    "model.n_radial": (1, 128),
    "model.l_max": (1, 4),
    "model.nu_max": (1, 3),
    "model.charges.scale": (1e-3, 100.0),
    "model.charges.cutoff": (0.0, 20.0),
    "model.charges.n_radial": (0, 128),
    "model.charges.bond_cutoff": (0.0, 20.0),
    "model.charges.learning_rate": (0.0, 1e3),
    "model.charges.held_epochs": (0.0, 1e6),
    "model.charges.n_transfers": (1, 256),
    "model.charges.n_radial_basis": (1, 128),
    "model.electrostatics.smearing": (0.05, 20.0),
    "model.electrostatics.k_cutoff": (0.01, 60.0),
    "model.electrostatics.epsilon_infinity": (1.0, 1e4),
    "loss.forces": (0.0, LARGEST_WEIGHT),
    "loss.energy": (0.0, LARGEST_WEIGHT),
    "loss.energy_final": (0.0, LARGEST_WEIGHT),
    "loss.final_fraction": (0.0, 1.0),
    "loss.molecular_forces": (0.0, LARGEST_WEIGHT),
    "loss.interaction_forces": (0.0, LARGEST_WEIGHT),
    "loss.stress": (0.0, LARGEST_WEIGHT),
    "loss.dipole": (0.0, LARGEST_WEIGHT),
    "loss.born_effective_charges": (0.0, LARGEST_WEIGHT),
    "loss.neutrality": (0.0, LARGEST_WEIGHT),
    "training.epochs": (1, 10**6),
    "training.atoms_per_batch": (1, 10**7),
    "training.learning_rate": (1e-12, 10.0),
    "training.final_learning_rate": (0.0, 1.0),
    "training.warm_up_steps": (0, 10**7),
    "training.weight_decay": (0.0, 10.0),
    "training.clip": (0.0, LARGEST_WEIGHT),
    "training.ema_decay": (0.0, 0.999999),
    "training.patience": (0, 10**6),
    "training.seed": (0, 2**31),
    "training.threads": (1, 1024),
}
"""Smallest and largest value of each number."""

CHOICES: dict[str, tuple[str | int, ...]] = {
    "data.labels": ("file", "ase"),
    "model.message_passing": ("none", *MESSAGES),
    "model.charges.head": ("atomic", "bond"),
    "model.electrostatics.charge_sign": (1, -1),
    "training.dtype": ("float32", "float64"),
}


def check_ranges(config: TrainConfig) -> None:
    """Refuse numbers and words that make no sense.

    Raises:
        SettingError: names the key, what is allowed and what came.
    """
    for key, (lowest, highest) in RANGES.items():
        value = _at(config, key)
        if not lowest <= value <= highest:
            raise SettingError(f"{key} is {reprlib.repr(value)}: expected a number from {lowest:g} to {highest:g}")
    for key, choices in CHOICES.items():
        if _at(config, key) not in choices:
            raise SettingError(
                f"{key} is {reprlib.repr(_at(config, key))}: expected one of {', '.join(map(str, choices))}"
            )
    _check_widths(config)
    _check_loss(config)
    _check_elements(config)
    if not config.data.train:
        raise SettingError("data.train is empty: name at least one extended XYZ file")
    if not config.data.validation and config.data.validation_fraction == 0:
        raise SettingError("data.validation_fraction is 0 and data.validation is empty: hold some frames out")
    if config.model.start_from and config.model.charges.start:
        raise SettingError(
            "model.start_from and model.charges.start are both set: a start has charges of its own, keep one"
        )
    if not re.fullmatch(r"[\w.-]{1,60}", config.output.name):
        raise SettingError(f"output.name is {reprlib.repr(config.output.name)}: use letters, digits, _ and - only")
    if not re.fullmatch(r"cpu|cuda(:\d{1,2})?", config.training.device):
        raise SettingError(f"training.device is {reprlib.repr(config.training.device)}: expected cpu, cuda or cuda:N")


def _check_widths(config: TrainConfig) -> None:
    for key in ("model.energy_hidden", "model.charges.hidden"):
        if not all(1 <= width <= MAX_WIDTH for width in _at(config, key)):
            raise SettingError(f"{key} is {list(_at(config, key))}: expected widths from 1 to {MAX_WIDTH}")


def _check_loss(config: TrainConfig) -> None:
    weights = {item.name for item in fields(config.loss)} - {"final_fraction"}
    if not any(getattr(config.loss, name) for name in weights):
        raise SettingError("every weight of [loss] is 0: there is nothing to learn, give loss.forces at least")
    charges = config.model.charges
    hear_messages = config.model.message_passing != "none" and not charges.cutoff
    if config.loss.born_effective_charges > 0 and hear_messages and charges.head == "atomic":
        raise SettingError(
            "loss.born_effective_charges cannot be learned by atomic charges that read messages: set "
            'model.charges.head = "bond", or model.message_passing = "none"'
        )


def _check_elements(config: TrainConfig) -> None:
    charges = config.model.charges
    named = {
        "model.elements": config.model.elements,
        "model.charges.formal_charges": tuple(charges.formal_charges),
        "model.charges.start": tuple(charges.start),
        "model.charges.positive_element": (charges.positive_element,) if charges.positive_element else (),
    }
    for key, symbols in named.items():
        for symbol in symbols:
            if symbol not in SYMBOLS[1:]:
                raise SettingError(
                    f"{key} holds {reprlib.repr(symbol)}: expected symbols of elements such as 'H' or 'Na'"
                )
    if len(set(config.model.elements)) != len(config.model.elements):
        raise SettingError("model.elements names an element twice: name each once")
    if charges.formal_charges and charges.head != "bond":
        raise SettingError('model.charges.formal_charges is for head = "bond": set it, or leave them out')
    read = charges.cutoff or config.model.cutoff
    if charges.cutoff > config.model.cutoff:
        raise SettingError(
            f"model.charges.cutoff is {charges.cutoff:g} Å: expected at most model.cutoff, {config.model.cutoff:g} Å"
        )
    if charges.bond_cutoff > read:
        raise SettingError(
            f"model.charges.bond_cutoff is {charges.bond_cutoff:g} Å: expected at most {read:g} Å, how far the charges "
            "see"
        )


def _at(config: object, key: str) -> Any:  # noqa: ANN401
    for name in key.split("."):
        config = getattr(config, name)
    return config
