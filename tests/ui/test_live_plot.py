"""The lines of a moving run as they are sent: the keys, names and numbers that `course.ts` reads."""

import json
import re
import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from les_viz.plots.timeline import Course, Line
from les_viz.ui.dynamics.live_plot import pack_course

LINES = (
    Line(
        row=1, name="potential", unit="eV", values=np.array([0.0, 1.5]), color="#123456", is_secondary=True, dash="dot"
    ),
    Line(row=4, name="current", unit="e Å/fs", values=np.array([-2.0, 3.0]), color="#654321"),
)
COURSE = Course(times=np.array([0.0, 2.0]), time_unit="ps", fs_per_unit=1000.0, lines=LINES)


def opened(payload: bytes) -> tuple[dict, dict[str, NDArray]]:
    (length,) = struct.unpack_from("<I", payload)
    header = json.loads(payload[4 : 4 + length])
    body = payload[-(-(4 + length) // 8) * 8 :]
    arrays = {
        name: np.frombuffer(body, "<f4", int(np.prod(meta["shape"])), meta["offset"])
        for name, meta in header["arrays"].items()
    }
    return header, arrays


@pytest.fixture
def sent():
    return opened(pack_course(COURSE, 500.0, {"plot": "p", "run": "r", "height": 560, "font": 12}))


def fields_of(source: str, interface: str) -> set[str]:
    found = re.search(rf"interface {interface} {{(.*?)\n}}", source, re.DOTALL)
    return set(re.findall(r"^  (\w+):", found[1], re.MULTILINE))


def test_python_writes_the_keys_that_the_viewer_reads(repository, sent):
    header, _ = sent
    source = (repository / "les_viz/viewer/js/src/course.ts").read_text(encoding="utf-8")
    keys = re.search(r"COURSE_KEYS = \[(.*?)\]", source, re.DOTALL)
    assert set(re.findall(r'"(\w+)"', keys[1])) == set(header)
    assert fields_of(source, "Line") == set(header["lines"][0])
    assert fields_of(source, "Row") == set(header["rows"][0])


def test_lines_arrive_in_their_rows_with_their_numbers(sent):
    header, arrays = sent
    assert [(line["row"], line["is_right"], line["dash"]) for line in header["lines"]] == [
        (0, True, "dot"),
        (3, False, "solid"),
    ]
    assert len(header["rows"]) == 4
    assert sum(row["share"] for row in header["rows"]) == pytest.approx(1)
    assert header["mark"] == pytest.approx(0.5), "in ps, as the axis"
    np.testing.assert_allclose(arrays["times"], [0, 2])
    np.testing.assert_allclose(arrays["line1"], [-2, 3])
