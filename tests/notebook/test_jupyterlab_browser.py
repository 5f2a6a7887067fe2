"""A notebook in a real JupyterLab: its cells run, and the viewer draws charged atoms there."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys

import pytest
from app_window import COUNT_INK, wait_until_healthy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(importlib.util.find_spec("jupyterlab") is None, reason="jupyterlab is not installed"),
]

OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--IdentityProvider.token=",
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]
FOLDERS = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]
FOLDERS += ["JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"]


@pytest.fixture(scope="module")
def lab_url(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    (folder / "work").mkdir()
    shutil.copy(repository / "notebooks" / "01_first_steps.ipynb", folder / "work" / "first.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS, f"--port={port}", f"--notebook-dir={folder / 'work'}"]
    environment = {**os.environ, **{name: str(folder / name.lower()) for name in FOLDERS}}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}/api", server)
            yield f"http://127.0.0.1:{port}/lab/tree/first.ipynb"
        finally:
            server.terminate()  # which ends its kernels


def test_the_viewer_draws_charged_atoms_in_jupyterlab(lab_url, browser):
    pytest.importorskip("anywidget")
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(180_000)
    foreign = []
    page.on("request", lambda request: foreign.append(request.url) if is_foreign(request.url) else None)
    page.goto(lab_url)
    page.locator(".jp-NotebookPanel .jp-Notebook .jp-CodeCell").first.wait_for()
    page.wait_for_function("window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    canvas = page.locator(".les-canvas canvas").first
    canvas.wait_for()
    canvas.scroll_into_view_if_needed()
    for _ in range(60):
        ink = page.evaluate(COUNT_INK)
        if min(ink.values()) > 300:
            break
        page.wait_for_timeout(500)
    assert min(ink.values()) > 300, ink
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert foreign == []
    page.close()


def is_foreign(url):
    return url.startswith(("http:", "https:", "ws:")) and "//127.0.0.1:" not in url
