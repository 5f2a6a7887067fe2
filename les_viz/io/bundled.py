"""Structure files that les_viz ships."""

import functools
from pathlib import Path

from les_viz.io.reading import read_structures
from les_viz.io.transport import Structures


@functools.cache
def read_bundled(path: Path) -> Structures:
    """Read all structures of a bundled file, once a process; whoever asks shares them and changes none.

    Args:
        path: below `les_viz.resources.SAMPLE_MODELS`.

    Raises:
        StructureError: one sentence that says what is wrong.
    """
    return read_structures(path)
