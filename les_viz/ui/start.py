"""Starts the app's server such that Ctrl-C ends it in silence, at any time.

`python -m les_viz.ui.start app.py --server.port=8501 ...`: arguments as of `les_viz.ui.server`, which takes seconds to
import.
"""

import signal
import sys

_INTERRUPTED = 130


def main(arguments: list[str]) -> None:
    """Start the server; exit status 130 where it was interrupted."""
    signal.signal(signal.SIGINT, _leave)
    from les_viz.ui import server

    try:
        server.main(arguments)
    except KeyboardInterrupt:  # the server has closed in good order and passes on why
        sys.exit(_INTERRUPTED)


def _leave(*_: object) -> None:
    """Exit, until the server listens to the signal itself; again where it gives the signal back."""
    sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main(sys.argv[1:])
