"""The Charges page in Chromium: the picture is really drawn, an atom can be picked, nothing leaves the machine."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.error import URLError

import numpy as np
import pytest

from les_viz.viewer.payload import pack_scene
from les_viz.viewer.scene import Scene

pytestmark = pytest.mark.browser

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


@pytest.fixture(scope="module")
def app_url(samples, repository, tmp_path_factory):
    """The app with the small samples, started as `streamlit run app.py` starts it."""
    folder = tmp_path_factory.mktemp("app")
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
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(f"{url}/_stcore/health", server)
        yield url
        server.terminate()


def wait_until_healthy(url, server):
    for _ in range(1200):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (URLError, OSError):
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
    pytest.fail("the server did not start within 120 s")


@pytest.fixture(scope="module")
def browser(chromium):
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield running
        running.close()


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


@pytest.fixture(scope="module")
def window(browser, app_url):
    opened = Window(browser, app_url, "/")
    yield opened
    opened.context.close()


def test_charges_are_drawn_and_an_atom_can_be_picked(window):
    assert window.text(".les-bar-title") == "latent charge (e)"
    x, y = window.atom_below_pointer()
    tip = window.text(".les-tip")
    assert "latent charge" in tip
    assert tip.endswith(" e")
    camera = window.page.locator(".les-gizmo").inner_html()
    window.page.mouse.click(x, y)
    assert window.text(".les-pick") == tip
    window.page.locator(".shapelayer path").first.wait_for(state="attached")  # Python knows: the plot marks the atom
    assert window.page.locator(".les-gizmo").inner_html() == camera, "the camera moved with the rerun"
    assert window.page.locator(".les-canvas canvas").count() == 1
    assert window.page.locator("[data-testid=stException], [data-testid=stAlertContentError]").count() == 0
    assert (window.problems, window.foreign) == ([], [])


def test_the_viewer_works_by_keyboard_and_keeps_what_was_chosen(window):
    stage = window.page.locator(".les-stage")
    stage.press("Escape")
    assert window.page.locator(".les-pick.les-hidden").count() == 1
    camera = window.page.locator(".les-gizmo").inner_html()
    stage.press("ArrowLeft")
    assert window.page.locator(".les-gizmo").inner_html() != camera
    stage.press("n")
    assert window.text(".les-pick").startswith("O · atom 0 · ")
    window.page.get_by_role("button", name="Spheres").click()
    window.page.get_by_role("radio", name="potential").click()
    window.page.locator(".les-bar-title", has_text="potential (V)").wait_for()
    assert window.page.get_by_role("button", name="Spheres").get_attribute("aria-pressed") == "true"
    with window.page.expect_download() as download:
        window.page.get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "structure.png"
    assert window.problems == []


def test_the_same_module_draws_in_jupyter(window):
    """anywidget calls the default export without arguments and then `render` with a model and an element."""
    scene = Scene(atomic_numbers=np.array([8, 1]), positions=np.eye(3)[:2], cell=None)
    drawn = window.page.evaluate(
        """async (bytes) => {
          const { default: start } = await import('/_stcore/bidi-components/les_viz.viewer/viewer.js');
          const values = { payload: new DataView(Uint8Array.from(bytes).buffer), height: 200 };
          const model = { get: (name) => values[name], set: (name, value) => { values[name] = value; },
                          on() {}, save_changes() { values.saved = true; } };
          const el = document.body.appendChild(document.createElement('div'));
          const stop = start().render({ model, el });
          el.querySelector('.les-stage').dispatchEvent(new KeyboardEvent('keydown', { key: 'n' }));
          const seen = [el.querySelectorAll('canvas').length, el.style.height, values.picked.index, values.saved];
          stop();
          el.remove();
          return seen;
        }""",
        list(pack_scene(scene)),
    )
    assert drawn == [1, "200px", 0, True]
    assert window.problems == []


def test_the_page_opens_under_its_own_name_and_follows_the_theme(browser, app_url):
    window = Window(browser, app_url, "/charges", color_scheme="light")
    assert window.page.locator("[data-testid=stException], [role=dialog]").count() == 0
    panel = "parseInt(document.querySelector('.les-viewer').style.getPropertyValue('--les-panel').slice(1, 3), 16)"
    assert window.page.evaluate(panel) > 200
    window.page.emulate_media(color_scheme="dark")
    window.page.wait_for_function(f"{panel} < 100")
    assert window.foreign == []
    window.context.close()
