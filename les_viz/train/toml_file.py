"""Reads a training configuration: strict, every mistake named with its file, key and what would do."""

import difflib
import math
import tomllib
import typing
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from les_viz.errors import SettingError
from les_viz.train.config import TrainConfig
from les_viz.train.limits import check_ranges

_Table = TypeVar("_Table")

_NAMES = {float: "a number", int: "a whole number", str: "a text in quotes", bool: "true or false"}
MAX_BYTES = 1_000_000


def read_config(path: Path) -> TrainConfig:
    """Read the configuration of a training.

    Args:
        path: TOML file.

    Returns:
        The configuration, with ranges checked.

    Raises:
        SettingError: one sentence with the file, the key, what was expected and what came.
    """
    try:
        content = path.read_bytes()[: MAX_BYTES + 1]
    except OSError as caught:
        raise SettingError(f"{path}: cannot be read ({caught.strerror}); check the path") from None
    try:
        if len(content) > MAX_BYTES:
            raise SettingError("is larger than a configuration can be")
        config = config_from_dict(tomllib.loads(content.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as caught:
        raise SettingError(f"{path}: is no valid TOML: {caught}") from None
    except SettingError as caught:
        raise SettingError(f"{path}: {caught}") from None
    return config


def config_from_dict(content: dict[str, Any]) -> TrainConfig:
    """Check tables as TOML gives them and make a configuration of them.

    Raises:
        SettingError: names the key.
    """
    config = _table(TrainConfig, content, "")
    check_ranges(config)
    return config


def _table(kind: type[_Table], content: dict[str, Any], where: str) -> _Table:
    known: dict[str, Field[Any]] = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}"
            raise SettingError(f"{where}{key[:60]} is not a key that is known: {hint}")
    for name, field in known.items():
        if name not in content and field.default is MISSING and field.default_factory is MISSING:
            raise SettingError(f"the key {where}{name} is missing and has no default")
    types = typing.get_type_hints(kind)
    return kind(**{key: _value(types[key], value, f"{where}{key}") for key, value in content.items()})


def _value(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401  (any type of a field)
    origin = typing.get_origin(kind)
    if origin is tuple:
        item_kind = typing.get_args(kind)[0]
        items = value if isinstance(value, list) else [value]
        return tuple(_value(item_kind, item, where) for item in items)
    if origin is dict:
        if not isinstance(value, dict):
            raise SettingError(f"{where} is {value!r}: expected a table")
        item_kind = typing.get_args(kind)[1]
        return {key: _value(item_kind, item, f"{where}.{key}") for key, item in value.items()}
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise SettingError(f"{where} is {value!r}: expected a table [{where}]")
        return _table(typing.cast("type[Any]", kind), value, f"{where}.")
    if kind is Any:
        return value
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
        raise SettingError(f"{where} is {value!r}: expected {_NAMES[kind]}")
    return value
