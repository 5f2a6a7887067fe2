"""Which frames of a file are meant: an index or a slice, as in ASE."""

import re

from les_viz.errors import StructureError

Index = int | str | slice
"""3, -1, ":", "10:", "::5" or a slice."""


def index_text(index: Index) -> str:
    """Write an index as text that `selected` understands.

    Raises:
        StructureError: it is none.
    """
    if isinstance(index, slice):
        parts = (index.start, index.stop, index.step)
        text = ":".join("" if part is None else str(part) for part in parts)
    else:
        text = str(index).strip()
    if not re.fullmatch(r"-?\d{1,12}|(-?\d{1,12})?:(-?\d{1,12})?(:(-?\d{0,11}[1-9]\d{0,11})?)?", text):
        raise StructureError(
            f"index {text[:30]!r} is no frame number: use one like 0 or -1, or a range like : or 10:20:2"
        )
    return text


def selected(text: str, n_frames: int, max_frames: int) -> list[int]:
    """Find the frame numbers that an index means.

    Args:
        text: from `index_text`.
        n_frames: frames of the file.
        max_frames: how many may be read.

    Raises:
        StructureError: no such frame, or too many.
    """
    if ":" not in text:
        number = int(text)
        if not -n_frames <= number < n_frames:
            raise StructureError(
                f"frame {number} was asked for, but the file holds {n_frames}: ask for 0 to {n_frames - 1}"
            )
        return [number % n_frames]
    parts = [int(part) if part else None for part in text.split(":")]
    chosen = range(n_frames)[slice(*parts)]
    if not chosen:
        raise StructureError(f"the range {text} holds none of the {n_frames} frames of the file: choose another")
    if len(chosen) > max_frames:
        raise StructureError(
            f"{len(chosen)} frames are more than the limit of {max_frames}: read a part, for example index '::10'"
        )
    return list(chosen)
