"""One process moves a run: a lock that the system lets go of when its holder ends, however it ends."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from les_viz.errors import SettingError
from les_viz.runs.directory import RunDirectory

PATIENCE_S = 3.0
"""How long a process that was killed may take to let go of its run."""

LOOK_S = 0.05

BEYOND = 2**30
"""Byte that Windows locks, far behind the end of the file: nobody may read what is locked there."""


@contextmanager
def held(directory: RunDirectory) -> Iterator[None]:
    """Keep other processes from moving the same run.

    Raises:
        SettingError: another process moves it, and does not end soon.
    """
    end = time.monotonic() + PATIENCE_S
    with directory.run.open("rb") as stream:
        while not _is_ours(stream.fileno()):
            if time.monotonic() > end:
                raise SettingError(
                    f"another process moves the run in {directory.path}: wait until it has ended, or stop it there"
                )
            time.sleep(LOOK_S)
        yield


def _is_ours(file: int) -> bool:
    """Whether nobody else holds the file, which is ours from now on until it is closed."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file, BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a disk that knows no locks
        return True
    return True
