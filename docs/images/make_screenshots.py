"""Take the pictures of the documentation from the running app: `python docs/images/make_screenshots.py`.

    make_screenshots.py [--dark] [--size 820x1180] [--into FOLDER] [PAGE ...]

Needs Playwright and Chromium, as the tests do. Without options, light pictures of 1280 × 800 are written beside this
file; the others are for looking at.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parent
APP = FOLDER.parents[1] / "app.py"
FLAGS = ["--headless=new", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
WITHOUT_VIEWER = ("Spectra",)
RESTING = "[data-testid=stApp][data-test-script-state=notRunning]"


def main() -> None:
    """Start the app, open each page, save its picture."""
    options = read_options()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", APP, "--server.port", str(port), "--server.headless=true"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as runs:  # none of our own in the pictures
        server = subprocess.Popen(command, cwd=APP.parent, env={**os.environ, "LES_VIZ_RUNS": runs})
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/_stcore/health")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
                page = browser.new_page(viewport=options.size, color_scheme="dark" if options.dark else "light")
                page.set_default_timeout(180_000)
                for name in options.pages or PREPARE:
                    page.goto(url)
                    save(page, name, options.into)
                browser.close()
        finally:
            server.terminate()
            server.wait()


def read_options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Pictures of all pages of the app.")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"of {', '.join(PREPARE)}; all, if none is given")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", type=read_size, default=read_size("1280x800"))
    parser.add_argument("--into", type=Path, default=FOLDER)
    options = parser.parse_args()
    if unknown := set(options.pages) - set(PREPARE):
        parser.error(f"no page {', '.join(unknown)}")
    return options


def read_size(text: str) -> dict[str, int]:
    """Width and height out of, for example, 1280x800."""
    width, height = text.split("x")
    return {"width": int(width), "height": int(height)}


def save(page: Page, name: str, folder: Path) -> None:
    """One page, reached through the menu as a visitor would, brought into the state of its picture."""
    open_menu(page)
    page.locator(f"[data-testid=stSidebarNavLink]:has-text('{name}')").first.click()
    page.get_by_role("heading", level=1, name="les_viz" if name == "About" else name, exact=True).wait_for()
    if name not in WITHOUT_VIEWER:
        page.locator(".les-canvas canvas").first.wait_for()
    page.wait_for_selector(".js-plotly-plot, [data-testid=stMetric]")
    close_menu(page)
    rest(page)
    PREPARE[name](page)
    page.mouse.click(page.viewport_size["width"] // 2, 20)  # take the focus, and its frame, off the viewer
    rest(page)
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"{name.lower()}.png")


def open_menu(page: Page) -> None:
    """On a small screen the menu is folded away."""
    page.wait_for_selector("[data-testid=stSidebar]", state="attached")
    button = page.get_by_test_id("stExpandSidebarButton")
    if page.viewport_size["width"] < 1000 and button.count():
        button.click()


def close_menu(page: Page) -> None:
    """Fold it away again where it covers the page."""
    if page.viewport_size["width"] < 800:
        page.get_by_test_id("stSidebarCollapseButton").locator("button").click()


def rest(page: Page) -> None:
    """Wait until the script has run."""
    page.wait_for_timeout(300)
    page.wait_for_selector(RESTING)


def pick_first_atom(page: Page) -> None:
    """The first atom picked, as by the key N."""
    page.locator(".les-stage").first.press("n")
    page.locator(".les-pick", has_text="atom 0").first.wait_for()
    rest(page)


def show_all_tensors(page: Page) -> None:
    """Tensors of all atoms as glyphs."""
    page.locator("[data-testid=stSelectbox]", has_text="Tensors of").locator("[role=combobox], input").first.click()
    page.get_by_role("option", name="all atoms").click()
    rest(page)


def turn_on_the_field(page: Page) -> None:
    """Water in a field, on the way."""
    page.get_by_role("button", name="Turn on the field").click()
    page.wait_for_function("Number(document.querySelector('.les-frame')?.textContent.split('/')[1]) > 80")


def leave(page: Page) -> None:
    """As the page opens."""


PREPARE: Mapping[str, Callable[[Page], None]] = {
    "Charges": pick_first_atom,
    "Response": show_all_tensors,
    "Potential": leave,
    "Spectra": leave,
    "Models": leave,
    "About": leave,
    "Dynamics": turn_on_the_field,  # the last, or Spectra would show its run
}
"""Pages by how their entry in the menu begins, and what is done before the picture is taken."""


def wait_for(url: str) -> None:
    """Wait until the server answers."""
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


if __name__ == "__main__":
    main()
