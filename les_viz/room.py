"""Memory is asked for before it is taken.

A process that takes more than there is gets ended by the system, and an app's with all that its visitors had open.
"""

from contextlib import suppress
from pathlib import Path

from les_viz.errors import SettingError

NOT_WORTH_ASKING = 200_000_000
"""Bytes up to which nobody asks: the question takes longer than some predictions."""

_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


class RoomError(SettingError):
    """There is not enough memory."""


def check_room(needed: float, what: str, advice: str) -> None:
    """Refuse what takes more memory than is free.

    Args:
        needed: bytes, about.
        what: what takes them, as the subject of a sentence.
        advice: what to do instead.

    Raises:
        RoomError: there is less.
    """
    if needed <= NOT_WORTH_ASKING:
        return
    free = free_bytes()
    if free is not None and needed > free:
        raise RoomError(
            f"{what} would take {needed / 1e9:.3g} GB of memory, and {free / 1e9:.2g} GB are free: {advice}"
        )


def free_bytes() -> int | None:
    """Memory that this process may still take; None where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        lines = _MEMORY.read_text(encoding="ascii").splitlines()
        (line,) = [line for line in lines if line.startswith("MemAvailable:")]
        free = 1024 * int(line.split()[1])
        left = _left_in_group()
        return free if left is None else min(free, left)
    return None


def _left_in_group() -> int | None:
    """What a container's limit leaves; None without one. What files of it lie in the cache can be given back."""
    with suppress(OSError, ValueError):
        limit = int((_GROUP / "memory.max").read_text(encoding="ascii"))
        taken = int((_GROUP / "memory.current").read_text(encoding="ascii"))
        lines = (_GROUP / "memory.stat").read_text(encoding="ascii").splitlines()
        cached = sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
        return max(0, limit - taken + cached)
    return None
