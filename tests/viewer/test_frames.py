import json
import re
import struct

import numpy as np
import pytest

from les_viz.errors import SettingError
from les_viz.viewer import frames as module
from les_viz.viewer.frames import Frames, pack_frames

POSITIONS = np.arange(24.0).reshape(4, 2, 3)
CELLS = np.stack([(5.0 + f) * np.eye(3) for f in range(4)])


def header_of(payload):
    (length,) = struct.unpack_from("<I", payload)
    return json.loads(payload[4 : 4 + length])


def test_python_writes_the_keys_that_the_viewer_reads(repository):
    frames = Frames.whole(POSITIONS, values=np.ones((4, 2)), times=np.arange(4.0), cells=CELLS)
    header = header_of(pack_frames("bench", frames))
    source = (repository / "les_viz/viewer/js/src/frames.ts").read_text(encoding="utf-8")
    assert set(re.findall(r'"(\w+)"', re.search(r"FRAMES_KEYS = \[(.*?)\]", source)[1])) == set(header)
    assert set(re.findall(r'box\.floats\("([\w.]+)"\)', source)) == set(header["arrays"])
    assert header["arrays"]["frames.values"]["dtype"] == "f2"


def test_a_finished_trajectory_is_named_by_its_content():
    names = [
        Frames.whole(POSITIONS).run,
        Frames.whole(POSITIONS.copy()).run,
        Frames.whole(POSITIONS + 1).run,
        Frames.whole(POSITIONS, values=np.ones((4, 2))).run,
        Frames.whole(POSITIONS, times=np.arange(4.0)).run,
        Frames.whole(POSITIONS, cells=CELLS).run,
    ]
    assert names[0] == names[1]
    assert len(set(names)) == 5


@pytest.mark.parametrize(("n_frames", "n_atoms", "megabytes"), [(2000, 200, 5.7), (200, 3000, 8.5)])
def test_long_and_large_trajectories_are_small_enough_to_send(n_frames, n_atoms, megabytes):
    frames = Frames.whole(np.zeros((n_frames, n_atoms, 3)), values=np.zeros((n_frames, n_atoms)))
    assert len(pack_frames("bench", frames)) < megabytes * 1e6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positions": np.zeros((2, 3))}, "expected \\(frames, atoms, 3\\)"),
        ({"values": np.zeros((4, 3))}, "expected \\(4, 2\\)"),
        ({"times": np.zeros(3)}, "expected \\(4,\\)"),
        ({"cells": np.eye(3)}, "expected \\(4, 3, 3\\)"),
        ({"first": -1}, "from 0"),
    ],
)
def test_frames_that_cannot_be_played_are_refused(change, message):
    with pytest.raises(SettingError, match=message):
        Frames(**({"run": "r", "first": 0, "positions": POSITIONS} | change))


def test_too_many_frames_for_a_browser_are_refused(monkeypatch):
    monkeypatch.setattr(module, "LARGEST_FRAMES", 90)
    with pytest.raises(SettingError, match="leave out frames"):
        Frames.whole(POSITIONS)
