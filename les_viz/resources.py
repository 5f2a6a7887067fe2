"""Where the app, its pages and the sample models lie: in the repository, or inside the installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_app"

APP_ROOT: Path = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
"""Folder that holds `app.py`, `pages/` and `sample_models/`."""

SAMPLE_MODELS: Path = APP_ROOT / "sample_models"
"""Folder of the bundled models, one folder each."""
