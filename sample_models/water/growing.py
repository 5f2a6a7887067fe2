"""A file of frames that grows: each is appended as it comes, and a second start goes on where the first ended."""

from collections.abc import Callable, Iterator
from pathlib import Path

import ase.io
from ase import Atoms


def missing_frames(path: Path, numbers: range, make: Callable[[int], Atoms]) -> Iterator[Atoms]:
    """Make, append and yield the frames that a file still lacks.

    Args:
        path: extended XYZ file, there or not.
        numbers: of all frames that it shall have, in their order.
        make: the frame of a number.
    """
    done = len(ase.io.read(path, ":", format="extxyz")) if path.exists() else 0
    for number in numbers[done:]:
        made = make(number)
        made.info["number"] = number
        ase.io.write(path, made, format="extxyz", append=True)
        yield made
