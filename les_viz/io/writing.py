"""Structures as extended XYZ, with what was computed for them: the file that is offered for download."""

import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from les_viz.errors import SettingError

if TYPE_CHECKING:
    import ase


def extxyz_bytes(
    atoms: "ase.Atoms",
    *,
    arrays: Mapping[str, Any] | None = None,
    info: Mapping[str, Any] | None = None,
) -> bytes:
    """Write one structure as extended XYZ that `les_viz.read` and ASE read back.

    Args:
        atoms: the structure; its own arrays, info and results are kept, unless one of the same name is given.
        arrays: per-atom numbers by column name, (atoms, ...); (atoms, 3, 3) becomes 9 columns in C order.
        info: entries of the comment line, numbers or text.

    Returns:
        The file.

    Raises:
        SettingError: an array does not have one row an atom.
    """
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io.extxyz import write_xyz

    arrays, info = dict(arrays or {}), dict(info or {})
    copy = atoms.copy()
    results = atoms.calc.results if atoms.calc is not None else {}
    kept = {key: _rows(value) for key, value in results.items() if value is not None and key not in {*arrays, *info}}
    for name in {*kept, *arrays, *info}:
        copy.info.pop(name, None)
        copy.arrays.pop(name, None)
    for name, values in arrays.items():
        array = np.asarray(values)
        if array.shape[:1] != (len(atoms),):
            raise SettingError(f"{name!r} has shape {array.shape}: expected one row for each of {len(atoms)} atoms")
        copy.arrays[name] = _rows(array)
    copy.info.update(info)
    copy.calc = SinglePointCalculator(copy, **kept)
    text = StringIO()
    write_xyz(text, [copy])
    return text.getvalue().encode()


def _rows(values: Any) -> Any:  # noqa: ANN401 - results hold numbers and arrays
    """One row an atom for tensors, since a column of a file holds one number."""
    return values.reshape(len(values), -1) if np.ndim(values) > 2 else values


def write_extxyz(
    path: str | os.PathLike[str],
    atoms: "ase.Atoms",
    *,
    arrays: Mapping[str, Any] | None = None,
    info: Mapping[str, Any] | None = None,
) -> None:
    """Write one structure to a file; arguments as for `extxyz_bytes`."""
    Path(path).write_bytes(extxyz_bytes(atoms, arrays=arrays, info=info))
