"""Folders that may be read but not written, whoever runs the tests."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534


@contextmanager
def folder_in_reach():
    """A folder that other users can reach, unlike those of pytest."""
    if os.name == "nt":
        pytest.skip("permissions of POSIX")
    path = Path(tempfile.mkdtemp(prefix="les_viz_others_"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@contextmanager
def may_only_read(folder):
    """Nothing in a folder can be changed meanwhile; root becomes nobody for that, whom permissions hold back."""
    places = [folder, *folder.rglob("*")]
    modes = {place: place.stat().st_mode for place in places}
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
        os.setegid(group)
        for place, mode in modes.items():
            place.chmod(mode)


def content_of(folder):
    """All files, byte by byte."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
