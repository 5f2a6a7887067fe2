"""Walks the inert tree of a PyTorch module by the names of its parts, and says where something is missing."""

import math
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import ModelError
from les_viz.models.checkpoint.archive import CheckpointArchive
from les_viz.models.checkpoint.nodes import InertGlobal, InertObject, TensorRef

_MISSING = object()
_FLOATS = (np.dtype("<f4"), np.dtype("<f8"))


class Module:
    """A PyTorch module that was never made: its parts by name, typed as they are asked for."""

    def __init__(self, node: object, archive: CheckpointArchive, path: str) -> None:
        if not isinstance(node, InertObject):
            raise ModelError(f"its part {path} is no PyTorch module; the file is damaged or of an unknown kind")
        state = node.state[0] if isinstance(node.state, tuple) and node.state else node.state
        self.node = node
        self.path = path
        self._archive = archive
        self._state: dict[str, Any] = state if isinstance(state, dict) else {}

    @property
    def class_name(self) -> str:
        """Name of its class, without the module."""
        return self.node.class_name

    def refuse(self, problem: str) -> NoReturn:
        """Raise an error about this part."""
        raise ModelError(f"its part {self.path} ({self.class_name[:40]}) {problem}")

    def require_class(self, *names: str) -> None:
        """Refuse any other class than these.

        Raises:
            ModelError: names both.
        """
        if self.class_name not in names:
            raise ModelError(
                f"its part {self.path} is a {self.class_name[:40]!a}, but les_viz knows only {' or '.join(names)} there"
            )

    def attribute_names(self) -> list[str]:
        """Names of its attributes."""
        return [name for name in self._state if isinstance(name, str)]

    def value(self, name: str, default: object = _MISSING) -> Any:  # noqa: ANN401  (whatever the file holds)
        """A plain attribute."""
        if name in self._state:
            return self._state[name]
        if default is _MISSING:
            self.refuse(f"lacks {name!r}; the file is of a version that les_viz does not know")
        return default

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number."""
        value = self.value(name, _MISSING if default is None else default)
        if type(value) not in (int, float) or not math.isfinite(value):
            self.refuse(f"has no finite number as {name!r}")
        return float(value)

    def integer(self, name: str) -> int:
        """A whole number."""
        number = self.number(name)
        if number != int(number):
            self.refuse(f"has no whole number as {name!r}")
        return int(number)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or false."""
        value = self.value(name, _MISSING if default is None else default)
        if type(value) is not bool:
            self.refuse(f"has neither true nor false as {name!r}")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        value = self.value(name, _MISSING if default is None else default)
        if not isinstance(value, str):
            self.refuse(f"has no text as {name!r}")
        return value

    def forbid(self, name: str, *, unless: object) -> None:
        """Refuse an option that has any other value than this; a missing one is not set."""
        value = self.value(name, unless)
        if value != unless:
            shown = ascii(value) if isinstance(value, (bool, int, float, str)) else type(value).__name__
            self.refuse(f"has {name} = {shown[:40]}, which les_viz does not support")

    def child(self, name: str) -> "Module | None":
        """A part of it, or None."""
        node = self._registered("_modules").get(name, self._state.get(name))
        return None if node is None else Module(node, self._archive, f"{self.path}.{name}")

    def required_child(self, name: str) -> "Module":
        """A part of it that must be there."""
        child = self.child(name)
        if child is None:
            self.refuse(f"lacks the part {name!r}")
        return child

    def children(self) -> "list[Module]":
        """Its parts in order, without empty places."""
        parts = self._registered("_modules").items()
        return [Module(node, self._archive, f"{self.path}.{name}") for name, node in parts if node is not None]

    def tensor(self, name: str) -> NDArray[Any]:
        """A parameter or buffer of floating point numbers."""
        values = self._tensor(name)
        if values is None:
            self.refuse(f"lacks the tensor {name!r}")
        if values.dtype not in _FLOATS:
            self.refuse(f"has integers as {name!r} where numbers with fractions belong")
        return values

    def optional_tensor(self, name: str) -> NDArray[Any] | None:
        """A parameter or buffer, or None."""
        return self._tensor(name)

    def scalar(self, name: str) -> float:
        """The one number of a parameter or buffer."""
        values = self._tensor(name)
        if values is None or values.size != 1 or not np.isfinite(values).all():
            self.refuse(f"has no single finite number as {name!r}")
        return float(values.reshape(()))

    def stacked(self, name: str) -> NDArray[Any]:
        """The tensors of a list of parameters, stacked along a new first axis."""
        parameters = self.required_child(name)
        count = len(parameters._registered("_parameters"))
        tensors = [parameters.tensor(str(index)) for index in range(count)]
        if not tensors or len({(values.shape, values.dtype) for values in tensors}) != 1:
            parameters.refuse("is empty or holds tensors of different shapes")
        return np.stack(tensors)

    def activation(self, name: str) -> str:
        """Name of the function or module that is applied after a layer; `Identity` for none."""
        value = self._registered("_modules").get(name, self._state.get(name))
        if value is None:
            return "Identity"
        if isinstance(value, InertGlobal):
            return value.name
        if isinstance(value, InertObject):  # functions such as torch.tanh are looked up by name in a class of torch
            return str(value.args[-1]) if value.class_name == "getattr" else value.class_name
        return type(value).__name__

    def _tensor(self, name: str) -> NDArray[Any] | None:
        for group in ("_parameters", "_buffers"):
            tensor = self._registered(group).get(name)
            if isinstance(tensor, TensorRef):
                return self._archive.array(tensor)
        return None

    def _registered(self, group: str) -> dict[str, Any]:
        parts = self._state.get(group, {})
        if not isinstance(parts, dict) or not all(isinstance(name, str) for name in parts):
            self.refuse(f"has a malformed {group}; the file is damaged")
        return parts
