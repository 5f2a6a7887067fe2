"""A pickle machine that cannot call anything.

It steps through the instructions itself (`pickletools.genops` only cuts the bytes into instructions) and builds lists,
dicts, tuples, numbers, text and the nodes of `nodes`. A call that the file asks for is recorded; the few that every
checkpoint needs (tensors, ordered dicts, sets, NumPy scalars) are understood here; a call of anything else ends the
reading, because no published model asks for one.
"""

import pickletools
import struct
from collections.abc import Callable
from typing import Any

from les_viz.errors import ModelError
from les_viz.models.checkpoint.nodes import InertGlobal, InertObject, StorageRef, TensorRef

MAX_PICKLE_BYTES = 16 * 1024**2
MAX_INSTRUCTIONS = 400_000
MAX_MARKS = 200
_KEY_TYPES = (str, int, float, bytes, type(None), InertObject, InertGlobal)
_NUMBERS = ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT")
_TEXTS = ("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8")
_LITERALS = frozenset((*_NUMBERS, *_TEXTS))
_NUMPY_SCALARS = {"i8": "<q", "i4": "<i", "f8": "<d", "f4": "<f", "b1": "<?"}


class _Mark:
    pass


_MARK = _Mark()


class InertUnpickler:
    """Interprets one pickle; `load` returns its root."""

    def __init__(self, pickled: bytes) -> None:
        self._pickled = pickled
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._marks = 0

    def load(self) -> object:
        """Interpret the pickle.

        Raises:
            ModelError: damaged, too large, or asks for a call or an instruction that no checkpoint needs.
        """
        if len(self._pickled) > MAX_PICKLE_BYTES:
            raise ModelError(f"its pickle is larger than {MAX_PICKLE_BYTES // 1024**2} MiB, which no LES model needs")
        try:
            return self._run()
        except (IndexError, KeyError, TypeError, ValueError) as caught:
            if isinstance(caught, ModelError):
                raise
            raise ModelError("its pickle is damaged; fetch or save the file again") from None

    def _run(self) -> object:
        for count, (opcode, argument, position) in enumerate(pickletools.genops(self._pickled)):
            if count >= MAX_INSTRUCTIONS:
                raise ModelError(f"its pickle has more than {MAX_INSTRUCTIONS} instructions, which no LES model needs")
            if opcode.name == "STOP":
                if position != len(self._pickled) - 1 or len(self._stack) != 1:
                    raise ModelError("its pickle does not end where it says; the file is damaged or was tampered with")
                return self._stack[0]
            self._step(opcode.name, argument)
        raise ModelError("its pickle has no end; the file is truncated")

    def _step(self, name: str, argument: object) -> None:
        if name in _LITERALS:
            self._stack.append(argument)
            return
        action = _ACTIONS.get(name)
        if action is None:
            raise ModelError(f"its pickle uses the instruction {name}, which PyTorch does not write")
        action(self, argument)

    def _push_global(self, module: str, name: str) -> None:
        root = module.split(".")[0]
        if root in _FOREIGN_MODELS:
            raise ModelError(_FOREIGN_MODELS[root])
        self._stack.append(InertGlobal(module, name))

    def _items_after_mark(self) -> list[Any]:
        start = len(self._stack) - 1
        while self._stack[start] is not _MARK:
            start -= 1
        if start < 0:
            raise IndexError
        items = self._stack[start + 1 :]
        del self._stack[start:]
        self._marks -= 1
        return items

    def _push_mark(self) -> None:
        self._marks += 1
        if self._marks > MAX_MARKS:
            raise ModelError(f"its pickle is nested more than {MAX_MARKS} deep, which no LES model is")
        self._stack.append(_MARK)

    def _pop(self) -> Any:  # noqa: ANN401  (whatever the file holds)
        value = self._stack.pop()
        if value is _MARK:
            raise IndexError
        return value

    def _push_tuple(self, length: int) -> None:
        items = [self._pop() for _ in range(length)]
        self._stack.append(tuple(reversed(items)))

    def _top(self, kind: type) -> Any:  # noqa: ANN401  (of the kind asked for)
        if not isinstance(self._stack[-1], kind):
            raise TypeError
        return self._stack[-1]

    def _set_items(self, pairs: list[Any]) -> None:
        target = self._top(dict)
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            target[_checked_key(key)] = value

    def _append(self, items: list[Any]) -> None:
        self._top(list).extend(items)

    def _set_item(self) -> None:
        value, key = self._pop(), self._pop()
        self._set_items([key, value])

    def _build(self) -> None:
        state = self._pop()
        target = self._stack[-1]
        if isinstance(target, InertObject):
            target.state = state
        elif not isinstance(target, dict):  # attributes of an ordered dict (`_metadata`) say nothing about a model
            raise TypeError

    def _new_object(self, arguments: tuple[Any, ...]) -> None:
        cls = self._pop()
        if not isinstance(cls, InertGlobal) or not isinstance(arguments, tuple):
            raise TypeError
        self._stack.append(InertObject(cls, arguments))

    def _new_object_ex(self) -> None:
        self._pop()  # keyword arguments
        self._new_object(self._pop())

    def _reduce(self) -> None:
        arguments, function = self._pop(), self._pop()
        if not isinstance(function, InertGlobal) or not isinstance(arguments, tuple):
            raise ModelError("its pickle calls something that is no plain function, which no published LES model does")
        maker = _CALLS.get((function.module, function.name))
        if maker is None:
            raise ModelError(
                f"its pickle asks Python to call {_shown(function.path)}, which no published LES model does; nothing "
                "was called, and this file should not be opened with torch.load"
            )
        self._stack.append(maker(function, arguments))

    def _persistent(self) -> None:
        match self._pop():
            case ("storage", InertGlobal(module=module, name=kind), str(key), _, int(count)) if _is_torch(module):
                self._stack.append(StorageRef(key, kind, count))
            case _:
                raise ModelError("a tensor of it has a storage that PyTorch does not write; the file is damaged")

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise TypeError
        self._push_global(module, name)

    def _memoize(self, index: int) -> None:
        if self._stack[-1] is _MARK:
            raise IndexError
        self._memo[index] = self._stack[-1]


