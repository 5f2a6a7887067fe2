"""The app and a window on it, as the tests in a browser use them."""

import os
import re
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
  const pixels = document.querySelector('.les-sketch:not(.les-hidden)') ?? document.querySelector('.les-canvas canvas');
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


COUNT_CONTEXTS = """() => {
  const contexts = window.lesContexts = new Set();
  for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
    const getContext = prototype.getContext;
    prototype.getContext = function (kind, ...rest) {
      const context = getContext.call(this, kind, ...rest);
      if (context !== null && kind.includes('webgl')) contexts.add(context);
      return context;
    };
  }
}"""


class Window:
    """A window of 1280 × 800 on the app, and a list of what went wrong in it."""

    def __init__(self, browser, app_url, path, *, is_offline=False, **options):
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        if is_offline:
            self.context.route(re.compile(r"^(https?|wss?)://(?!127\.0\.0\.1)"), lambda route: route.abort())
        self.page = self.context.new_page()
        self.page.add_init_script(f"({COUNT_CONTEXTS})()")
        self.page.set_default_timeout(180_000)
        self.app_url, self.problems, self.foreign = app_url, [], []
        self.page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self.note(request.url, app_url))
        self.go(path)

    def go(self, path):
        """Open a page of the app by its address."""
        self.page.goto(self.app_url + path)
        self.wait_for_picture()

    def visit(self, name):
        """Open a page anew, through the menu.

        Args:
            name: how its entry in the menu begins.
        """
        self.page.goto(self.app_url)
        self.page.locator("[data-testid=stSidebarNavLink]", has_text=re.compile(f"^(?:{name})")).click()
        heading = "les_viz" if "Home" in name else name
        self.page.get_by_role("heading", level=1, name=heading, exact=True).wait_for()
        self.wait_for_picture()

    def wait_for_picture(self):
        """Wait until picture and numbers are there."""
        self.page.wait_for_selector(".les-canvas canvas")
        self.page.wait_for_selector(".js-plotly-plot, [data-testid=stMetric]")
        self.settle()
        self.wait_for_ink()

    def settle(self):
        """Wait until the script rests."""
        self.page.wait_for_timeout(100)
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")

    def upload(self, what, path):
        """Put a file into the sidebar's uploader of a structure or a model."""
        self.page.locator("[data-testid=stFileUploader]", has_text=f"{what} file").locator("input").set_input_files(
            path
        )

    def wait_for_choice(self, label):
        """Wait until a menu of the sidebar shows this."""
        self.page.wait_for_function(
            """(label) => [...document.querySelectorAll('[data-testid=stSidebar] [data-testid=stSelectbox]')]
              .some((menu) => menu.innerText.includes(label) || menu.querySelector('input')?.value === label)""",
            arg=label,
        )

    def live_contexts(self):
        """WebGL contexts that were made and not given back."""
        return self.page.evaluate("[...window.lesContexts].filter((context) => !context.isContextLost()).length")

    def heap_in_mb(self):
        """What the page's objects take, garbage collected."""
        session = self.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")["usedSize"]
        session.detach()
        return used / 1e6

    def note(self, url, app_url):
        if not url.startswith((app_url, app_url.replace("http", "ws"), "data:", "blob:")):
            self.foreign.append(url)

    def wait_for_ink(self):
        """Red and blue pixels: WebGL drew atoms, coloured by their charges; by whatever has one sign, one of them."""
        is_charge = "charge" in self.text(".les-bar-title")
        for _ in range(40):
            ink = self.page.evaluate(COUNT_INK)
            if (min if is_charge else max)(ink.values()) > 300:
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
