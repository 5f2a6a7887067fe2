"""Where a command writes: found out before the work is done, written whole or not at all; and how it warns."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from les_viz.errors import SettingError
from les_viz.whole_file import write_whole


def warn(sentences: Iterable[str]) -> None:
    """Write each different sentence to standard error, one a line.

    Args:
        sentences: what to say; spaces and breaks of lines in them become one space.
    """
    for text in dict.fromkeys(sentences):
        print("les-viz: warning:", " ".join(text.split()), file=sys.stderr)


def check_target(target: str) -> None:
    """Find out whether a file can be written.

    Args:
        target: its path.

    Raises:
        SettingError: it cannot.
    """
    if not target:
        raise SettingError("the file to write has no name: give one")
    path = Path(target)
    try:
        if path.is_dir():
            raise SettingError(f"cannot write {target}: it is a folder; give a file name")
        folder = path.resolve().parent
        is_open = os.access(path if path.exists() and not path.is_file() else folder, os.W_OK)
        if not folder.is_dir() or not is_open:
            raise SettingError(f"cannot write {target}: the folder {folder} is missing or not writable")
    except OSError as caught:
        raise SettingError(f"cannot write {target} ({caught.strerror}): choose another place") from None


def write_text(target: str, text: str) -> None:
    """Write a file; a reader never finds half of it.

    Args:
        target: its path.
        text: its content.

    Raises:
        SettingError: the disk refuses.
    """
    try:
        write_whole(Path(target), text.encode())
    except OSError as caught:
        raise SettingError(f"cannot write {target} ({caught.strerror}): choose another place") from None
