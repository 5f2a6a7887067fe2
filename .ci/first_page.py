"""Open the first page of a running app in Chromium and check that it drew: first_page.py ADDRESS CHROMIUM."""

import sys
import time
import urllib.request

from playwright.sync_api import Page, TimeoutError, sync_playwright

SECONDS = 180
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
ERRORS = '[data-testid="stException"], [data-testid="stAlertContentError"]'
LARGEST_CANVAS = "() => Math.max(0, ...[...document.querySelectorAll('canvas')].map(c => c.width * c.height))"


def wait_for_server(address: str) -> None:
    """Return when the server answers."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def look(page: Page, address: str) -> list[str]:
    """Load the page and list what is wrong with it."""
    problems: list[str] = []
    page.on("console", lambda m: problems.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(f"exception: {error}"))
    page.on("requestfailed", lambda request: problems.append(f"request failed: {request.url}"))
    page.goto(address)
    try:
        page.wait_for_selector("canvas", timeout=SECONDS * 1000)
    except TimeoutError:
        problems.append(f"no canvas after {SECONDS} s; the page says: {page.inner_text('body')[:1000]}")
    page.wait_for_timeout(3000)
    problems += [f"on the page: {text}" for text in page.locator(ERRORS).all_inner_texts()]
    if page.evaluate(LARGEST_CANVAS) < 10_000:
        problems.append("no canvas of a visible size")
    return problems


def main(address: str, chromium: str) -> int:
    """Look at the page and say how it went."""
    start = time.monotonic()
    wait_for_server(address)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        problems = look(browser.new_page(viewport={"width": 1400, "height": 1000}), address)
        browser.close()
    print("\n".join(problems) or f"drawn and without errors, {time.monotonic() - start:.1f} s after the command")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
