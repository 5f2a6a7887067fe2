"""A run has one process that moves it: the lock of Windows, which is not that of other systems, by a stand-in."""

import os
import sys
from types import ModuleType

import pytest

from les_viz.errors import SettingError
from les_viz.runs import lock
from les_viz.runs.directory import RunDirectory


@pytest.fixture
def windows(monkeypatch):
    """Places that are locked, by file; a lock ends with its file, and what is locked nobody else may lock or read."""
    locked = {}

    def locking(file, mode, count):
        identity = os.fstat(file).st_ino
        place = os.lseek(file, 0, os.SEEK_CUR)
        taken = locked.setdefault(identity, {})
        holder = taken.get(place)
        if holder not in (None, file) and _is_open(holder):
            raise PermissionError(13, "Permission denied")
        assert (mode, count) == ("LK_NBLCK", 1)
        taken[place] = file

    module = ModuleType("msvcrt")
    module.locking, module.LK_NBLCK = locking, "LK_NBLCK"
    monkeypatch.setitem(sys.modules, "msvcrt", module)
    monkeypatch.setattr(sys, "platform", "win32")
    return locked


def _is_open(file):
    try:
        os.fstat(file)
    except OSError:
        return False
    return True


def test_windows(windows, tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE_S", 0.1)
    directory = RunDirectory(tmp_path)
    directory.run.write_text("{}")
    with lock.held(directory):
        with pytest.raises(SettingError, match="another process moves"), lock.held(directory):
            pass
        (places,) = windows.values()
        assert min(places) > len(directory.run.read_text())  # whoever reads the file is not refused
    with lock.held(directory):
        pass
