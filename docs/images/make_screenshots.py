"""Take the pictures of the documentation from the running app: `python docs/images/make_screenshots.py`.

Needs Playwright and Chromium, as the tests do. Pictures are written beside this file.
"""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parent
APP = FOLDER.parents[1] / "app.py"
FLAGS = ["--headless=new", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]

PAGES = {"Response": "Response", "Potential": "Potential", "Models": "Models", "About and samples": "les_viz"}
"""Entries of the menu, and the heading of the page behind each."""


def main() -> None:
    """Start the app, open each page, save its picture."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--server.port", str(port), "--server.headless=true"]
    with subprocess.Popen([sys.executable, "-m", "streamlit", "run", APP, *options], cwd=APP.parent) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/_stcore/health")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
                page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
                page.set_default_timeout(120_000)
                page.goto(url)
                save_charges(page)
                for title in PAGES:
                    save_other(page, title)
                save_dynamics(page)
                browser.close()
        finally:
            server.terminate()


def save_other(page: Page, title: str) -> None:
    """Another page, reached through the menu as a visitor would."""
    page.get_by_role("link", name=title).first.click()
    page.get_by_role("heading", level=1, name=PAGES[title]).wait_for()
    page.wait_for_selector(".les-canvas canvas")
    page.wait_for_selector(".js-plotly-plot, [data-testid=stMetric]")
    page.wait_for_timeout(5000)
    page.screenshot(path=FOLDER / f"{title.split()[0].lower()}.png")


def save_dynamics(page: Page) -> None:
    """The Dynamics page with water that turns in a field."""
    page.get_by_role("link", name="Dynamics").first.click()
    page.get_by_role("button", name="Turn on the field").click()
    page.wait_for_function("parseInt((document.querySelector('.les-frame')?.innerText ?? '').split('/')[1]) > 60")
    page.mouse.click(640, 20)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume", exact=True).wait_for()
    page.wait_for_timeout(3000)
    page.screenshot(path=FOLDER / "dynamics.png")


def wait_for(url: str) -> None:
    """Wait until the server answers."""
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


def save_charges(page: Page) -> None:
    """The Charges page with a picked atom."""
    page.wait_for_selector(".les-canvas canvas")
    page.wait_for_selector(".js-plotly-plot")
    page.locator(".les-stage").press("n")
    page.locator(".les-pick", has_text="atom 0").wait_for()
    page.locator(".shapelayer path").first.wait_for(state="attached")
    page.mouse.click(640, 20)  # take the focus, and its frame, off the viewer
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / "charges.png")


if __name__ == "__main__":
    main()
