"""`thermo.jsonl` as columns while it grows: only what is new is read."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from les_viz.runs.thermo import columns_of, lines_of


class ThermoTail:
    """Reads a file again and again."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self._path = path
        self._lines: list[dict[str, Any]] = []
        self._offset = 0
        self._file = 0

    def columns(self) -> dict[str, NDArray[np.float64]]:
        """Each quantity over the lines there are by now, as `thermo.read_columns`; empty without a file."""
        try:
            found = self._path.stat()
        except OSError:
            return {}
        if not self._path.is_file():
            return {}
        if found.st_ino != self._file or found.st_size < self._offset:  # cut where the run went on
            self._lines, self._offset, self._file = [], 0, found.st_ino
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            whole, end, _ = stream.read().rpartition(b"\n")
        if end:
            self._lines += lines_of(whole.decode(errors="replace"))
            self._offset += len(whole) + 1
        return columns_of(self._lines)
