"""Where a command writes: found out before the work is done, written whole or not at all."""

import os
from pathlib import Path

from les_viz.errors import SettingError


def check_target(target: str) -> None:
    """Find out whether a file can be written.

    Args:
        target: its path.

    Raises:
        SettingError: it cannot.
    """
    path = Path(target)
    if path.is_dir():
        raise SettingError(f"cannot write {target}: it is a folder; give a file name")
    folder = path.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise SettingError(f"cannot write {target}: the folder {folder} is missing or not writable")


def write_text(target: str, text: str) -> None:
    """Write a file; a reader never finds half of it.

    Args:
        target: its path.
        text: its content.

    Raises:
        SettingError: the disk refuses.
    """
    unfinished = Path(f"{target}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(target)
    except OSError as caught:
        unfinished.unlink(missing_ok=True)
        raise SettingError(f"cannot write {target} ({caught.strerror}): choose another place") from None