def _is_torch(module: str) -> bool:
    return module == "torch" or module.startswith("torch.")


def _shown(name: str) -> str:
    """A name from the file, safe to show on one line."""
    return ascii(name[:60])[1:-1]


def _checked_key(key: object) -> object:
    """A dict key; nested tuples are bounded, because hashing them recurses in C."""
    if isinstance(key, _KEY_TYPES):
        return key
    if isinstance(key, tuple) and len(key) <= 16 and all(isinstance(item, (str, int)) for item in key):
        return key
    raise TypeError


def _tensor(_: InertGlobal, arguments: tuple[Any, ...]) -> TensorRef:
    storage, offset, shape, stride = arguments[:4]
    if not isinstance(storage, StorageRef):
        raise ModelError("a tensor of it has no storage; the file is damaged")
    return TensorRef(storage, offset, shape, stride)


def _parameter(_: InertGlobal, arguments: tuple[Any, ...]) -> TensorRef:
    if not isinstance(arguments[0], TensorRef):
        raise ModelError("a parameter of it is no tensor; the file is damaged")
    return arguments[0]


def _ordered_dict(_: InertGlobal, arguments: tuple[Any, ...]) -> dict[Any, Any]:
    pairs = arguments[0] if arguments else []
    if not isinstance(pairs, list):
        raise TypeError
    return {_checked_key(key): value for key, value in pairs}


def _default_dict(_: InertGlobal, _arguments: tuple[Any, ...]) -> dict[Any, Any]:
    return {}


def _collection(_: InertGlobal, arguments: tuple[Any, ...]) -> list[Any]:
    """A set as a list: nothing here asks whether something is in it, and its items need not be hashable."""
    items = arguments[0] if arguments else []
    if not isinstance(items, list):
        raise TypeError
    return list(items)


def _encoded(_: InertGlobal, arguments: tuple[Any, ...]) -> bytes:
    text, encoding = arguments
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise TypeError
    return text.encode("latin-1")


def _numpy_scalar(_: InertGlobal, arguments: tuple[Any, ...]) -> object:
    dtype, data = arguments
    code = dtype.args[0] if isinstance(dtype, InertObject) and dtype.args else None
    if code not in _NUMPY_SCALARS or not isinstance(data, bytes):
        raise ModelError("it holds a NumPy number of an unknown type; convert it to a Python number and save it again")
    try:
        (number,) = struct.unpack(_NUMPY_SCALARS[code], data)
    except struct.error:
        raise ModelError("a NumPy number of it has the wrong size; the file is damaged") from None
    return number


