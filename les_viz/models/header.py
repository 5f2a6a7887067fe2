"""A model's configuration as JSON and back, and what is allowed in it.

Reading is strict: an unknown key, a missing key, a wrong type or an absurd size is refused with the place and the fix,
before anything is allocated for the weights.
"""

import difflib
import json
import typing
from dataclasses import MISSING, asdict, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar

from les_viz.errors import ModelError
from les_viz.models.config import (
    FORMAT_VERSION,
    BondHeadConfig,
    ElectrostaticsConfig,
    HeadConfig,
    ModelConfig,
    RepresentationConfig,
)

MAX_REPRESENTATIONS = 4
MAX_ENERGY_HEADS = 8
MAX_CHANNELS_OF_CHARGE = 64
MAX_TRANSFERS = 256
MAX_FORMAL_CHARGE = 20.0
BOND_HEAD = "bond"
MAX_LAYERS = 8
MAX_WIDTH = 4096
MAX_EMBEDDING = 16
MAX_RADIAL = 128
MAX_L = 4
MAX_NU = 3
MAX_CUTOFF = 20.0
MAX_SMEARING = 20.0
MAX_DAMPING = 20.0
"""Largest smearing times k_cutoff: the last term of the sum is then e^-200 of the first, and the cost is its cube."""
MAX_K_CUTOFF = 60.0
MAX_SCALE = 1e6
MAX_ATOMIC_NUMBER = 118
MAX_TRAINED_ATOMS = 10**15
MAX_PROVENANCE_ENTRIES = 64
MAX_PROVENANCE_TEXT = 4096

_Config = TypeVar("_Config")


def config_to_json(config: ModelConfig) -> str:
    """The header of a model; equal configurations give equal text."""
    content = {"format_version": FORMAT_VERSION, **asdict(config)}
    if not config.trained_atoms:
        del content["trained_atoms"]  # as before there was such a key: files and hashes of models stay what they were
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def config_from_json(text: str) -> ModelConfig:
    """Read and check a header.

    Raises:
        ModelError: not strict JSON, another version, or not a valid configuration.
    """
    content = strict_json(text, "its header")
    if not isinstance(content, dict):
        _refuse("header", "must be a JSON object")
    version = content.pop("format_version", None)
    if type(version) is not int or version != FORMAT_VERSION:
        raise ModelError(
            f"its format_version is {_shown(version)}, but this les_viz reads version {FORMAT_VERSION}; "
            "update les_viz or convert the published file again"
        )
    config = _from_dict(ModelConfig, content, "header")
    check_config(config)
    return config


