"""TOML tables as frozen dataclasses: every mistake is named with its key, what was expected and what came."""

import difflib
import math
import reprlib
import sys
import tomllib
import typing
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from les_viz.errors import SettingError

_Table = TypeVar("_Table")

MAX_BYTES = 1_000_000
_NAMES = {float: "a number", int: "a whole number", str: "a text in quotes", bool: "true or false"}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file.

    Raises:
        SettingError: it cannot be read or is not TOML.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as caught:
        raise SettingError(f"{path}: cannot be read ({caught.strerror}); check the path") from None
    if len(content) > MAX_BYTES:
        raise SettingError(f"{path}: is larger than a configuration can be")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except ValueError as caught:  # no TOML, no UTF-8, or a number of thousands of digits
        raise SettingError(f"{path}: is no valid TOML: {caught}") from None
    except RecursionError:
        raise SettingError(f"{path}: is nested too deeply for a configuration") from None


def table_as(kind: type[_Table], content: object, where: str = "") -> _Table:
    """Make a dataclass of a table; its fields are the only keys allowed.

    Args:
        kind: a dataclass of texts, numbers, booleans, tuples and tables of them, and further dataclasses.
        content: as `tomllib` gives it.
        where: name of the table, for messages.

    Raises:
        SettingError: names the key.
    """
    if not isinstance(content, dict):
        raise SettingError(f"{where} is {reprlib.repr(content)}: expected a table [{where}]")
    known = {field.name: field for field in fields(typing.cast("Any", kind))}
    inside = f"{where}." if where else ""
    for key in content:
        if key not in known:
            raise SettingError(f"{inside}{str(key)[:60]} is not a key that is known: {_near(str(key), list(known))}")
    for name, field in known.items():
        if name not in content and field.default is MISSING and field.default_factory is MISSING:
            raise SettingError(f"the key {inside}{name} is missing and has no default")
    types = typing.get_type_hints(kind)
    values = {key: _value(types[key], value, f"{inside}{key}") for key, value in content.items()}
    try:
        return kind(**values)
    except SettingError as caught:
        raise SettingError(f"{inside}{caught}") from None


def _near(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(known)}"


def _value(kind: Any, value: object, where: str) -> Any:  # noqa: ANN401 - any type of a field
    if is_dataclass(kind):
        return table_as(typing.cast("type[Any]", kind), value, where)
    if typing.get_origin(kind) is tuple:
        item_kinds = typing.get_args(kind)
        if item_kinds[-1] is Ellipsis:
            # A single item needs no brackets.
            return tuple(_value(item_kinds[0], item, where) for item in (value if isinstance(value, list) else [value]))
        if not isinstance(value, list) or len(value) != len(item_kinds):
            raise SettingError(f"{where} is {reprlib.repr(value)}: expected a list of {len(item_kinds)} values")
        return tuple(_value(item_kinds[0], item, where) for item in value)
    if typing.get_origin(kind) is dict:
        if not isinstance(value, dict):
            raise SettingError(f"{where} is {reprlib.repr(value)}: expected a table")
        item_kind = typing.get_args(kind)[1]
        return {key: _value(item_kind, item, f"{where}.{key}") for key, item in value.items()}
    if kind is Any:
        return value
    if kind is float and type(value) is int and abs(value) <= sys.float_info.max:
        value = float(value)
    if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
        raise SettingError(f"{where} is {reprlib.repr(value)}: expected {_NAMES[kind]}")
    return value