def _bound_method(function: InertGlobal, arguments: tuple[Any, ...]) -> InertObject:
    target, name = arguments
    of_torch = isinstance(target, InertGlobal) and _is_torch(target.module)
    if not (isinstance(target, InertObject) or of_torch) or not isinstance(name, str):
        raise ModelError("its pickle looks up an attribute of a module, which no published LES model does")
    return InertObject(function, arguments)


_Maker = Callable[[InertGlobal, tuple[Any, ...]], Any]
_CALLS: dict[tuple[str, str], _Maker] = {
    ("collections", "OrderedDict"): _ordered_dict,
    ("collections", "defaultdict"): _default_dict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch", "device"): InertObject,
    ("torch", "Size"): InertObject,
    ("numpy", "dtype"): InertObject,
    ("functools", "partial"): InertObject,
    ("copyreg", "_reconstructor"): InertObject,
    ("copy_reg", "_reconstructor"): InertObject,
    **{(module, "_reconstruct"): InertObject for module in ("numpy.core.multiarray", "numpy._core.multiarray")},
    ("_codecs", "encode"): _encoded,
    **{(module, "scalar"): _numpy_scalar for module in ("numpy.core.multiarray", "numpy._core.multiarray")},
    **{(module, name): _collection for module in ("builtins", "__builtin__") for name in ("set", "frozenset")},
    **{(module, "getattr"): _bound_method for module in ("builtins", "__builtin__")},
}
"""The calls that are understood; each entry makes plain data and calls nothing that the file names."""

_FOREIGN_MODELS = {
    "mace": "it is a MACE (MACE-LES) model, which les_viz cannot read yet; choose a CACE-LES .pth file or a model "
    "converted by les-viz convert",
    "nequip": "it is a NequIP model, which les_viz cannot read yet; choose a CACE-LES .pth file or a model converted "
    "by les-viz convert",
}

_Action = Callable[[InertUnpickler, Any], None]
_ACTIONS: dict[str, _Action] = {
    "PROTO": lambda machine, argument: None,
    "FRAME": lambda machine, argument: None,
    "MARK": lambda machine, argument: machine._push_mark(),
    "NONE": lambda machine, argument: machine._stack.append(None),
    "NEWTRUE": lambda machine, argument: machine._stack.append(True),
    "NEWFALSE": lambda machine, argument: machine._stack.append(False),
    "EMPTY_LIST": lambda machine, argument: machine._stack.append([]),
    "EMPTY_DICT": lambda machine, argument: machine._stack.append({}),
    "EMPTY_SET": lambda machine, argument: machine._stack.append([]),
    "EMPTY_TUPLE": lambda machine, argument: machine._stack.append(()),
    "TUPLE": lambda machine, argument: machine._stack.append(tuple(machine._items_after_mark())),
    "FROZENSET": lambda machine, argument: machine._stack.append(machine._items_after_mark()),
    "TUPLE1": lambda machine, argument: machine._push_tuple(1),
    "TUPLE2": lambda machine, argument: machine._push_tuple(2),
    "TUPLE3": lambda machine, argument: machine._push_tuple(3),
    "APPEND": lambda machine, argument: machine._append([machine._pop()]),
    "APPENDS": lambda machine, argument: machine._append(machine._items_after_mark()),
    "ADDITEMS": lambda machine, argument: machine._append(machine._items_after_mark()),
    "SETITEM": lambda machine, argument: machine._set_item(),
    "SETITEMS": lambda machine, argument: machine._set_items(machine._items_after_mark()),
    "GLOBAL": lambda machine, argument: machine._push_global(*argument.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, argument: machine._stack_global(),
    "REDUCE": lambda machine, argument: machine._reduce(),
    "NEWOBJ": lambda machine, argument: machine._new_object(machine._pop()),
    "NEWOBJ_EX": lambda machine, argument: machine._new_object_ex(),
    "BUILD": lambda machine, argument: machine._build(),
    "BINPERSID": lambda machine, argument: machine._persistent(),
    "BINPUT": lambda machine, argument: machine._memoize(argument),
    "LONG_BINPUT": lambda machine, argument: machine._memoize(argument),
    "MEMOIZE": lambda machine, argument: machine._memoize(len(machine._memo)),
    "BINGET": lambda machine, argument: machine._stack.append(machine._memo[argument]),
    "LONG_BINGET": lambda machine, argument: machine._stack.append(machine._memo[argument]),
}
"""The instructions that `torch.save` writes (pickle protocols 2 to 5); all others are refused."""
