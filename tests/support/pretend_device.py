"""A device of pretence: its tensors lie on the CPU and say that they do not.

Code that would mix devices on a GPU, or make a constant on the wrong one, fails here on a machine that has none; the
numbers are those of the CPU. Kernels of CUDA are not tried by it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "pretend"
_setup_privateuseone_for_python_backend(NAME)
DEVICE = torch.device(NAME, 0)

TAKES_TWO_DEVICES = {"aten::copy_", "aten::_to_copy", "aten::index", "aten::index_put", "aten::index_put_"}
"""Operations that on CUDA too take a tensor of the CPU beside one of the GPU."""

FROM_NUMBERS = (torch.tensor, torch.as_tensor, torch.asarray)


class Elsewhere(Tensor):
    """A tensor of the pretended device around one of the CPU."""

    here: Tensor

    @staticmethod
    def __new__(cls, here: Tensor) -> "Elsewhere":
        """Around this one."""
        made = Tensor._make_wrapper_subclass(
            cls,
            here.shape,
            strides=here.stride(),
            storage_offset=here.storage_offset(),
            dtype=here.dtype,
            device=DEVICE,
        )
        made.here = here
        return made

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        """In the backward pass, which runs outside of the modes below."""
        return computed(operation, args, kwargs or {})

    def tolist(self):
        """As any tensor has it; torch refuses it for classes of one's own."""
        return self.here.tolist()


class _Operations(TorchDispatchMode):
    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        return computed(operation, args, kwargs or {})


class _Constants(TorchFunctionMode):
    """Tensors from numbers, which torch makes without asking the mode above."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function in FROM_NUMBERS and is_pretended(kwargs.get("device")):
            device = kwargs.pop("device")
            return function(*args, **kwargs).to(device)
        if function is Tensor.new_tensor and isinstance(args[0], Elsewhere):
            return torch.tensor(args[1], dtype=kwargs.get("dtype", args[0].dtype)).to(DEVICE)
        return function(*args, **kwargs)


def is_pretended(device) -> bool:
    """Whether a device, given by name or not at all, is ours."""
    return device is not None and torch.device(device).type == NAME


def computed(operation, args, kwargs):
    """The operation on the CPU, its result on the device where torch would leave it.

    Raises:
        RuntimeError: operands of two devices.
    """
    name, target = operation._schema.name, kwargs.get("device")
    operands = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    away = any(isinstance(operand, Elsewhere) for operand in operands)
    if away and name not in TAKES_TWO_DEVICES:
        for operand in operands:
            if not isinstance(operand, Elsewhere) and operand.dim():
                raise RuntimeError(f"{operation}: operands on {DEVICE} and on {operand.device}")
    if target is not None:
        away = is_pretended(target)
        kwargs = {**kwargs, "device": torch.device("cpu") if away else target}
    here_args, here_kwargs = tree_map(lambda leaf: leaf.here if isinstance(leaf, Elsewhere) else leaf, (args, kwargs))
    result = operation(*here_args, **here_kwargs)
    if name.endswith("_"):  # in place
        return args[0] if operation._schema.returns else None
    return tree_map(lambda leaf: Elsewhere(leaf) if away and isinstance(leaf, Tensor) else leaf, result)


@contextmanager
def pretended_device() -> Iterator[torch.device]:
    """While it lasts, `torch` knows the device."""
    with _Constants(), _Operations():
        yield DEVICE
