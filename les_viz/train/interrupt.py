"""Ctrl-C (and the signal by which a queue ends a job) as a wish, granted between two steps."""

import signal
import threading
from types import FrameType, TracebackType


class StopWish:
    """While entered, the first signal sets `wished`; a second one interrupts at once."""

    def __init__(self) -> None:
        """No wish yet."""
        self.wished = False
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> "StopWish":
        """Listen, if this is the main thread."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.wished:
            raise KeyboardInterrupt
        self.wished = True
