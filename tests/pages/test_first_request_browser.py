"""What `les-viz` serves to a visitor whose first request is a link to a page."""

import socket
import subprocess

import pytest
from app_window import Window, wait_until_healthy

from les_viz.cli.launch import server_command
from les_viz.hosting import Hosting

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fresh_url(tmp_path_factory):
    """The address of a server that nobody has visited, started as `les-viz` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("visitor")
    command = server_command(port, Hosting(), open_browser=False)
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_healthy(f"{address}/_stcore/health", server)
            yield address
        finally:
            server.kill()


def test_a_link_opens_its_page_with_the_menu_and_a_clean_console(browser, fresh_url):
    window = Window(browser, fresh_url, "/charges?structure=water/water_64.extxyz&atom=3")
    menu = window.text("[data-testid=stSidebarNav]").split("\n")
    assert menu[0] == "About and samples"
    assert "app" not in menu
    assert menu.count("Charges") == 1
    marked = window.page.locator("[data-testid=stSidebarNavLink][aria-current=page]")
    assert marked.all_inner_texts() == ["Charges"]
    assert window.text("h1") == "Charges"
    assert "atom 3" in window.text(".les-pick")
    preloaded = window.page.locator('link[rel=modulepreload][href*="les_viz.viewer"]').get_attribute("href")
    loaded = window.page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in loaded if name.endswith("viewer.js")] == [fresh_url + preloaded.removeprefix(".")]
    assert (window.problems, window.foreign) == ([], [])
    window.context.close()


def test_the_sidebar_says_what_lies_on_the_bench_on_every_page(browser, fresh_url):
    window = Window(browser, fresh_url, "/response?structure=organic/water_dimer.extxyz&model=organic")
    for name in ("Charges", "Models"):
        window.page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
        window.page.get_by_role("heading", level=1, name=name, exact=True).wait_for()
        window.settle()
        chosen = window.page.locator("[data-testid=stSidebar] [data-testid=stSelectbox] input")
        assert [field.input_value() for field in chosen.all()] == ["organic · water dimer", "organic"]
    assert window.problems == []
    window.context.close()
