"""Wishes for a run that another process has: written to `control.json` by one side, seen by the other."""

import time
from contextlib import suppress
from dataclasses import asdict, dataclass

from les_viz.md.protocols import FieldProtocol
from les_viz.runs.directory import RunDirectory, read_json, write_json
from les_viz.runs.replay import field_of

PAUSE_S = 0.02
"""How long a paused run sleeps between looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is asked of a run.

    Attributes:
        stop: end at the next step, to be gone on with.
        pause: rest, ready to move.
        field: the field from now on; None for that of the configuration.
    """

    stop: bool = False
    pause: bool = False
    field: FieldProtocol | None = None


def write_wishes(directory: RunDirectory, wishes: Wishes) -> None:
    """Ask."""
    write_json(directory.control, asdict(wishes))


def read_wishes(directory: RunDirectory) -> Wishes:
    """What is asked now."""
    content = read_json(directory.control) or {}
    field = None
    if content.get("field") is not None:
        with suppress(KeyError, TypeError, ValueError):  # damaged: as if nobody had asked
            field = field_of(content)
    return Wishes(stop=bool(content.get("stop")), pause=bool(content.get("pause")), field=field)


class Listener:
    """The side of the run: looks at the file before each step, reads it only when it was written."""

    def __init__(self, directory: RunDirectory) -> None:
        """Nothing seen yet."""
        self._directory = directory
        self._seen: tuple[int, int] | None = None
        self._wishes = Wishes()
        self._field: FieldProtocol | None = None

    def look(self) -> Wishes:
        """The wishes of now."""
        try:
            found = self._directory.control.stat()
        except OSError:
            return self._wishes
        mark = (found.st_mtime_ns, found.st_ino)
        if mark != self._seen:
            self._seen, self._wishes = mark, read_wishes(self._directory)
        return self._wishes

    def new_field(self) -> FieldProtocol | None:
        """A field that was not asked for before."""
        field = self.look().field
        if field is None or field == self._field:
            return None
        self._field = field
        return field

    def rest(self) -> None:
        """Sleep a little, as a paused run does."""
        time.sleep(PAUSE_S)
