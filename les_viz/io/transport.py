"""Frames as bytes, to get them out of the process that parses: JSON for the structure, raw numbers behind it.

Nothing in it can make the receiver run code or allocate more than the bytes that arrived: every array is a view of
them, checked for its bounds. Arrays of texts take as much for each text as for the longest, so they are counted.

    8 bytes, length of the JSON | JSON | float64 numbers | int64 numbers | one byte a boolean
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from les_viz.errors import StructureError

if TYPE_CHECKING:
    import ase

_KINDS = {"f": np.dtype("<f8"), "i": np.dtype("<i8"), "b": np.dtype("?")}
_FIXED = "fixed_atoms"

MOST_LETTERS = 50_000_000
"""Of all arrays of texts of a file; NumPy keeps four bytes a letter, for each text as many as for the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structures:
    """What a file held."""

    frames: "tuple[ase.Atoms, ...]"
    notes: tuple[str, ...]
    """Sentences to show beside the structures: what was guessed or left out."""
    format: str
    """Name of the format (`les_viz.io.formats.Format`)."""


def pack(frames: "Sequence[ase.Atoms]", notes: Sequence[str], file_format: str) -> bytes:
    """Write frames as bytes; numbers beside the geometry that are not finite are left out, with a note."""
    packer = _Packer()
    packed = [packer.frame(atoms) for atoms in frames]
    header = {
        "frames": packed,
        "notes": [*notes, *packer.notes(len(packed))],
        "format": file_format,
        "sizes": {kind: packer.sizes[kind] for kind in _KINDS},
    }
    text = json.dumps(header).encode()
    chunks = [chunk for kind in _KINDS for chunk in packer.chunks[kind]]
    return b"".join([len(text).to_bytes(8, "little"), text, *chunks])


def unpack(payload: bytes) -> Structures:
    """Rebuild the frames.

    Raises:
        StructureError: the bytes are not what `pack` writes.
    """
    try:
        start = 8 + int.from_bytes(payload[:8], "little")
        header = json.loads(payload[8:start])
        buffers = {}
        for kind, dtype in _KINDS.items():
            buffers[kind] = np.frombuffer(payload, dtype, header["sizes"][kind], start)
            start += buffers[kind].nbytes
        frames = tuple(_unpack_frame(frame, buffers) for frame in header["frames"])
        return Structures(frames=frames, notes=tuple(header["notes"]), format=header["format"])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, RecursionError) as caught:
        raise StructureError(
            f"the reader returned damaged data ({type(caught).__name__}): report this file"
        ) from caught


