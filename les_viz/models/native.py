"""Our model format: one safetensors file whose metadata entry `les_viz` is the model's configuration as JSON.

The file is taken apart here rather than by a library, because it comes from outside: sizes, names, shapes and coverage
are checked against what the configuration implies before a single weight is touched. Equal models give equal bytes.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import ModelError
from les_viz.models.config import BondHeadConfig, HeadConfig, ModelConfig, RepresentationConfig
from les_viz.models.header import check_config, config_from_json, config_to_json, strict_json
from les_viz.models.monomials import n_invariants

Weights = dict[str, NDArray[Any]]

MAX_FILE_BYTES = 256 * 1024**2
MAX_HEADER_BYTES = 1024**2
MAX_PARAMETERS = 30_000_000
_METADATA = "__metadata__"
_KEY = "les_viz"
_PREFIX = 8
_DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}


def read_native(source: bytes | Path) -> tuple[ModelConfig, Weights]:
    """Read a model in our format, trusting nothing in it.

    Args:
        source: the file or its content.

    Raises:
        ModelError: says what is wrong with the file.
    """
    content = source if isinstance(source, bytes) else read_bounded(source)
    header, data = _split(content)
    config = _config(header)
    shapes = expected_shapes(config)
    _check_names(header, shapes)
    spans = {name: _span(name, header[name], shapes[name]) for name in shapes}
    _check_coverage(spans, len(data))
    return config, {name: _weights(name, data, dtype, start, shapes[name]) for name, (dtype, start, _) in spans.items()}


def write_native(config: ModelConfig, weights: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of a model file in our format.

    Args:
        config: its configuration.
        weights: its tensors, exactly those of `expected_shapes(config)`.

    Raises:
        ModelError: the configuration or a tensor is not valid, with the same checks as for reading.
    """
    check_config(config)
    shapes = expected_shapes(config)
    header: dict[str, Any] = {_METADATA: {_KEY: config_to_json(config)}}
    chunks: list[bytes] = []
    position = 0
    _check_names(weights, shapes)
    for name, shape in sorted(shapes.items()):
        values = weights[name]
        code = _CODES.get(values.dtype)
        if values.shape != shape or code is None:
            raise ModelError(f"the tensor {name} is {values.dtype} {values.shape}, but must be float32 or 64 {shape}")
        _check_finite(name, values)
        chunks.append(np.ascontiguousarray(values).tobytes())
        end = position + len(chunks[-1])
        header[name] = {"dtype": code, "shape": list(shape), "data_offsets": [position, end]}
        position = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(_PREFIX, "little") + text + b"".join(chunks)


def looks_native(content: bytes) -> bool:
    """Whether content begins like a safetensors file."""
    return len(content) > _PREFIX and content[_PREFIX : _PREFIX + 1] == b"{"


