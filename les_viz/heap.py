"""Freed memory is kept for the next tensors.

By itself, glibc gives freed memory back to the system at once, and the next tensor of that size takes it again, page by
page: a fifth of a step of dynamics of 192 atoms went there. Programs of ours call this; nobody else's process changes.
"""

import ctypes
import sys
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt, in malloc.h."""

KEPT = 1 << 28
"""Bytes that stay with the process at most."""

LARGEST = 1 << 25
"""Bytes up to which a tensor is made of what is kept: the most that glibc takes."""


def keep_freed_memory() -> None:
    """Have freed memory stay with this process; does nothing where the C library is another than glibc."""
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(_MMAP_THRESHOLD, LARGEST)
        set_option(_TRIM_THRESHOLD, KEPT)
