"""The command `les-viz`: exit 0 when done, 2 with one line on standard error for bad input."""

import sys
from collections.abc import Sequence
from importlib import import_module

from les_viz.cli.parser import parse
from les_viz.errors import LesVizError
from les_viz.io.names import printable

_BAD_INPUT = 2
_INTERRUPTED = 130
_LONGEST = 4000
"""Letters of a message; what a file makes longer is shortened in its middle."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; those of the process if None.

    Returns:
        The exit status.
    """
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        # Each command lives in a module of its own, so that none waits for the imports of another.
        import_module(f"les_viz.cli.{options.command or 'launch'}").run(options)
    except LesVizError as error:
        print("les-viz:", printable(str(error), _LONGEST), file=sys.stderr)
        return _BAD_INPUT
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; keep Python from complaining about it at exit.
        sys.stderr.close()
        return 0
    except OSError as error:  # a folder that may not be entered, a name too long, a full disk
        place = f" {error.filename}" if error.filename else ""
        text = f"cannot use{place} ({error.strerror or error}): choose another place"
        print("les-viz:", printable(text, _LONGEST), file=sys.stderr)
        return _BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