def read_bounded(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """Read a file, unless it is larger than a limit or cannot be read.

    Raises:
        ModelError: says why.
    """
    try:
        with path.open("rb") as stream:
            size = path.stat().st_size
            content = stream.read(limit + 1) if size <= limit else b""
    except OSError as caught:
        raise ModelError(f"cannot be read ({caught.strerror}); check the path and its permissions") from None
    if max(size, len(content)) > limit:
        raise ModelError(f"it is larger than {limit // 1024**2} MiB, the limit for a model file")
    return content


def expected_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that a configuration implies.

    Raises:
        ModelError: together they would have more than `MAX_PARAMETERS` numbers.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for index, representation in enumerate(config.representations):
        shapes |= _representation_shapes(representation, len(config.elements), f"representations.{index}")
    heads = [(f"energy_heads.{index}", head) for index, head in enumerate(config.energy_heads)]
    charge = config.charge_head
    if isinstance(charge, BondHeadConfig):
        n_in = n_features(config.representations[charge.representation])
        shapes |= _bond_head_shapes(charge, n_in, len(config.elements))
    elif charge is not None:
        heads.append(("charge_head", charge))
    for name, head in heads:
        shapes |= _head_shapes(head, n_features(config.representations[head.representation]), name)
    total = sum(math.prod(shape) for shape in shapes.values())
    if total > MAX_PARAMETERS:
        raise ModelError(f"its header asks for {total} parameters, above the limit of {MAX_PARAMETERS}")
    return shapes


def n_features(representation: RepresentationConfig) -> int:
    """Length of the feature vector of one atom."""
    steps = 1 if representation.message is None else 2
    return _n_step_features(representation) * steps


def _n_step_features(representation: RepresentationConfig) -> int:
    symmetric = n_invariants(representation.l_max, representation.nu_max)
    return representation.n_radial * symmetric * representation.n_embedding**2


def _representation_shapes(
    representation: RepresentationConfig, n_elements: int, name: str
) -> dict[str, tuple[int, ...]]:
    embedding = (n_elements, representation.n_embedding)
    by_l = (representation.l_max + 1, representation.n_radial, representation.n_embedding**2)
    shapes: dict[str, tuple[int, ...]] = {
        f"{name}.sender_embedding": embedding,
        f"{name}.receiver_embedding": embedding,
        f"{name}.bessel_frequencies": (representation.n_radial_basis,),
        f"{name}.bessel_prefactor": (1,),
        f"{name}.mixing": (by_l[0], representation.n_radial_basis, *by_l[1:]),
    }
    message = representation.message
    if message is None:
        return shapes
    if message.memory:
        shapes[f"{name}.message.memory"] = by_l
    if message.decay:
        shapes[f"{name}.message.decay_prefactor"] = by_l
        shapes[f"{name}.message.decay_rate"] = by_l
    if message.modulation:
        channels = by_l[2] if message.modulation_per_channel else 1
        n_out = channels * (by_l[0] if message.modulation_per_l else 1)
        widths = (_n_step_features(representation), *message.modulation_hidden, n_out)
        shapes |= _layer_shapes(widths, f"{name}.message.modulation", bias=message.modulation_bias)
    return shapes


def _head_shapes(head: HeadConfig, n_in: int, name: str) -> dict[str, tuple[int, ...]]:
    shapes = _layer_shapes((n_in, *head.hidden, head.n_out), f"{name}.layers", bias=head.bias)
    if head.linear:
        shapes[f"{name}.linear.weight"] = (head.n_out, n_in)
    if head.linear_bias:
        shapes[f"{name}.linear.bias"] = (head.n_out,)
    return shapes


def _bond_head_shapes(head: BondHeadConfig, n_in: int, n_elements: int) -> dict[str, tuple[int, ...]]:
    n_values = 2 * head.n_transfers
    return {
        **_layer_shapes((n_in, *head.hidden, n_values), "charge_head.layers", bias=False),
        "charge_head.element_values": (n_elements, n_values),
        "charge_head.radial": (head.n_radial_basis, head.n_transfers),
        "charge_head.formal_scale": (1,),
    }


def _layer_shapes(widths: tuple[int, ...], name: str, *, bias: bool) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for index in range(len(widths) - 1):
        shapes[f"{name}.{index}.weight"] = (widths[index + 1], widths[index])
        if bias:
            shapes[f"{name}.{index}.bias"] = (widths[index + 1],)
    return shapes


def _split(content: bytes) -> tuple[dict[str, Any], memoryview]:
    """Cut a file into its parsed header and its data."""
    if len(content) > MAX_FILE_BYTES:
        raise ModelError(f"it is larger than {MAX_FILE_BYTES // 1024**2} MiB, the limit for a model file")
    length = int.from_bytes(content[:_PREFIX], "little")
    if len(content) < _PREFIX or not 0 < length <= len(content) - _PREFIX:
        raise ModelError("it is truncated: its header is longer than the file; fetch or convert it again")
    if length > MAX_HEADER_BYTES:
        raise ModelError(f"its header is larger than {MAX_HEADER_BYTES // 1024} KiB, which no model needs")
    try:
        text = content[_PREFIX : _PREFIX + length].decode()
    except UnicodeDecodeError:
        raise ModelError("its header is not text; the file is damaged") from None
    header = strict_json(text, "its header")
    if not isinstance(header, dict):
        raise ModelError("its header is no JSON object; the file is damaged")
    return header, memoryview(content)[_PREFIX + length :]


def _config(header: dict[str, Any]) -> ModelConfig:
    metadata = header.pop(_METADATA, None)
    text = metadata.get(_KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise ModelError(
            "it is a safetensors file without the les_viz header, so its architecture is unknown; choose a file "
            "written by les-viz convert or les-viz train"
        )
    return config_from_json(text)


def _check_names(given: Mapping[str, Any], shapes: Mapping[str, Any]) -> None:
    missing = [name for name in shapes if name not in given]
    surplus = [name for name in given if name not in shapes]
    if missing:
        raise ModelError(f"its tensor {missing[0]} is missing; the file does not fit its own header")
    if surplus:
        raise ModelError(f"its tensor {surplus[0][:60]!a} is not one that its header implies; convert the model again")


def _span(name: str, entry: object, shape: tuple[int, ...]) -> tuple[np.dtype[Any], int, int]:
    """dtype, first and last byte of a tensor, checked against the shape that it must have."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ModelError(f"the entry of its tensor {name} is malformed; the file is damaged")
    dtype = _DTYPES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if dtype is None:
        raise ModelError(f"its tensor {name} has the type {str(entry['dtype'])[:20]!a}; only F32 and F64 are allowed")
    if not _are_integers(entry["shape"]) or tuple(entry["shape"]) != shape:
        raise ModelError(f"its tensor {name} has the shape {str(entry['shape'])[:60]}, but its header implies {shape}")
    offsets = entry["data_offsets"]
    if not _are_integers(offsets) or len(offsets) != 2:
        raise ModelError(f"the place of its tensor {name} is malformed; the file is damaged")
    start, end = offsets
    if start < 0 or end - start != math.prod(shape) * dtype.itemsize:
        raise ModelError(f"its tensor {name} does not fill its place in the file; the file is damaged")
    return dtype, start, end


def _are_integers(values: object) -> bool:
    return isinstance(values, list) and all(type(value) is int for value in values)


def _check_coverage(spans: Mapping[str, tuple[Any, int, int]], size: int) -> None:
    """Every byte of the data must belong to exactly one tensor, so that nothing can hide in the file."""
    position = 0
    for start, end in sorted((start, end) for _, start, end in spans.values()):
        if start != position:
            raise ModelError("its tensors overlap or leave gaps; the file is damaged or was tampered with")
        position = end
    if position > size:
        raise ModelError(f"it is truncated: {position - size} bytes are missing; fetch or convert it again")
    if position < size:
        raise ModelError(f"it has {size - position} bytes after its end; the file is damaged or was tampered with")


def _weights(name: str, data: memoryview, dtype: np.dtype[Any], start: int, shape: tuple[int, ...]) -> NDArray[Any]:
    values = np.frombuffer(data, dtype, math.prod(shape), start).reshape(shape).copy()
    _check_finite(name, values)
    return values


def _check_finite(name: str, values: NDArray[Any]) -> None:
    if not np.isfinite(values).all():
        raise ModelError(f"its tensor {name} holds NaN or infinity; the training that wrote it failed")
