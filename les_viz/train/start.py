"""Where training starts: a model with random weights of the right size, and Bessel functions that stay."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import pi, sqrt
from pathlib import Path

import numpy as np
import torch
from torch import nn

from les_viz.elements import SYMBOLS
from les_viz.errors import ModelError, SettingError
from les_viz.models.config import (
    BondHeadConfig,
    ElectrostaticsConfig,
    HeadConfig,
    MessageConfig,
    ModelConfig,
    RepresentationConfig,
)
from les_viz.models.heads import AtomicHead, BondHead
from les_viz.models.message import MessagePassing
from les_viz.models.model import LESModel
from les_viz.models.native import Weights, read_native
from les_viz.models.representation import Representation
from les_viz.response.predict import predict
from les_viz.train.baseline import fit_to
from les_viz.train.config import ChargesConfig, ModelSettings
from les_viz.train.forward import representations_of
from les_viz.train.labelled import Labelled

MESSAGES = {
    "modulation": MessageConfig(
        memory=False, decay=False, modulation=True, modulation_per_channel=True, modulation_per_l=True
    ),
    "full": MessageConfig(memory=True, decay=True, modulation=True),
}
"""Message passing by its name in a configuration: the two kinds that published models have."""

ENOUGH_FRAMES = 200
"""From which the level of theory is told."""


def model_config(settings: ModelSettings, elements: tuple[int, ...], energies: dict[int, float]) -> ModelConfig:
    """The architecture that the settings describe."""
    representation = RepresentationConfig(
        cutoff=settings.cutoff,
        n_embedding=settings.n_embedding,
        n_radial_basis=settings.n_radial_basis,
        n_radial=settings.n_radial,
        l_max=settings.l_max,
        nu_max=settings.nu_max,
        message=MESSAGES.get(settings.message_passing),
    )
    charged, electric = not settings.short_range_only, settings.electrostatics
    own = (_charge_features(representation, settings.charges),) if charged and settings.charges.cutoff else ()
    return ModelConfig(
        elements=elements,
        representations=(representation, *own),
        energy_heads=(HeadConfig(hidden=settings.energy_hidden, linear=True),),
        charge_head=_charge_head(settings) if charged else None,
        electrostatics=ElectrostaticsConfig(
            smearing=electric.smearing, k_cutoff=electric.k_cutoff, self_interaction=electric.self_interaction
        )
        if charged
        else None,
        atomic_energies=energies,
        charge_sign=electric.charge_sign,
        epsilon_infinity=electric.epsilon_infinity,
    )


def _charge_features(energy: RepresentationConfig, charges: ChargesConfig) -> RepresentationConfig:
    n_radial = charges.n_radial or energy.n_radial
    return replace(energy, cutoff=charges.cutoff, n_radial=n_radial, message=None)


def _charge_head(settings: ModelSettings) -> HeadConfig | BondHeadConfig:
    charges = settings.charges
    place = 1 if charges.cutoff else 0
    if charges.head == "atomic":
        return HeadConfig(representation=place, hidden=charges.hidden, bias=False, linear=True, scale=charges.scale)
    return BondHeadConfig(
        representation=place,
        cutoff=charges.bond_cutoff or charges.cutoff or settings.cutoff,
        n_transfers=charges.n_transfers,
        n_radial_basis=charges.n_radial_basis,
        hidden=charges.hidden,
        scale=charges.scale,
        formal_charges=by_number(charges.formal_charges),
    )


def random_model(config: ModelConfig, *, seed: int, dtype: torch.dtype, device: str) -> LESModel:
    """A model with random weights; equal seeds give equal models on one version of torch."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LESModel(config)
        for representation in representations_of(model):
            _start_representation(representation)
        for head in (*model.energy_heads, model.charge_head):
            if isinstance(head, AtomicHead | BondHead):
                _start_head(head)
    return model.to_precision(dtype).to(device)


def _start_representation(representation: Representation) -> None:
    settings = representation.config
    with torch.no_grad():
        frequencies = torch.arange(1, settings.n_radial_basis + 1) * (pi / settings.cutoff)
        representation.bessel_frequencies.copy_(frequencies)
        representation.bessel_prefactor.fill_(sqrt(2 / settings.cutoff))
    nn.init.normal_(representation.sender_embedding)
    nn.init.normal_(representation.receiver_embedding)
    nn.init.normal_(representation.mixing, std=settings.n_radial_basis**-0.5)
    representation.bessel_frequencies.requires_grad = False
    representation.bessel_prefactor.requires_grad = False
    if representation.message is not None:
        _start_messages(representation.message)


