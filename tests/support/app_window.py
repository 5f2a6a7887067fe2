"""The app and a window on it, as the tests in a browser use them."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from urllib.error import URLError

import pytest

CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]

COUNT_INK = """() => {
  const pixels = document.querySelector('.les-canvas canvas');
  const copy = Object.assign(document.createElement('canvas'), { width: pixels.width, height: pixels.height });
  const context = copy.getContext('2d');
  context.drawImage(pixels, 0, 0);
  const data = context.getImageData(0, 0, copy.width, copy.height).data;
  let red = 0, blue = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] > data[i + 2] + 40) red++;
    if (data[i + 2] > data[i] + 40) blue++;
  }
  return { red, blue };
}"""


@contextmanager
def running_app(repository, samples, folder):
    """The app with other samples, started as `streamlit run app.py` starts it; its address.

    Args:
        repository: where the app lies.
        samples: folder that stands in for `sample_models`.
        folder: an empty one.
    """
    shutil.copytree(repository / "pages", folder / "pages")
    shutil.copytree(repository / ".streamlit", folder / ".streamlit")
    patch = (
        f"from pathlib import Path\nfrom les_viz import resources\nresources.SAMPLE_MODELS = Path({str(samples)!r})\n"
    )
    (folder / "app.py").write_text(patch + (repository / "app.py").read_text(encoding="utf-8"), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless=true"]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_healthy(f"{address}/_stcore/health", server)
            yield address
        finally:
            server.kill()  # asked politely, it waits for windows that are still open


def wait_until_healthy(url, server):
    for _ in range(1200):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (URLError, OSError):
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
    pytest.fail("the server did not start within 120 s")


class Window:
    """A window of 1280 × 800 on the app, and a list of what went wrong in it."""

    def __init__(self, browser, app_url, path, **options):
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(180_000)
        self.problems, self.foreign = [], []
        self.page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self.note(request.url, app_url))
        self.page.goto(app_url + path)
        self.page.wait_for_selector(".les-canvas canvas")
        self.page.wait_for_selector(".js-plotly-plot")
        self.wait_for_ink()

    def note(self, url, app_url):
        if not url.startswith((app_url, app_url.replace("http", "ws"), "data:", "blob:")):
            self.foreign.append(url)

    def wait_for_ink(self):
        """Red and blue pixels: WebGL drew atoms, coloured by their charges."""
        for _ in range(40):
            ink = self.page.evaluate(COUNT_INK)
            if ink["red"] > 300 and ink["blue"] > 300:
                return
            self.page.wait_for_timeout(250)
        pytest.fail(f"the picture lacks red or blue: {ink}")

    def atom_below_pointer(self):
        """Move the pointer until an atom is below it."""
        box = self.page.locator(".les-stage").bounding_box()
        for row in range(8, 24):
            for column in range(8, 24):
                x, y = box["x"] + box["width"] * column / 32, box["y"] + box["height"] * row / 32
                self.page.mouse.move(x, y)
                if self.page.locator(".les-over-atom").count():
                    return x, y
        return pytest.fail("no atom was found below the pointer")

    def text(self, selector):
        return self.page.locator(selector).inner_text()
