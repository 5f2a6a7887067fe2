"""ASE's own formats: binary trajectories (.traj) and JSON databases."""

import json
from io import BytesIO
from math import prod
from typing import TYPE_CHECKING, Any

from les_viz.errors import StructureError
from les_viz.io.limits import ReadLimits
from les_viz.io.names import printable
from les_viz.io.selection import selected

if TYPE_CHECKING:
    import ase

_NUMBERS = frozenset({"float64", "float32", "int64", "int32", "int16", "int8", "uint8", "bool", "complex128"})
_OBJECTS = frozenset({"cell", "atoms"})
_MOST_DIMENSIONS = 4


def read_trajectory(data: bytes, index: str, limits: ReadLimits) -> "list[ase.Atoms]":
    """Parse frames of a .traj file.

    Args:
        data: the whole file.
        index: from `index_text`.
        limits: frames.

    Raises:
        StructureError: not a trajectory of structures, or no such frame.
    """
    from ase.io.trajectory import TrajectoryReader

    reader = TrajectoryReader(BytesIO(data))
    if len(reader) < 1 or len(reader) > len(data):
        raise StructureError(f"it announces {len(reader)} frames: the file is empty or damaged")
    return [reader[number] for number in selected(index, len(reader), limits.max_frames)]


def read_json(text: str, index: str, limits: ReadLimits) -> "list[ase.Atoms]":
    """Parse an ASE JSON database, or one structure written by `ase.io.jsonio`.

    Args:
        text: the whole file.
        index: from `index_text`.
        limits: frames.

    Raises:
        StructureError: not JSON, not from ASE, or arrays that do not fit their data.
    """
    from ase import Atoms
    from ase.db.row import AtomsRow
    from ase.io.jsonio import decode

    try:
        json.loads(text, object_hook=_check_object)
    except RecursionError:
        raise StructureError("its JSON is nested too deeply for a structure") from None
    except json.JSONDecodeError as caught:
        raise StructureError(f"line {caught.lineno} is not JSON ({caught.msg}): is it cut off?") from None
    content = decode(text)
    if isinstance(content, Atoms):
        selected(index, 1, limits.max_frames)
        return [content]
    rows = _rows(content)
    return [AtomsRow(rows[number]).toatoms() for number in selected(index, len(rows), limits.max_frames)]


def _rows(content: object) -> list[dict[str, Any]]:
    if not isinstance(content, dict):
        raise StructureError("it is not an ASE JSON database: it must hold numbered rows")
    ids = content.get("ids", [1])
    found = [content.get(int(number)) for number in ids]
    rows = [row for row in found if isinstance(row, dict) and "positions" in row]
    if not rows or len(rows) < len(found):
        raise StructureError("it is not an ASE JSON database: it must hold numbered rows with 'numbers', 'positions'")
    return [
        {"pbc": [False] * 3, "cell": [[0.0] * 3] * 3, "user": "", "ctime": 0.0, "mtime": 0.0, **row} for row in rows
    ]


def _check_object(entry: dict[str, Any]) -> dict[str, Any] | None:
    """Refuse arrays larger than their data, and objects that are no structure; drop what is checked."""
    if "__ndarray__" in entry:
        shape, dtype, data = _array_parts(entry["__ndarray__"])
        if dtype not in _NUMBERS and not dtype.startswith("<U"):
            raise StructureError(f"it holds an array of type {printable(dtype, 30)!r}, which is not read")
        numbers = prod(shape) * (2 if dtype == "complex128" else 1)
        if numbers != len(data) or (dtype.startswith("<U") and not 0 < int(dtype[2:] or 0) <= 100):
            raise StructureError(f"it announces an array of shape {tuple(shape)} but gives {len(data)} numbers")
    kind = entry.get("__ase_objtype__", "cell")
    if kind not in _OBJECTS:
        raise StructureError(f"it holds an ASE object of kind {printable(str(kind), 30)!r}, not a structure")
    return entry


def _array_parts(parts: object) -> tuple[list[int], str, list[Any]]:
    if isinstance(parts, list) and len(parts) == 3:
        shape, dtype, data = parts
        sizes_fit = isinstance(shape, list) and len(shape) <= _MOST_DIMENSIONS
        if sizes_fit and all(isinstance(n, int) and n >= 0 for n in shape) and isinstance(dtype, str):
            return shape, dtype, data if isinstance(data, list) else [data]
    raise StructureError("it holds an array whose shape, type and numbers are not given as ASE writes them")
