"""The app's server: Streamlit's, which makes ready what the first page needs while the browser opens.

`python -m les_viz.ui.server run app.py ...` takes what `streamlit` takes. Without it the first visitor waits for torch
and for the process that reads the first structure, one after the other.
"""

import threading
import time
from contextlib import suppress

from streamlit import runtime
from streamlit.web import cli

from les_viz.errors import LesVizError

_PATIENCE_S = 30.0


def import_engine() -> None:
    """Import what predicts, which takes the longest, then what draws."""
    import les_viz.response.predict

    _wait_for_the_runtime()
    import les_viz.ui.charges  # noqa: F401


def read_first_structure() -> None:
    """Read the file that the first page opens on; one that cannot be read is the page's to explain."""
    _wait_for_the_runtime()
    from les_viz.io.bundled import read_bundled
    from les_viz.ui.structures import sample_paths

    with suppress(LesVizError):
        for path in sample_paths()[:1]:
            read_bundled(path)


def _wait_for_the_runtime() -> None:
    """Modules with cached functions look for the runtime when they are imported, and complain without."""
    end = time.monotonic() + _PATIENCE_S
    while not runtime.exists() and time.monotonic() < end:
        time.sleep(0.01)


def main() -> None:
    """Start the server."""
    for task in (import_engine, read_first_structure):
        threading.Thread(target=task, daemon=True).start()
    cli.main(prog_name="streamlit")


if __name__ == "__main__":
    main()
