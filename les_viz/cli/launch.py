"""`les-viz` alone: the app on this machine, for this machine."""

import os
import socket
import subprocess
import sys
from argparse import Namespace
from contextlib import suppress
from dataclasses import fields

from les_viz import resources
from les_viz.errors import SettingError
from les_viz.hosting import Hosting

ADDRESS = "127.0.0.1"
DEFAULT_PORT = 8501
LARGEST_SCENE_MEGABYTES = 50
"""To the browser; the frames of an upload take less than its file."""

_PORTS_TRIED = 50
_SERVER_OPTIONS = {
    "server.address": ADDRESS,
    "server.enableCORS": "true",
    "server.corsAllowedOrigins": "[]",
    "server.enableXsrfProtection": "true",
    "server.enableStaticServing": "false",
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "client.allowedOrigins": "[]",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
}
"""Given on the command line, so that no configuration of the user's folder loosens them."""


def run(options: Namespace) -> None:
    """Start the app and stay with it until it ends.

    Args:
        options: port, no_browser, and the fields of `Hosting`.

    Raises:
        SettingError: the port is taken, or the app is not installed.
    """
    hosting = Hosting(**{field.name: getattr(options, field.name) for field in fields(Hosting)})
    command = server_command(_free_port(options.port), hosting, open_browser=not options.no_browser)
    environment = {**os.environ, **hosting.environment()}
    # Variables of the environment must not loosen these options.
    for name in [name for name in environment if name.startswith("STREAMLIT_")]:
        del environment[name]
    sys.stdout.flush()
    if os.name == "posix":
        # The server takes this process's place: signals reach it, and nothing is left when it ends.
        os.execve(command[0], command, environment)
    else:
        with suppress(KeyboardInterrupt):
            subprocess.run(command, env=environment, check=False)


def server_command(port: int, hosting: Hosting, *, open_browser: bool) -> list[str]:
    """The command line that starts the server.

    Args:
        port: where it listens.
        hosting: what uploads may ask for.
        open_browser: whether it opens a browser window.

    Raises:
        SettingError: the app's files are missing.
    """
    app = resources.APP_ROOT / "app.py"
    if not app.is_file():
        raise SettingError(f"the app is not where it should be ({app}): install les_viz again")
    settings = {
        **_SERVER_OPTIONS,
        "server.maxUploadSize": str(hosting.upload_megabytes),
        "server.maxMessageSize": str(max(hosting.upload_megabytes, LARGEST_SCENE_MEGABYTES)),
        "server.port": str(port),
        "server.headless": str(not open_browser).lower(),
    }
    flags = [f"--{name}={value}" for name, value in settings.items()]
    # -P: a file like random.py in the user's folder must not stand in for a module.
    return [sys.executable, "-P", "-m", "les_viz.ui.start", str(app), *flags]


def _free_port(wanted: int | None) -> int:
    """The port that was asked for, or the first free one from 8501 on."""
    if wanted is not None:
        if not _is_free(wanted):
            raise SettingError(f"port {wanted} is in use: choose another with --port, or leave the option out")
        return wanted
    for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
        if _is_free(port):
            return port
    raise SettingError(f"ports {DEFAULT_PORT} to {DEFAULT_PORT + _PORTS_TRIED - 1} are in use: choose one with --port")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            # A server that ended a moment ago does not hold its port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True
