"""What state a run is in, as its folder tells whoever asks: `status.json`, heartbeat included."""

import os
import platform
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import isfinite

from les_viz.runs.directory import RunDirectory, read_json, write_json
from les_viz.runs.thermo import last_step

HEARTBEAT_S = 0.5
"""A process that runs a run writes its status so often."""

SILENCE_S = 60.0
"""Without a heartbeat for so long a run counts as interrupted: its process may be on another machine."""

_GONE = "its process ended unexpectedly; it can go on from its last checkpoint"


class State(StrEnum):
    """Where a run is in its life."""

    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_live(self) -> bool:
        """Whether a process has it."""
        return self in (State.PREPARING, State.RUNNING, State.PAUSED)

    @property
    def can_resume(self) -> bool:
        """Whether it could go on."""
        return self in (State.STOPPED, State.INTERRUPTED, State.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The content of status.json.

    Attributes:
        state: where it is.
        step: last step.
        steps: of the whole run.
        message: a sentence for whoever watches.
        steps_per_s: speed over the last seconds.
        pid: of the process, 0 for none, or for one that has not spoken yet.
        host: name of the machine that wrote it; only there the number of the process means anything.
        heartbeat: Unix time of writing.
    """

    state: State
    step: int = 0
    steps: int = 0
    message: str = ""
    steps_per_s: float = 0.0
    pid: int = 0
    host: str = ""
    heartbeat: float = 0.0


_KINDS: dict[str, tuple[type, ...]] = {
    "state": (str,),
    "step": (int,),
    "steps": (int,),
    "message": (str,),
    "steps_per_s": (int, float),
    "pid": (int,),
    "host": (str,),
    "heartbeat": (int, float),
}
"""What each field of a status may be in its file."""


def is_moving(status: Status) -> bool:
    """Whether more frames are to come without anybody's doing."""
    return status.state.is_live or status.state == State.QUEUED


def write_status(directory: RunDirectory, status: Status) -> None:
    """Write it, with the time of now and the name of this machine."""
    write_json(directory.status, {**asdict(status), "host": platform.node(), "heartbeat": time.time()})


def note_end(directory: RunDirectory) -> None:
    """Its process is known to be gone: if it did not say how it ended, it was interrupted."""
    status = status_told(directory)
    if status is not None and status.state.is_live:
        with suppress(OSError):  # deleted meanwhile
            write_status(directory, _interrupted(status))


def read_status(directory: RunDirectory) -> Status:
    """The state of a run; that of one whose process is gone says so."""
    status = status_told(directory)
    if status is None:
        return _status_from_results(directory)
    is_silent = time.time() - status.heartbeat > SILENCE_S
    is_gone = status.pid > 0 and status.host in ("", platform.node()) and not is_alive(status.pid)
    return _interrupted(status) if status.state.is_live and (is_silent or is_gone) else status


def _status_from_results(directory: RunDirectory) -> Status:
    """That of a run which no worker had: as `les-viz md` and scripts leave it, as far as its files tell."""
    if not (directory.checkpoint.exists() or directory.thermo.exists()):
        return Status(state=State.QUEUED)
    described = read_json(directory.run) or {}
    steps = int(described.get("config", {}).get("dynamics", {}).get("steps", 0))
    step = last_step(directory.thermo)
    return Status(state=State.FINISHED if 0 < steps <= step else State.STOPPED, step=step, steps=steps)


def status_told(directory: RunDirectory) -> Status | None:
    """What status.json says, whether or not it still holds; None where there is none, or a damaged one."""
    content = read_json(directory.status)
    if content is None or content.keys() - _KINDS.keys() or content.get("state") not in list(State):
        return None
    if not all(type(value) in _KINDS[name] for name, value in content.items()):
        return None
    if not all(isfinite(value) for value in content.values() if isinstance(value, float)):
        return None
    return Status(**{**content, "state": State(content["state"])})


def _interrupted(status: Status) -> Status:
    return Status(state=State.INTERRUPTED, step=status.step, steps=status.steps, message=_GONE)


def is_alive(pid: int) -> bool:
    """Whether there is such a process, one that is not only waiting to be reaped; on Windows the heartbeat must do."""
    if pid <= 0:
        return False
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):  # a damaged file tells any number
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