@dataclass
class _Packer:
    """Collects the numbers of all frames, by kind."""

    chunks: dict[str, list[bytes]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    sizes: Counter[str] = field(default_factory=Counter)
    not_finite: Counter[str] = field(default_factory=Counter)
    not_kept: Counter[str] = field(default_factory=Counter)
    too_long: Counter[str] = field(default_factory=Counter)
    letters: int = 0

    def frame(self, atoms: "ase.Atoms") -> dict[str, Any]:
        """Describe one frame."""
        results = atoms.calc.results if atoms.calc is not None else {}
        return {
            "arrays": self._entries(atoms.arrays),
            "info": self._entries(atoms.info),
            "results": self._entries({key: value for key, value in results.items() if value is not None}),
            "cell": self._array(np.asarray(atoms.cell[:], dtype=float)),
            "pbc": [bool(flag) for flag in atoms.pbc],
            _FIXED: _fixed_atoms(atoms),
        }

    def notes(self, n_frames: int) -> list[str]:
        """Say what was left out, and in how many frames."""
        reasons = (
            (self.not_finite, "holds numbers that are not finite"),
            (self.not_kept, "is of a kind that is not read"),
            (self.too_long, "holds texts that are too long for so many atoms"),
        )
        return [
            f"{name!r} {reason}" + (f" in {count} of {n_frames} frames" if n_frames > 1 else "") + ": left out"
            for counter, reason in reasons
            for name, count in sorted(counter.items())
        ]

    def _entries(self, values: Mapping[str, Any]) -> dict[str, Any]:
        described = {str(name)[:200]: self._describe(str(name)[:200], value) for name, value in values.items()}
        return {name: entry for name, entry in described.items() if entry is not None}

    def _describe(self, name: str, value: Any) -> dict[str, Any] | None:  # noqa: ANN401 - info holds anything
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and not isfinite(value):
            self.not_finite[name] += 1
            return None
        if isinstance(value, np.ndarray):
            return self._describe_array(name, value)
        try:
            return {"value": json.loads(json.dumps(value, allow_nan=False))}
        except (TypeError, ValueError, RecursionError):
            self.not_kept[name] += 1
            return None

    def _describe_array(self, name: str, array: np.ndarray) -> dict[str, Any] | None:
        if array.dtype.kind in "UO" and all(isinstance(item, str) for item in array.flat):
            return self._describe_texts(name, array)
        if array.dtype.kind not in "fiub":
            self.not_kept[name] += 1
            return None
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            self.not_finite[name] += 1
            return None
        return {"array": self._array(array)}

    def _describe_texts(self, name: str, array: np.ndarray) -> dict[str, Any] | None:
        texts = array.ravel().tolist()
        letters = _letters(texts)
        if self.letters + letters > MOST_LETTERS:
            self.too_long[name] += 1
            return None
        self.letters += letters
        return {"text": texts, "shape": list(array.shape)}

    def _array(self, array: np.ndarray) -> list[Any]:
        kind = "i" if array.dtype.kind == "u" else array.dtype.kind
        offset = self.sizes[kind]
        self.chunks[kind].append(np.ascontiguousarray(array, dtype=_KINDS[kind]).tobytes())
        self.sizes[kind] += array.size
        return [kind, offset, list(array.shape)]


def _letters(texts: Sequence[str]) -> int:
    """How many letters an array of texts has room for."""
    return len(texts) * max(map(len, texts), default=0)


def _fixed_atoms(atoms: "ase.Atoms") -> list[int]:
    """Indices of the atoms that a constraint of the file holds in place."""
    from ase.constraints import FixAtoms

    return sorted({int(i) for c in atoms.constraints if isinstance(c, FixAtoms) for i in c.get_indices()})


def _unpack_frame(frame: Mapping[str, Any], buffers: Mapping[str, np.ndarray]) -> "ase.Atoms":
    import ase
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.constraints import FixAtoms

    arrays = {name: _value(entry, buffers) for name, entry in frame["arrays"].items()}
    atoms = ase.Atoms(
        numbers=arrays.pop("numbers"),
        positions=arrays.pop("positions"),
        cell=_take(frame["cell"], buffers),
        pbc=frame["pbc"],
        info={name: _value(entry, buffers) for name, entry in frame["info"].items()},
    )
    for name, array in arrays.items():
        atoms.set_array(name, array)
    if frame["results"]:
        atoms.calc = SinglePointCalculator(
            atoms, **{name: _value(entry, buffers) for name, entry in frame["results"].items()}
        )
    if frame[_FIXED]:
        atoms.set_constraint(FixAtoms(frame[_FIXED]))
    return atoms


def _value(entry: Mapping[str, Any], buffers: Mapping[str, np.ndarray]) -> Any:  # noqa: ANN401 - info holds anything
    if "array" in entry:
        return _take(entry["array"], buffers)
    if "text" in entry:
        if _letters(entry["text"]) > MOST_LETTERS:
            raise ValueError("texts would take more than arrived")
        return np.array(entry["text"], dtype=str).reshape(entry["shape"])
    return entry["value"]


def _take(reference: Sequence[Any], buffers: Mapping[str, np.ndarray]) -> np.ndarray:
    kind, offset, shape = reference
    size = prod(shape)
    if offset < 0 or min(shape, default=1) < 0 or offset + size > len(buffers[kind]):
        raise ValueError("an array reaches beyond the data")
    return buffers[kind][offset : offset + size].reshape(shape).copy()
