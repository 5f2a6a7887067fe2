"""Structure files in memory, and readers of them with and without the process around."""

from collections.abc import Callable

import pytest

from les_viz.io.formats import Format, check_content
from les_viz.io.limits import ReadLimits
from les_viz.io.transport import Structures, unpack
from les_viz.io.worker import parse

WATER = """3
Lattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 dipole="0 0 1"
O 0 0 0 0 0 1
H 0.96 0 0 0 0 0
H 0 0.96 0 0 0 0
"""


@pytest.fixture
def water() -> str:
    """Extended XYZ with energy, forces and dipole."""
    return WATER


@pytest.fixture
def parse_here() -> Callable[..., Structures]:
    """Parse in this process what the worker parses in its own: the same code, without the time to start it."""

    def run(
        content: str | bytes,
        file_format: str = "extxyz",
        index: str = ":",
        limits: ReadLimits | None = None,
    ) -> Structures:
        data = content.encode() if isinstance(content, str) else content
        check_content(data, Format(file_format))
        return unpack(parse(data, Format(file_format), index, limits or ReadLimits()))

    return run
