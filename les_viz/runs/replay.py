"""Fields that were changed while a run moved, changed again after the same steps."""

from collections.abc import Iterable
from typing import Any

from les_viz.md.protocols import FieldProtocol
from les_viz.runs.directory import RunDirectory
from les_viz.runs.thermo import read_lines


class Replay:
    """What a `Watch` asks before each step of a run that starts anew: a field that acts from now on, or None."""

    def __init__(self, changes: Iterable[dict[str, Any]]) -> None:
        """Remember the changes.

        Args:
            changes: as the lines of `events.jsonl`: `after_step` and `field`.
        """
        self._fields = {int(change["after_step"]): field_of(change) for change in changes}
        self._step = 0

    def __call__(self) -> FieldProtocol | None:
        """The field of the next step, if it is another one."""
        field = self._fields.get(self._step)
        self._step += 1
        return field


def changes_of(directory: RunDirectory) -> list[dict[str, Any]]:
    """The lines of `events.jsonl`; none where the field was left alone."""
    return read_lines(directory.events)


def field_of(change: dict[str, Any]) -> FieldProtocol:
    """The field that a line of `events.jsonl` tells of."""
    return FieldProtocol(**{**change["field"], "direction": tuple(change["field"]["direction"])})
