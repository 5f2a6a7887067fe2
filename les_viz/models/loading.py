"""Opens models: bundled samples, files in our format and published checkpoints.

What a file is follows from its content, not from its name. Published checkpoints are read in a sandbox and arrive as
a file in our format, which is checked like one from outside.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from les_viz import resources
from les_viz.errors import ModelError, SettingError
from les_viz.models.config import ModelConfig
from les_viz.models.native import Weights, looks_native, read_bounded, read_native, write_native
from les_viz.sandbox import Limits, run_limited
from les_viz.whole_file import write_whole

if TYPE_CHECKING:
    import torch

    from les_viz.models.model import LESModel

WEIGHTS_FILE = "weights.safetensors"
MAX_CHECKPOINT_BYTES = 64 * 1024**2
LIMITS = Limits(seconds=20.0, memory_bytes=1024**3, output_bytes=256 * 1024**2)
_WORKER = "les_viz.models.checkpoint.worker"
_ZIP = b"PK\x03\x04"
_SHOWN_NAME = 80
_TAR_MAGIC = slice(257, 262)
_PICKLE_ADVICE = "where you trust it, save the whole model again with torch.save of PyTorch 1.6 or newer"
_OTHER_KINDS = (
    (b"\x80", f"it is a bare pickle or a file of PyTorch before 1.6, which les_viz does not read: {_PICKLE_ADVICE}"),
    (b"\x89PNG", "it is a PNG picture, not a model"),
    (b"\xff\xd8\xff", "it is a JPEG picture, not a model"),
    (b"%PDF", "it is a PDF document, not a model"),
    (b"\x89HDF", "it is an HDF5 file, not a model"),
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first"),
    (b"<", "it is a web page or XML, not a model; the download went wrong, fetch the raw file"),
    (b"version https://git-lfs", "it is only a Git LFS pointer; fetch the file itself with git lfs pull"),
)
_WANTED = "choose a published CACE-LES .pth file or a .safetensors file written by les-viz convert"


def sample_names() -> list[str]:
    """Names of the bundled sample models."""
    if not resources.SAMPLE_MODELS.is_dir():
        return []
    folders = resources.SAMPLE_MODELS.iterdir()
    return sorted(folder.name for folder in folders if (folder / WEIGHTS_FILE).is_file())


def load_model(source: str | Path, *, device: str = "cpu", dtype: "str | torch.dtype" = "float64") -> "LESModel":
    """Load a model, ready to predict.

    Args:
        source: name of a sample model, folder or file in our format, or a published `.pth` file. Nothing in the file
            is executed.
        device: where its tensors live, such as "cpu" or "cuda".
        dtype: "float64" or "float32", or torch's own.

    Returns:
        The model, frozen.

    Raises:
        ModelError: not a model that can be used, with the reason.
        SettingError: unknown device or dtype.
    """
    return load_model_bytes(*_located(source), device=device, dtype=dtype)


def load_model_bytes(
    name: str, content: bytes, *, device: str = "cpu", dtype: "str | torch.dtype" = "float64"
) -> "LESModel":
    """Load a model from the content of its file, as from an upload; otherwise like `load_model`.

    Args:
        name: of the file, for messages and the provenance.
        content: the whole file.
        device: where its tensors live.
        dtype: "float64" or "float32", or torch's own.
    """
    import torch  # the sandboxed worker and `les-viz convert` do without it

    from les_viz.models.model import LESModel

    dtypes = {"float32": torch.float32, "float64": torch.float64}
    precision = getattr(dtype, "__name__", str(dtype)).removeprefix("torch.")  # numpy's are classes
    if precision not in dtypes:
        raise SettingError(f"dtype is {precision!r}, but must be 'float32' or 'float64'")
    try:
        torch.zeros(1, device=device, dtype=torch.float64).item()  # cells and atomic energies are in double precision
    except (RuntimeError, AssertionError, TypeError):
        raise SettingError(f"device {device!r} is not available here, or lacks double precision; use 'cpu'") from None
    config, weights = read_model_bytes(name, content)
    return LESModel.from_weights(config, weights, device=device, dtype=dtypes[precision])


def read_model_bytes(name: str, content: bytes) -> tuple[ModelConfig, Weights]:
    """Configuration and weights of a model from the content of its file; writes nothing to disk.

    Args:
        name: of the file, for messages and the provenance.
        content: the whole file.

    Raises:
        ModelError: names the file, what is wrong and what to do.
    """
    shown = shown_name(name)
    if content[: len(_ZIP)] == _ZIP:
        if len(content) > MAX_CHECKPOINT_BYTES:
            raise ModelError(f"{shown}: it is larger than {MAX_CHECKPOINT_BYTES // 1024**2} MiB; {_WANTED}")
        content = run_limited(
            _WORKER, content, arguments=(shown,), limits=LIMITS, task=f"read {shown}", error=ModelError
        )
    elif not looks_native(content):
        raise ModelError(f"{shown}: {_kind_of(content)}")
    try:
        return read_native(content)
    except ModelError as caught:
        raise ModelError(f"{shown}: {caught}") from None


def convert(source: str | Path, destination: str | Path) -> Path:
    """Write a model in our format, without executing anything in the source.

    Args:
        source: like that of `load_model`.
        destination: file to write, or an existing folder to write `weights.safetensors` into.

    Returns:
        The file that was written.

    Raises:
        ModelError: the source is not a model that can be used.
        SettingError: the destination cannot be written.
    """
    target = Path(destination)
    content = write_native(*read_model_bytes(*_located(source)))
    try:
        target = target / WEIGHTS_FILE if target.is_dir() else target
        write_whole(target, content)
    except OSError as caught:
        raise SettingError(f"cannot write {target} ({caught.strerror}); choose another place") from None
    return target


def shown_name(name: str) -> str:
    """A file name that is safe to print: its last part, shortened, without control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character if character.isprintable() else "?" for character in last)[:_SHOWN_NAME] or "model"


