"""Long work asks from time to time whether its result is still wanted; whoever waits for it can say that it is not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_HERE = threading.local()


class NotWanted(Exception):  # noqa: N818 - nothing went wrong
    """Ends work whose result is not wanted any more."""


@contextmanager
def until(stop: threading.Event) -> Iterator[None]:
    """Let an event end what this thread does meanwhile, at its next `check_wanted`."""
    _HERE.stop = stop
    try:
        yield
    finally:
        del _HERE.stop


def check_wanted() -> None:
    """Go on, unless the result is not wanted any more.

    Raises:
        NotWanted: so it is.
    """
    stop = getattr(_HERE, "stop", None)
    if stop is not None and stop.is_set():
        raise NotWanted
