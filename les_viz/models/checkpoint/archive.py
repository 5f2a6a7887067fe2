"""The zip file that `torch.save` writes: checked before use, and cut into a pickle and tensors.

PyTorch stores its entries without compression, so what is in the archive can never be larger than the archive.
"""

import io
import math
import struct
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import ModelError
from les_viz.models.checkpoint.nodes import TensorRef

MAX_ENTRIES = 4096
MAX_TENSOR_DIMENSIONS = 8
_END_OF_DIRECTORY = b"PK\x05\x06"
_END_SIZE = 22
_DTYPES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "BoolStorage": np.dtype("?"),
}


class CheckpointArchive:
    """A checked archive; `pickled` is its pickle and `array` slices a tensor out of it."""

    def __init__(self, content: bytes) -> None:
        """Check the archive.

        Args:
            content: the whole file.

        Raises:
            ModelError: not an archive of `torch.save`, or with entries that PyTorch would not write.
        """
        self._zip = _opened(content)
        infos = self._zip.infolist()
        self._root = _checked_root([info.filename for info in infos])
        self._names = {info.filename for info in infos}
        _check_kind(self._names, self._root)
        _check_sizes(infos, len(content))
        if f"{self._root}/byteorder" in self._names and self._entry("byteorder") != b"little":
            raise ModelError("it was written on a big-endian computer; save it again on an ordinary one")

    @property
    def pickled(self) -> bytes:
        """The pickle of the object that was saved."""
        return self._entry("data.pkl")

    def array(self, tensor: TensorRef) -> NDArray[Any]:
        """Copy a tensor out of the archive.

        Raises:
            ModelError: its storage is missing, or its shape does not lie within it.
        """
        storage = tensor.storage
        dtype = _DTYPES.get(storage.kind)
        if dtype is None:
            raise ModelError(f"a tensor of it has the type {storage.kind[:40]!a}; only 32 and 64 bit numbers are used")
        shape, stride = _dimensions(tensor.shape), _dimensions(tensor.stride)
        offset = _dimensions((tensor.offset,))[0]
        data = self._entry(f"data/{storage.key}")
        if storage.count * dtype.itemsize != len(data):
            raise ModelError("a storage of it has another size than it says; the file is damaged")
        reach = offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=False)) + 1
        if len(shape) != len(stride) or math.prod(shape) > storage.count or (0 not in shape and reach > storage.count):
            raise ModelError("a tensor of it reaches outside its storage; the file is damaged or was tampered with")
        if 0 in shape:
            return np.empty(shape, dtype)
        strides = tuple(step * dtype.itemsize for step in stride)
        view: NDArray[Any] = np.ndarray(shape, dtype, data, offset * dtype.itemsize, strides)
        return view.copy()

    def _entry(self, name: str) -> bytes:
        path = f"{self._root}/{name}"
        if path not in self._names:
            raise ModelError(f"its entry {name[:40]!a} is missing; the file is damaged")
        try:
            return self._zip.read(path)
        except (zipfile.BadZipFile, EOFError, ValueError, struct.error, OSError):
            raise ModelError(f"its entry {name[:40]!a} is damaged; fetch the file again") from None


def _opened(content: bytes) -> zipfile.ZipFile:
    # The directory must end the file without a comment: bytes before or after the archive could be a second file.
    if content[-_END_SIZE : -_END_SIZE + 4] != _END_OF_DIRECTORY:
        raise ModelError("it is truncated or has something after its end; fetch the file again")
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, OSError):
        raise ModelError("its list of contents is damaged; fetch the file again") from None


def _checked_root(names: list[str]) -> str:
    """The one folder in which all entries are."""
    if not 0 < len(names) <= MAX_ENTRIES:
        raise ModelError(f"it has {len(names)} entries instead of 1 to {MAX_ENTRIES}")
    if len(set(names)) != len(names):
        raise ModelError("it has two entries of one name; it was tampered with")
    roots = {name.split("/")[0] for name in names}
    unsafe = [name for name in names if name.startswith("/") or "\\" in name or ".." in name.split("/")]
    if unsafe or "" in roots:
        raise ModelError(f"its entry {(unsafe or names)[0][:40]!a} points outside the archive; it was tampered with")
    if len(roots) != 1:
        raise ModelError("it is a zip file but no PyTorch model (its contents are not in one folder)")
    return roots.pop()


def _check_sizes(infos: list[zipfile.ZipInfo], size: int) -> None:
    if any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 for info in infos):
        raise ModelError("its entries are compressed or encrypted, which PyTorch never does; save it with torch.save")
    if any(info.compress_size != info.file_size for info in infos) or sum(info.file_size for info in infos) > size:
        raise ModelError("its entries claim to be larger than the file; it was tampered with")


def _check_kind(names: set[str], root: str) -> None:
    if f"{root}/constants.pkl" in names or any(name.startswith(f"{root}/code/") for name in names):
        raise ModelError(
            "it is a TorchScript program, which would have to be executed; choose the .pth file that torch.save wrote"
        )
    if f"{root}/data.pkl" not in names:
        raise ModelError("it is a zip file but no PyTorch model (it holds no data.pkl)")


def _dimensions(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or len(values) > MAX_TENSOR_DIMENSIONS:
        raise ModelError("a tensor of it has a malformed shape; the file is damaged")
    if any(type(value) is not int or not 0 <= value < 2**40 for value in values):
        raise ModelError("a tensor of it has a malformed shape; the file is damaged")
    return tuple(values)
