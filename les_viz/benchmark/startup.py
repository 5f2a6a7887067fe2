"""Seconds from the command `les-viz` to the first picture, from one page to the next, from a what-if to its picture."""

import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib.util import find_spec
from typing import Any

from les_viz.benchmark.report import milliseconds

PATIENCE_S = 60.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PAGES = ("Response", "Potential", "Models", "Charges")
RESTING = "[data-testid=stApp][data-test-script-state=notRunning]"
TURNS = 8
"""Changes of *What if*; rounding makes even a fifth turn by 90° one that the server has not seen."""
WATCH_DRAWING = """
document.addEventListener('click', () => Object.assign(window, { clicked: performance.now(), drawn: null }), true);
for (const { prototype } of [WebGLRenderingContext, WebGL2RenderingContext])
  for (const name of ['drawElements', 'drawArrays']) {
    const draw = prototype[name];
    prototype[name] = function (...rest) { window.drawn ??= performance.now(); return draw.apply(this, rest); };
  }
"""
FLAGS = ("--headless=new", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


def measure(*, quick: bool) -> dict[str, object]:
    """Start the app in an empty folder, and look at its first page where Playwright and Chromium are installed.

    Args:
        quick: once instead of three times.

    Returns:
        `rows`: one a start, with seconds to the server and to the canvas (None without a browser), `switches`: from the
        click on a page's name until the page stands, by page, each visited once before, and `what_ifs`: from a click
        that turns one of 64 molecules to the first drawing of the picture with its new charges.
    """
    return {"rows": [_start_once() for _ in range(1 if quick else 3)]}


def _start_once() -> dict[str, Any]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "les_viz.cli.main", "--no-browser", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        app = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(f"{address}/_stcore/health")
            server = time.perf_counter() - begin
            return {"server": server, **_looked_at(address, begin)}
        finally:
            app.terminate()
            app.wait()


def _wait_for(address: str) -> None:
    end = time.perf_counter() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            if time.perf_counter() > end:
                raise
            time.sleep(0.05)


def _looked_at(address: str, begin: float) -> dict[str, Any]:
    browser_path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser_path is None or find_spec("playwright") is None:
        return {"canvas": None, "switches": {}, "what_ifs": []}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(WATCH_DRAWING)
        page.goto(address)
        page.wait_for_selector(".les-canvas canvas", timeout=PATIENCE_S * 1000)
        seconds = time.perf_counter() - begin
        page.wait_for_selector(RESTING, timeout=PATIENCE_S * 1000)
        for name in PAGES:
            _switch(page, name)
        switches = {name: _switch(page, name) for name in PAGES}
        page.goto(f"{address}/charges?tab=What+if")
        what_ifs = [_what_if(page) for _ in range(TURNS)]
        browser.close()
    return {"canvas": seconds, "switches": switches, "what_ifs": what_ifs}


def _switch(page: Any, name: str) -> float:  # noqa: ANN401  (Playwright need not be installed)
    """Seconds until heading and viewer of a page stand and its script rests."""
    begin = time.perf_counter()
    page.locator(f"[data-testid=stSidebarNavLink]:has-text('{name}')").first.click()
    page.get_by_role("heading", level=1, name=name, exact=True).wait_for(timeout=PATIENCE_S * 1000)
    page.wait_for_selector(".les-canvas canvas", timeout=PATIENCE_S * 1000)
    page.wait_for_selector(RESTING, timeout=PATIENCE_S * 1000)
    seconds = time.perf_counter() - begin
    page.wait_for_timeout(1000)
    return seconds


def _what_if(page: Any) -> float:  # noqa: ANN401
    """Seconds from the click on Turn to the first drawing."""
    button = page.get_by_role("button", name="Turn", exact=True)
    button.scroll_into_view_if_needed(timeout=PATIENCE_S * 1000)
    page.wait_for_selector(RESTING, timeout=PATIENCE_S * 1000)
    page.wait_for_timeout(2000)
    button.click()
    page.wait_for_function("window.drawn !== null", timeout=PATIENCE_S * 1000)
    return float(page.evaluate("window.drawn - window.clicked")) / 1000


def table(result: dict[str, Any]) -> str:
    """The measurements as a Markdown table."""
    lines = ["| start | server answers | first canvas in the browser |", "|---:|---:|---:|"]
    lines += [
        f"| {number} | {milliseconds(row['server'])} | {milliseconds(row['canvas'])} |"
        for number, row in enumerate(result["rows"], start=1)
    ]
    switches = [row["switches"] for row in result["rows"] if row["switches"]]
    if switches:
        lines += ["", "| to the page | " + " | ".join(PAGES) + " |", "|---|" + "---:|" * len(PAGES)]
        lines += [
            f"| after start {number} | " + " | ".join(milliseconds(row[name]) for name in PAGES) + " |"
            for number, row in enumerate(switches, start=1)
        ]
    what_ifs = [row["what_ifs"] for row in result["rows"] if row["what_ifs"]]
    if what_ifs:
        lines += ["", f"| {TURNS} what-ifs | median | slowest |", "|---|---:|---:|"]
        lines += [
            f"| after start {number} | {milliseconds(statistics.median(row))} | {milliseconds(max(row))} |"
            for number, row in enumerate(what_ifs, start=1)
        ]
    return "\n".join(lines)
