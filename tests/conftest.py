"""What all tests share: how they run side by side, and where the reference data and the browser are."""

import os
import shutil
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"

NEEDS_SHARED = "needs ../shared"
"""Why a test was skipped; `.ci/run` takes it for a failure where ../shared is there."""

NEEDS_CHROMIUM = "needs Chromium"
"""Why a test was skipped; `.ci/run` takes it for a failure where Chromium is there."""

MOST_WORKERS = 8
"""More of them would only fill the memory with copies of torch."""

if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has its processor; what it starts (the app, the command line) inherits this.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """A worker a processor for the whole suite; none for files named by hand, where starting them takes longer."""
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        return 0
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, MOST_WORKERS)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests of one file stay with one worker, which makes the file's fixtures once; so do all tests in a browser."""
    for item in items:
        group = "browser" if item.get_closest_marker("browser") else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(autouse=True)
def same_program(monkeypatch):
    """Streamlit's AppTest puts a page in the place of the program, which a process started later would run again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


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


@pytest.fixture(scope="session")
def bench_samples(tmp_path_factory) -> Path:
    """A folder of small samples that stand in for the bundled ones."""
    from small_bench import write_samples

    return write_samples(tmp_path_factory.mktemp("bench") / "sample_models")


@pytest.fixture(scope="session")
def app_url(bench_samples, tmp_path_factory):
    """The address of one running app, for all tests in a browser."""
    from app_window import running_app

    with running_app(REPOSITORY, bench_samples, tmp_path_factory.mktemp("app")) as address:
        yield address


@pytest.fixture(scope="session")
def browser(chromium):
    """One Chromium for all tests; each opens windows of its own (`app_window.Window`)."""
    from app_window import CHROMIUM_FLAGS

    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield running
        running.close()
