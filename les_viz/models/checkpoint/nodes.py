"""What a pickled model becomes when nothing in it is executed: names, arguments, states and references to tensors."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class InertGlobal:
    """A class or function that the file names; only its name is kept."""

    module: str
    name: str

    @property
    def path(self) -> str:
        """Dotted name."""
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False, repr=False)
class InertObject:
    """An object that was never made: the class or function, its arguments and the state that it would have got."""

    maker: InertGlobal
    args: tuple[Any, ...]
    state: Any = None

    @property
    def class_name(self) -> str:
        """Name of its class, without the module."""
        return self.maker.name


@dataclass(frozen=True, slots=True)
class StorageRef:
    """The bytes of one or several tensors: an entry of the archive."""

    key: str
    kind: str
    """Name of its PyTorch class, such as FloatStorage."""
    count: int
    """Number of elements."""


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A view of a storage; its numbers were not checked yet."""

    storage: StorageRef
    offset: Any
    shape: Any
    stride: Any
