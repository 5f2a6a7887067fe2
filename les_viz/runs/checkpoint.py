"""Checkpoints: arrays and numbers in one .npz without pickles, written whole or not at all."""

import io
import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from les_viz.errors import SettingError
from les_viz.whole_file import write_whole

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
        data = path.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            if sum(entry.file_size for entry in archive.zip.infolist()) > len(data):
                raise ValueError("it is packed")
            arrays = {name: archive[name] for name in archive.files}
        others = json.loads(str(arrays.pop("__others__")))
    except FileNotFoundError:
        raise SettingError(f"{path.parent} holds no checkpoint: start the run anew in another folder") from None
    except (OSError, EOFError, ValueError, KeyError, AttributeError, BadZipFile, MemoryError) as caught:
        raise SettingError(f"{path} is damaged ({caught}): start the run anew in another folder") from None
    if others.pop("version", None) != VERSION:
        raise SettingError(f"{path} was written by another version of les_viz: start the run anew in another folder")
    return {**others, **arrays}
