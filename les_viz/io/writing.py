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
        atoms: the structure; its own arrays, info and results are kept.
        arrays: per-atom numbers by column name, (atoms, ...); (atoms, 3, 3) becomes 9 columns in C order.
        info: entries of the comment line, numbers or text.

    Returns:
        The file.

    Raises:
        SettingError: an array does not have one row an atom.
    """
    from ase.io.extxyz import write_xyz

    copy = atoms.copy()
    copy.calc = atoms.calc
    for name, values in (arrays or {}).items():
        array = np.asarray(values)
        if array.shape[:1] != (len(atoms),):
            raise SettingError(f"{name!r} has shape {array.shape}: expected one row for each of {len(atoms)} atoms")
        copy.arrays[name] = array.reshape(len(atoms), -1) if array.ndim > 1 else array
    copy.info.update(info or {})
    text = StringIO()
    write_xyz(text, [copy])
    return text.getvalue().encode()


def write_extxyz(
    path: str | os.PathLike[str],
    atoms: "ase.Atoms",
    *,
    arrays: Mapping[str, Any] | None = None,
    info: Mapping[str, Any] | None = None,
) -> None:
    """Write one structure to a file; arguments as for `extxyz_bytes`."""
    Path(path).write_bytes(extxyz_bytes(atoms, arrays=arrays, info=info))
