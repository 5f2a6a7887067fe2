"""Where training starts: a model with random weights of the right size, and Bessel functions that stay."""

from dataclasses import replace
from math import pi, sqrt
from pathlib import Path

import torch
from torch import nn

from les_viz.elements import SYMBOLS
from les_viz.errors import ModelError, SettingError
from les_viz.models.config import BondHeadConfig, ElectrostaticsConfig, HeadConfig, ModelConfig, RepresentationConfig
from les_viz.models.heads import AtomicHead, BondHead
from les_viz.models.model import LESModel
from les_viz.models.native import read_native
from les_viz.models.representation import Representation
from les_viz.train.config import ChargesConfig, ModelSettings
from les_viz.train.forward import plain_representations


def model_config(settings: ModelSettings, elements: tuple[int, ...], energies: dict[int, float]) -> ModelConfig:
    """The architecture that the settings describe."""
    representation = RepresentationConfig(
        cutoff=settings.cutoff,
        n_embedding=settings.n_embedding,
        n_radial_basis=settings.n_radial_basis,
        n_radial=settings.n_radial,
        l_max=settings.l_max,
        nu_max=settings.nu_max,
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
    return replace(energy, cutoff=charges.cutoff, n_radial=charges.n_radial or energy.n_radial)


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
        for representation in plain_representations(model):
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


def take_weights(model: LESModel, path: Path) -> None:
    """Start from the weights of a model of the same shape instead of random ones.

    Raises:
        SettingError: it has another shape; names the first difference.
        ModelError: the file is no model of ours.
    """
    try:
        config, weights = read_native(path)
    except ModelError as error:
        raise ModelError(f"model.start_from {path}: {error}") from error
    wanted = model.config
    for name in ("elements", "representations", "energy_heads", "charge_head", "electrostatics"):
        theirs, ours = getattr(config, name), getattr(wanted, name)
        if theirs != ours:
            raise SettingError(
                f"model.start_from {path}: its {name} are {theirs}, the configuration asks for {ours}: make them equal"
            )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(weights[name]))


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