def strict_json(text: str, what: str) -> object:
    """Parse JSON without its loopholes: no duplicate keys, no NaN or Infinity, no bottomless nesting.

    Raises:
        ModelError: with `what` as its subject.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise ValueError("a key occurs twice")
        return result

    def no_constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no number")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
    except RecursionError:
        raise ModelError(f"{what} is nested too deeply; the file is damaged or was tampered with") from None
    except ValueError as caught:
        raise ModelError(f"{what} is not valid JSON ({str(caught)[:80]}); fetch or convert the file again") from None


def check_config(config: ModelConfig) -> None:
    """Refuse a configuration that makes no sense or asks for absurd sizes.

    Raises:
        ModelError: names the value, what is allowed and where it is.
    """
    elements = config.elements
    if not elements or len(set(elements)) != len(elements):
        _refuse("elements", "must be one or more different atomic numbers")
    for number in elements:
        _within(number, 1, MAX_ATOMIC_NUMBER, "elements")
    _within(len(config.representations), 1, MAX_REPRESENTATIONS, "number of representations")
    for index, representation in enumerate(config.representations):
        _check_representation(representation, f"representations[{index}]")
    _check_heads(config)
    if config.electrostatics is not None:
        _check_electrostatics(config.electrostatics)
    for number, energy in config.atomic_energies.items():
        if number not in elements:
            _refuse("atomic_energies", f"names element {number}, which is not in elements")
        _within(energy, -MAX_SCALE, MAX_SCALE, f"atomic_energies[{number}]")
    _check_nearest_distances(config)
    for number, count in config.trained_atoms.items():
        if number not in elements:
            _refuse("trained_atoms", f"names element {number}, which is not in elements")
        _within(count, 1, MAX_TRAINED_ATOMS, f"trained_atoms[{number}]")
    if config.charge_sign not in (1, -1):
        _refuse("charge_sign", f"is {config.charge_sign}, but must be 1 or -1")
    _within(config.epsilon_infinity, 1.0, 1e4, "epsilon_infinity")
    _check_provenance(config.provenance)


def _check_representation(representation: RepresentationConfig, where: str) -> None:
    _within(representation.cutoff, 0.5, MAX_CUTOFF, f"{where}.cutoff")
    _within(representation.n_embedding, 1, MAX_EMBEDDING, f"{where}.n_embedding")
    _within(representation.n_radial_basis, 1, MAX_RADIAL, f"{where}.n_radial_basis")
    _within(representation.n_radial, 1, MAX_RADIAL, f"{where}.n_radial")
    _within(representation.l_max, 1, MAX_L, f"{where}.l_max")
    _within(representation.nu_max, 1, MAX_NU, f"{where}.nu_max")
    _within(representation.cutoff_power, 1, 64, f"{where}.cutoff_power")
    message = representation.message
    if message is not None:
        _check_widths(message.modulation_hidden, f"{where}.message.modulation_hidden")
        _within(message.norm_factor, -MAX_SCALE, MAX_SCALE, f"{where}.message.norm_factor")


def _check_heads(config: ModelConfig) -> None:
    _within(len(config.energy_heads), 0, MAX_ENERGY_HEADS, "number of energy_heads")
    for index, head in enumerate(config.energy_heads):
        _check_head(head, len(config.representations), 1, f"energy_heads[{index}]")
    if isinstance(config.charge_head, BondHeadConfig):
        _check_bond_head(config, config.charge_head)
    elif config.charge_head is not None:
        _check_head(config.charge_head, len(config.representations), MAX_CHANNELS_OF_CHARGE, "charge_head")
    if (config.charge_head is None) != (config.electrostatics is None):
        _refuse("charge_head and electrostatics", "must both be there or both be null")
    if config.charge_head is None and not config.energy_heads:
        _refuse("energy_heads", "is empty and there is no charge_head, so the model predicts nothing")


def _check_head(head: HeadConfig, n_representations: int, max_outputs: int, where: str) -> None:
    _within(head.representation, 0, n_representations - 1, f"{where}.representation")
    _within(head.n_out, 1, max_outputs, f"{where}.n_out")
    _check_widths(head.hidden, f"{where}.hidden")
    _within(head.scale, -MAX_SCALE, MAX_SCALE, f"{where}.scale")
    if head.linear_bias and not head.linear:
        _refuse(f"{where}.linear_bias", "is true although linear is false")


def _check_bond_head(config: ModelConfig, head: BondHeadConfig) -> None:
    if head.kind != BOND_HEAD:
        _refuse("charge_head.kind", f"is {_shown(head.kind)}, but must be {BOND_HEAD!r}")
    _within(head.representation, 0, len(config.representations) - 1, "charge_head.representation")
    _within(head.cutoff, 0.5, config.representations[head.representation].cutoff, "charge_head.cutoff")
    _within(head.n_transfers, 1, MAX_TRANSFERS, "charge_head.n_transfers")
    _within(head.n_radial_basis, 1, MAX_RADIAL, "charge_head.n_radial_basis")
    _check_widths(head.hidden, "charge_head.hidden")
    _within(head.scale, -MAX_SCALE, MAX_SCALE, "charge_head.scale")
    for number, charge in head.formal_charges.items():
        if number not in config.elements:
            _refuse("charge_head.formal_charges", f"names element {number}, which is not in elements")
        _within(charge, -MAX_FORMAL_CHARGE, MAX_FORMAL_CHARGE, f"charge_head.formal_charges[{number}]")


def _check_widths(widths: tuple[int, ...], where: str) -> None:
    _within(len(widths), 0, MAX_LAYERS, f"number of {where}")
    for width in widths:
        _within(width, 1, MAX_WIDTH, where)


def _check_electrostatics(electrostatics: ElectrostaticsConfig) -> None:
    smearing, k_cutoff = electrostatics.smearing, electrostatics.k_cutoff
    _within(smearing, 0.05, MAX_SMEARING, "electrostatics.smearing")
    _within(k_cutoff, 0.01, MAX_K_CUTOFF, "electrostatics.k_cutoff")
    _within(electrostatics.removed_self_terms, 1, MAX_CHANNELS_OF_CHARGE, "electrostatics.removed_self_terms")
    if smearing * k_cutoff > MAX_DAMPING:
        _refuse(
            "electrostatics.k_cutoff",
            f"times smearing is {smearing * k_cutoff:.3g}, above {MAX_DAMPING:g}: the sum would be large for nothing",
        )


def _check_nearest_distances(config: ModelConfig) -> None:
    for number, distances in config.nearest_distances.items():
        where = f"nearest_distances[{number}]"
        if number not in config.elements:
            _refuse("nearest_distances", f"names element {number}, which is not in elements")
        if len(distances) != 2 or not 0 < distances[0] <= distances[1] <= MAX_CUTOFF:
            _refuse(where, f"must be the shortest and the longest distance in Å, at most {MAX_CUTOFF:g}")


def _check_provenance(provenance: dict[str, str]) -> None:
    _within(len(provenance), 0, MAX_PROVENANCE_ENTRIES, "number of provenance entries")
    for key, text in provenance.items():
        _within(max(len(key), len(text)), 0, MAX_PROVENANCE_TEXT, "length of a provenance text")


def _within(value: float, lowest: float, highest: float, where: str) -> None:
    if not lowest <= value <= highest:  # as NaN does not
        shown = f"{value:.6g}" if _representable(value) else _shown(value)
        _refuse(where, f"is {shown}, but must lie between {lowest:.6g} and {highest:.6g}")


def _refuse(where: str, problem: str) -> NoReturn:
    raise ModelError(f"its {where} {problem}")


def _shown(value: object) -> str:
    return ascii(value)[:40] if isinstance(value, (str, int, float, bool, NoneType)) else type(value).__name__


def _from_dict(kind: type[_Config], content: dict[str, Any], where: str) -> _Config:
    """Make a configuration dataclass; its fields are the only keys allowed."""
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(key[:80], known, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else f" (known: {', '.join(known)})"
            _refuse(where, f"has the unknown key {_shown(key)}{hint}")
    for name, field in known.items():
        if name not in content and field.default is MISSING and field.default_factory is MISSING:
            _refuse(where, f"lacks the key {name!r}")
    types = typing.get_type_hints(kind)
    place = "" if where == "header" else f"{where}."
    return kind(**{key: _typed(types[key], value, f"{place}{key}") for key, value in content.items()})


def _typed(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401  (any type of a field)
    """Convert a JSON value to the type of a field, strictly."""
    if isinstance(kind, UnionType):
        inner = _option(typing.get_args(kind), value, where)
        return None if value is None else _typed(inner, value, where)
    origin = typing.get_origin(kind)
    if origin is tuple:
        _require(isinstance(value, list), "a list", value, where)
        return tuple(_typed(typing.get_args(kind)[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is dict:
        _require(isinstance(value, dict), "an object", value, where)
        key_kind, item_kind = typing.get_args(kind)
        return {_typed_key(key_kind, key, where): _typed(item_kind, item, where) for key, item in value.items()}
    if is_dataclass(kind):
        _require(isinstance(value, dict), "an object", value, where)
        return _from_dict(typing.cast(type, kind), value, where)
    if kind is float:
        _require(type(value) in (int, float) and _representable(value), "a finite number", value, where)
        return float(value)
    _require(type(value) is kind, _KIND_NAMES[kind], value, where)
    return value


def _option(options: tuple[Any, ...], value: object, where: str) -> Any:  # noqa: ANN401  (any type of a field)
    """Which type of a union a value means: a head names its kind, but for an atomic one."""
    inner = [option for option in options if option is not NoneType]
    if BondHeadConfig not in inner or not isinstance(value, dict) or "kind" not in value:
        return inner[0]
    if value["kind"] != BOND_HEAD:
        _refuse(f"{where}.kind", f"is {_shown(value['kind'])}, but must be {BOND_HEAD!r} (atomic heads name no kind)")
    return BondHeadConfig


_KIND_NAMES = {int: "an integer", bool: "true or false", str: "a text"}


def _representable(value: float) -> bool:
    return abs(value) < 1e300  # also false for inf, and for integers that no float can hold


def _typed_key(kind: type, key: str, where: str) -> int | str:
    if kind is int:
        _require(key.isascii() and key.isdigit() and len(key) <= 3, "atomic numbers as keys", key, where)
        return int(key)
    return key


def _require(condition: bool, expected: str, value: object, where: str) -> None:  # noqa: FBT001  (the check itself)
    if not condition:
        _refuse(where, f"must be {expected}, but is {_shown(value)}")