def _start_messages(message: MessagePassing) -> None:
    """A second layer that is near the first one: it remembers the atom itself, or sums its edges once more."""
    if message.config.memory:
        nn.init.ones_(message.memory)
    if message.config.decay:
        nn.init.normal_(message.decay_prefactor, std=0.5)
        nn.init.ones_(message.decay_rate)
    for layer in message.modulation if message.config.modulation else ():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.ones_(layer.bias)


def take_weights(model: LESModel, path: Path, *, sign_is_open: bool) -> ModelConfig:
    """Start from the weights of a model of the same shape instead of random ones.

    Args:
        model: takes them in.
        path: of the model.
        sign_is_open: whether training finds the sign of the charges anew.

    Returns:
        The configuration of the model at `path`.

    Raises:
        SettingError: it has another shape or scale; names the first difference.
        ModelError: the file is no model of ours.
    """
    config, weights = _read_start(path)
    wanted = model.config
    same = ("elements", "representations", "energy_heads", "charge_head", "electrostatics", "epsilon_infinity")
    for name in (*same, *(() if sign_is_open else ("charge_sign",))):
        theirs, ours = getattr(config, name), getattr(wanted, name)
        if theirs != ours:
            raise SettingError(
                f"model.start_from {path}: its {name} are {theirs}, the configuration asks for {ours}: make them equal"
            )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(weights[name]))
    return config


def atomic_energies_from(path: Path, frames: Sequence[Labelled], elements: tuple[int, ...]) -> dict[int, float]:
    """Atomic energies of the model to start from, shifted to the level of theory of these frames.

    Args:
        path: of the model.
        frames: training frames.
        elements: of the model.

    Raises:
        ModelError: the file is no model of ours.
        LesVizError: the model does not suit the frames.
    """
    config, weights = _read_start(path)
    model = LESModel.from_weights(config, weights, dtype=torch.float64)
    some = frames[:: max(1, len(frames) // ENOUGH_FRAMES)]
    found = predict(model, [frame.atoms for frame in some], quantities=("energy",))
    errors = np.array([frame.energy - p.energy for frame, p in zip(some, found, strict=True)])
    shift = fit_to(errors, some, elements)
    return {z: config.atomic_energies.get(z, 0.0) + shift[z] for z in elements}


def widened(
    distances: dict[int, tuple[float, ...]], before: dict[int, tuple[float, ...]], present: Collection[int]
) -> dict[int, tuple[float, ...]]:
    """Ranges of nearest distances that hold those seen before, too.

    Args:
        distances: (shortest, longest) by element, Å; an element of which some atom stands alone has none.
        before: the same of the model that training starts from.
        present: elements of the training frames.
    """
    kept = {z: values for z, values in before.items() if z in distances or z not in present}
    both = {z: (*distances.get(z, ()), *kept.get(z, ())) for z in sorted({*distances, *kept})}
    return {z: (min(values), max(values)) for z, values in both.items()}


def together(now: dict[int, int], before: dict[int, int]) -> dict[int, int]:
    """Atoms of each element in two rounds of training; unknown, hence empty, where the first does not say.

    Args:
        now: by atomic number.
        before: the same of the model that training starts from.
    """
    return {z: now.get(z, 0) + before.get(z, 0) for z in sorted({*now, *before})} if before else {}


def _read_start(path: Path) -> tuple[ModelConfig, Weights]:
    try:
        return read_native(path)
    except ModelError as error:
        raise ModelError(f"model.start_from {path}: {error}") from error


def _start_head(head: AtomicHead | BondHead) -> None:
    linear = [head.linear] if isinstance(head, AtomicHead) else []
    for layer in (*head.layers, *linear):
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    if isinstance(head, BondHead):
        nn.init.normal_(head.element_values, std=0.5)
        nn.init.normal_(head.radial, std=head.config.n_radial_basis**-0.5)


def atomic_numbers(symbols: tuple[str, ...]) -> tuple[int, ...]:
    """Atomic numbers of chemical symbols."""
    return tuple(SYMBOLS.index(symbol) for symbol in symbols)


def by_number(charges: dict[str, float]) -> dict[int, float]:
    """Charges by atomic number from charges by chemical symbol."""
    return {SYMBOLS.index(symbol): charge for symbol, charge in charges.items()}
