"""The plots of a run while it moves, redrawn in milliseconds; plotly draws those of runs at rest."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from les_viz.plots.theme import LECTURE_HEIGHT, LECTURE_TYPE
from les_viz.plots.timeline import ROW_HEIGHTS, Course
from les_viz.ui.session import current
from les_viz.ui.viewer import mount_lines
from les_viz.viewer.payload import Arrays, pack
from les_viz.viewer.scene import SCENE_VERSION

_FONT = 12
_SLACK = 4
"""Times the font: height for words that need two lines in a narrow window."""

_TITLES = ("change (eV):", "", "", "")


def show_live_plot(course: Course, *, key: str, run: str, mark_fs: float | None, height: int) -> None:
    """Draw the lines of a run that goes on.

    Args:
        course: what is drawn.
        key: names the plot on its page.
        run: names the trajectory as the viewer does, which goes to the times that are clicked.
        mark_fs: a time to mark; None for none.
        height: pixels.
    """
    font = _FONT
    if current().is_lecture:
        font, height = LECTURE_TYPE, round(LECTURE_HEIGHT * height)
    place: dict[str, str | int] = {"plot": key, "run": run, "height": height, "font": font}
    mount_lines(pack_course(course, mark_fs, place), key=key, height=height + _SLACK * font)


def pack_course(course: Course, mark_fs: float | None, place: Mapping[str, str | int]) -> bytes:
    """Write a course as `course.ts` reads it; `place` has its plot, run, height and font."""
    lines = [
        {
            "row": line.row - 1,
            "name": line.name,
            "unit": line.unit,
            "color": line.color,
            "dash": line.dash,
            "is_right": line.is_secondary,
        }
        for line in course.lines
    ]
    header: dict[str, Any] = {
        **place,
        "version": SCENE_VERSION,
        "fs_per_unit": course.fs_per_unit,
        "time_label": f"time ({course.time_unit})",
        "mark": None if mark_fs is None else mark_fs / course.fs_per_unit,
        "rows": [{"title": title, "share": share} for title, share in zip(_TITLES, ROW_HEIGHTS, strict=True)],
        "lines": lines,
    }
    arrays: Arrays = {"times": ("f4", np.asarray(course.times))}
    for number, line in enumerate(course.lines):
        arrays[f"line{number}"] = ("f4", np.asarray(line.values))
    return pack(header, arrays)
