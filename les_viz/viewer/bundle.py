"""Where the browser bundle of the viewer lies; it is built when the package is installed."""

from pathlib import Path

from les_viz.errors import SettingError

BUNDLE = Path(__file__).resolve().parent / "frontend" / "viewer.js"


def bundle_path() -> Path:
    """The bundle, which must have been built."""
    if not BUNDLE.is_file():
        raise SettingError(f"the viewer was not built: expected {BUNDLE}; install the package with pip")
    return BUNDLE
