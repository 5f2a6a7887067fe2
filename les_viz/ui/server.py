"""The app's server: Streamlit's, which makes ready what the first page needs while the browser opens.

`python -m les_viz.ui.server app.py --server.port=8501 ...` takes the options of `streamlit run`. Importing the engine
takes seconds: they pass while the browser loads the page, not before it can.
"""

import json
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import streamlit
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager
from streamlit.starlette import App

from les_viz.errors import LesVizError
from les_viz.ui import entry
from les_viz.ui.guard import Guard

STATIC = Path(streamlit.__file__).parent / "static"
"""Streamlit's own files."""

_PATIENCE_S = 30.0

_TURN_S = 0.0005
"""How long one thread may keep the interpreter while another waits: by default ten times as long, and each of a
hundred small files that the browser asks for would wait several times for the thread that imports."""


def warm_up() -> None:
    """Import the engine, and predict what the first page opens on, as the page will ask for it; then settle."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        from les_viz.ui import charges, memory, models, prediction, structures
        from les_viz.ui.engine import load_engine

        load_engine()
        with suppress(LesVizError, IndexError):
            model = models.load_sample(models.names()[0])
            frame = structures.load_sample(structures.sample_paths()[0]).frames[0]
            prediction.predict_ahead(model, frame, frozenset(charges.QUANTITIES))
        memory.settle_memory()
    finally:
        sys.setswitchinterval(usual)


def read_first_structure() -> None:
    """Read the file that the first page opens on; one that cannot be read is the page's to explain."""
    from les_viz.io.bundled import read_bundled
    from les_viz.ui.structures import sample_paths

    with suppress(LesVizError):
        for path in sample_paths()[:1]:
            read_bundled(path)


def open_browser(address: str, port: int) -> None:
    """Open a window on the app as soon as it answers."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection((address, port), timeout=1):
            webbrowser.open(f"http://{address}:{port}")
            return
        time.sleep(0.05)


@asynccontextmanager
async def _prepared(_: App) -> AsyncIterator[dict[str, Any]]:
    """Runs once Streamlit is up, before the first visitor is let in."""
    from les_viz.ui.viewer import register

    register()
    # The menu is that of app.py from the first request on, whichever page it asks for.
    PagesManager.uses_pages_directory = False
    for task in (warm_up, read_first_structure):
        threading.Thread(target=task, daemon=True).start()
    yield {}


def main(arguments: list[str]) -> None:
    """Start the server.

    Args:
        arguments: path of `app.py`, then options as `streamlit run` has them.
    """
    script = Path(arguments[0])
    options = {name: _value(text) for name, _, text in (flag[2:].partition("=") for flag in arguments[1:])}
    # Streamlit looks beside the launched file for its configuration and puts its folder first on the path.
    sys.argv = [str(script)]
    if not options.get("server.headless", False):
        where = (str(options["server.address"]), int(options["server.port"]))
        threading.Thread(target=open_browser, args=where, daemon=True).start()
    pages = [path.stem for path in (script.parent / "pages").glob("*.py")]
    app = App(
        script,
        routes=entry.routes(STATIC, pages),
        middleware=[Middleware(Guard), Middleware(entry.Uncompressed)],
        lifespan=_prepared,
    )
    app.run(config=options)


def _value(text: str) -> Any:  # noqa: ANN401 - numbers and flags as Streamlit types its options
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    main(sys.argv[1:])
