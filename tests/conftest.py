"""What all tests share: where the reference data and the browser are."""

import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"

NEEDS_SHARED = "needs ../shared"
"""Why a test was skipped; `.ci/run` takes it for a failure where ../shared is there."""

NEEDS_CHROMIUM = "needs Chromium"
"""Why a test was skipped; `.ci/run` takes it for a failure where Chromium is there."""


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ../shared: reference vectors, published models, real data."""
    if not SHARED.is_dir():
        pytest.skip(NEEDS_SHARED)
    return SHARED


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or Chrome that Playwright can drive."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip(NEEDS_CHROMIUM)
