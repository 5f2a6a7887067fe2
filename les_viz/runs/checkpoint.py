"""Checkpoints: arrays and numbers in one .npz without pickles, written whole or not at all."""

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from les_viz.elements import SYMBOLS
from les_viz.errors import SettingError
from les_viz.md.structures import atoms_from_arrays
from les_viz.whole_file import write_whole

if TYPE_CHECKING:
    import ase

VERSION = 1


def write_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write arrays as they are, everything else as JSON; floats come back to the last bit."""
    arrays = {name: value for name, value in content.items() if isinstance(value, np.ndarray)}
    others = {name: value for name, value in content.items() if name not in arrays}
    stream = io.BytesIO()
    arrays["__others__"] = np.array(json.dumps({"version": VERSION, **others}))
    np.savez(stream, allow_pickle=False, **arrays)
    write_whole(path, stream.getvalue(), durable=True)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `write_checkpoint` wrote.

    Raises:
        SettingError: there is none, or it is damaged.
    """
    try:
        if path.exists() and not path.is_file():  # a device has no end
            raise ValueError("it is no file")
        data = path.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            if sum(entry.file_size for entry in archive.zip.infolist()) > len(data):
                raise ValueError("it is packed")
            arrays = {name: archive[name] for name in archive.files}
        others = json.loads(str(arrays.pop("__others__")))
    except FileNotFoundError:
        raise SettingError(f"{path.parent} holds no checkpoint: start the run anew in another folder") from None
    except Exception as caught:  # NumPy, zip and JSON each have their own ways to fail on damaged bytes
        raise SettingError(f"{path} is damaged ({caught}): start the run anew in another folder") from None
    if not isinstance(others, dict) or others.pop("version", None) != VERSION:
        raise SettingError(f"{path} was written by another version of les_viz: start the run anew in another folder")
    return {**others, **arrays}


def read_first_atoms(path: Path) -> "ase.Atoms":
    """The atoms at the start of a run.

    Raises:
        SettingError: the file is damaged, or there is none.
    """
    arrays = read_checkpoint(path)
    try:
        atoms = atoms_from_arrays(arrays)
        if not (np.isfinite([*atoms.positions, *atoms.cell[:]]).all() and (atoms.get_masses() > 0).all()):
            raise ValueError("positions, cell or masses are none")
        if len(atoms) == 0 or not ((atoms.numbers >= 1) & (atoms.numbers < len(SYMBOLS))).all():
            raise ValueError("it holds no atoms, or what is no element")
    except (KeyError, TypeError, ValueError, IndexError) as caught:
        raise SettingError(
            f"{path} is damaged ({' '.join(str(caught).split())[:200]}): start the run anew in another folder"
        ) from None
    return atoms
