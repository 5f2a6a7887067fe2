"""First code of a sandboxed process: limits itself, then runs the module that it was asked to run.

Run as a script by `les_viz.sandbox`, so it imports nothing but the standard library: the limits must hold before
anything that touches the payload is loaded.
"""

import contextlib
import json
import runpy
import sys
from typing import Any

_REFUSED_EVENTS = frozenset(
    {
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
        "os.startfile/2",
        "pty.spawn",
        "socket.__new__",
        "webbrowser.open",
    }
)
"""Audit events that a reader of a file has no reason to raise."""


def limit_resources(limits: dict[str, int]) -> None:
    """Lower the limits of this process, as far as the operating system has them.

    Args:
        limits: names of the `resource` module without their prefix, with the limit of each.
    """
    try:
        import resource
    except ImportError:  # Windows: only the clock of the parent holds
        return
    for name, limit in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is not None:
            # macOS knows RLIMIT_AS but refuses to set it; a lower limit that already holds is kept.
            with contextlib.suppress(ValueError, OSError):
                # At its hard limit of processor time a process is killed without the signal that tells why.
                resource.setrlimit(kind, (limit, limit + 1 if name == "CPU" else limit))


def refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    """Audit hook that stops other processes and sockets."""
    if event in _REFUSED_EVENTS:
        raise PermissionError(f"{event} is not allowed while a file is read")


def main() -> None:
    """Take the order (JSON) from the command line, obey its limits and run its module."""
    order = json.loads(sys.argv[1])
    sys.path[:] = order["path"]
    limit_resources(order["limits"])
    sys.addaudithook(refuse)
    sys.argv = [order["module"], *order["arguments"]]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
