"""What a notebook wants to see, as scenes: predictions, atoms, or a list of either as a trajectory."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from les_viz.errors import SettingError
from les_viz.response.prediction import UNITS, FloatArray, Prediction
from les_viz.viewer.frames import Frames
from les_viz.viewer.scene import Coloring, Scene

_PER_ATOM = ("latent_charges", "partial_charges", "potential", "long_range_energies", "short_range_energies")
BY_ELEMENT = "element"


def scene_and_frames(subject: object, color: str) -> tuple[Scene, Frames | None]:
    """The picture of a structure, and its frames if there are several.

    Args:
        subject: a `Prediction`, an `ase.Atoms`, or a sequence of either, all of the same atoms.
        color: a per-atom field of a prediction, a per-atom array of the atoms, or `element`.

    Returns:
        The scene of the first structure; all of them as frames, or None for a single one.
    """
    items = list(subject) if isinstance(subject, Sequence) else [subject]
    if not items or any(_numbers(item).tolist() != _numbers(items[0]).tolist() for item in items):
        raise SettingError("expected one structure, or several of the same atoms in the same order")
    values = None if color == BY_ELEMENT else [_values(item, color) for item in items]
    coloring = None
    if values is not None:
        limit = Coloring.of("", "", np.concatenate(values)).limit
        coloring = Coloring.of(color.replace("_", " ").removesuffix("s"), UNITS.get(color, ""), values[0], limit)
    scene = Scene(
        atomic_numbers=_numbers(items[0]),
        positions=np.asarray(_positions(items[0]), dtype=float),
        cell=_cell(items[0]),
        coloring=coloring,
        viewer="notebook",
    )
    if len(items) == 1:
        return scene, None
    stacked = None if values is None else np.stack(values)
    return scene, Frames.whole(np.stack([_positions(item) for item in items]), values=stacked)


def _numbers(item: Any) -> "np.ndarray[Any, np.dtype[np.int64]]":  # noqa: ANN401 (a prediction, or what looks like Atoms)
    if isinstance(item, Prediction):
        return item.atomic_numbers
    if not hasattr(item, "numbers") or not hasattr(item, "positions"):
        raise SettingError(f"cannot show {type(item).__name__}: expected a les_viz.Prediction, an ase.Atoms or a list")
    return np.asarray(item.numbers, dtype=np.int64)


def _positions(item: Any) -> FloatArray:  # noqa: ANN401
    return np.asarray(item.positions, dtype=float)


def _cell(item: Any) -> FloatArray | None:  # noqa: ANN401
    return np.asarray(item.cell, dtype=float) if np.any(item.pbc) else None


def _values(item: Any, color: str) -> FloatArray:  # noqa: ANN401
    offered = _offered(item)
    if color not in offered:
        have = ", ".join([*offered, BY_ELEMENT])
        hint = "" if isinstance(item, Prediction) else "; predict first to see charges: les_viz.predict(model, atoms)"
        raise SettingError(f"there is no {color!r} to colour by: expected one of {have}{hint}")
    return offered[color]


def _offered(item: Any) -> Mapping[str, FloatArray]:  # noqa: ANN401
    if isinstance(item, Prediction):
        fields = {name: np.asarray(getattr(item, name), dtype=float) for name in _PER_ATOM}
        return {name: values if values.ndim == 1 else values.sum(axis=1) for name, values in fields.items()}
    arrays = {} if getattr(item, "calc", None) is None else dict(item.calc.results)
    arrays |= item.arrays
    found = {name: np.asarray(values) for name, values in arrays.items() if name != "numbers"}
    return {
        name: values.astype(float)
        for name, values in found.items()
        if values.shape == (len(item.numbers),) and np.issubdtype(values.dtype, np.number)
    }