def _located(source: str | Path) -> tuple[str, bytes]:
    """Name and content of what a user asked for."""
    if not isinstance(source, str | os.PathLike):
        raise SettingError(f"{source!r} is no model: pass the name of a sample or the path of a file")
    names = sample_names()
    if str(source) in names:
        return str(source), _content(resources.SAMPLE_MODELS / str(source) / WEIGHTS_FILE)
    path = Path(source)
    kind = _kind_of_place(path)
    if kind == "folder":
        return path.name, _content(path / WEIGHTS_FILE)
    if kind == "file":
        return path.name, _content(path)
    if kind != "nothing":
        raise ModelError(f"{shown_name(path.name)}: it is {kind}; {_WANTED}")
    raise ModelError(
        f"there is no sample model and no file {shown_name(str(source))!r}; samples: {', '.join(names) or 'none'}; "
        "otherwise give the path of a model file"
    )


def _kind_of_place(path: Path) -> str:
    try:
        if path.is_file():
            return "file"
        if path.is_dir():
            return "folder" if (path / WEIGHTS_FILE).is_file() else f"a folder without {WEIGHTS_FILE}"
        return "no regular file" if path.exists() else "nothing"
    except (OSError, ValueError):  # a name that the file system cannot hold
        return "nothing"


def _content(path: Path) -> bytes:
    try:
        return read_bounded(path)
    except ModelError as caught:
        raise ModelError(f"{shown_name(path.name)}: {caught}") from None


def _kind_of(content: bytes) -> str:
    """What a file is that is no model, and what to do."""
    if not content:
        return f"it is empty; {_WANTED}"
    if content[_TAR_MAGIC] == b"ustar":
        return f"it is a tar archive, as of PyTorch before 0.1.10: {_PICKLE_ADVICE}; or {_WANTED}"
    for magic, kind in _OTHER_KINDS:
        if content.lstrip().startswith(magic) if magic == b"<" else content.startswith(magic):
            return f"{kind}; {_WANTED}"
    return f"it is no model file of a known kind; {_WANTED}"
