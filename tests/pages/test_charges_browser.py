"""The Charges page in Chromium: the picture is really drawn, an atom can be picked, nothing leaves the machine."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.error import URLError

import pytest

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
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (URLError, OSError):
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
    pytest.fail("the server did not start within 30 s")


@pytest.fixture(scope="module")
def browser(chromium):
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture
def visit(browser, app_url):
    """Opens the app in a window of 1280 × 800 and keeps a list of what went wrong."""
    contexts = []

    def open_window(path="/", **options):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        contexts.append(context)
        window = context.new_page()
        window.set_default_timeout(60_000)
        problems, foreign = [], []
        window.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        window.on("pageerror", lambda error: problems.append(str(error)))
        window.on("request", lambda request: foreign.append(request.url) if is_foreign(request.url, app_url) else None)
        window.goto(app_url + path)
        window.wait_for_selector(".les-canvas canvas")
        window.wait_for_selector(".js-plotly-plot")
        return window, problems, foreign

    yield open_window
    for context in contexts:
        context.close()


def is_foreign(url, app_url):
    return not url.startswith((app_url, app_url.replace("http", "ws"), "data:", "blob:"))


def wait_for_ink(window):
    """Red and blue pixels: WebGL drew atoms, coloured by their charges."""
    for _ in range(40):
        ink = window.evaluate(COUNT_INK)
        if ink["red"] > 300 and ink["blue"] > 300:
            return
        window.wait_for_timeout(250)
    pytest.fail(f"the picture lacks red or blue: {ink}")


def place_of_an_atom(window):
    """Where the pointer changes because an atom is below it."""
    box = window.locator(".les-stage").bounding_box()
    for row in range(8, 24):
        for column in range(8, 24):
            x, y = box["x"] + box["width"] * column / 32, box["y"] + box["height"] * row / 32
            window.mouse.move(x, y)
            if window.locator(".les-over-atom").count():
                return x, y
    return pytest.fail("no atom was found below the pointer")


def test_charges_are_drawn_and_an_atom_can_be_picked(visit):
    window, problems, foreign = visit()
    wait_for_ink(window)
    assert window.locator(".les-bar-title").inner_text() == "latent charge (e)"
    x, y = place_of_an_atom(window)
    tip = window.locator(".les-tip").inner_text()
    assert "latent charge" in tip
    assert tip.endswith(" e")
    camera = window.locator(".les-gizmo").inner_html()
    window.mouse.click(x, y)
    assert window.locator(".les-pick").inner_text() == tip
    window.locator("[data-testid=stPlotlyChart] path.shapelayer, .shapelayer path").first.wait_for(state="attached")
    assert window.locator(".les-gizmo").inner_html() == camera, "the camera moved with the rerun"
    assert window.locator(".les-canvas canvas").count() == 1
    assert window.locator("[data-testid=stException], [data-testid=stAlertContentError]").count() == 0
    assert (problems, foreign) == ([], [])


def test_the_viewer_works_by_keyboard_and_keeps_what_was_chosen(visit):
    window, problems, _ = visit()
    wait_for_ink(window)
    stage = window.locator(".les-stage")
    before = window.locator(".les-gizmo").inner_html()
    stage.press("ArrowLeft")
    assert window.locator(".les-gizmo").inner_html() != before
    stage.press("n")
    assert window.locator(".les-pick").inner_text().startswith("O · atom 0 · ")
    window.get_by_role("button", name="Spheres").click()
    window.get_by_role("radio", name="potential").click()
    window.locator(".les-bar-title", has_text="potential (V)").wait_for()
    assert window.get_by_role("button", name="Spheres").get_attribute("aria-pressed") == "true"
    with window.expect_download() as download:
        window.get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "structure.png"
    assert problems == []


def test_the_page_opens_under_its_own_name_and_follows_the_theme(visit):
    window, _, foreign = visit("/charges", color_scheme="light")
    wait_for_ink(window)
    assert window.locator("[data-testid=stException], [role=dialog]").count() == 0
    panel = "parseInt(document.querySelector('.les-viewer').style.getPropertyValue('--les-panel').slice(1, 3), 16)"
    assert window.evaluate(panel) > 200
    window.emulate_media(color_scheme="dark")
    window.wait_for_function(f"{panel} < 100")
    assert foreign == []
