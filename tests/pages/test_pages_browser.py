"""The other pages in Chromium, with all of the network blocked but this machine: all drawn, in light and dark."""

import pytest
from app_window import Window

pytestmark = pytest.mark.browser

FAILURES = "[data-testid=stException], [data-testid=stAlertContentError], [role=dialog]"
PAGES = ["Response", "Potential", "Models", "Home|About"]


@pytest.fixture(scope="module")
def window(browser, app_url):
    opened = Window(browser, app_url, "/", is_offline=True)
    yield opened
    opened.context.close()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_a_network_and_draws_charged_atoms(window, page):
    window.visit(page)
    assert window.page.locator(FAILURES).count() == 0
    assert (window.problems, window.foreign) == ([], [])


@pytest.mark.parametrize("page", ["Response", "Potential"])
def test_figures_and_viewer_are_dark_where_the_page_is(window, page):
    window.page.emulate_media(color_scheme="dark")
    window.visit(page)
    panel = "parseInt(document.querySelector('.les-viewer').style.getPropertyValue('--les-panel').slice(1, 3), 16)"
    window.page.wait_for_function(f"{panel} < 100")
    text = "parseInt(getComputedStyle(document.querySelector('.js-plotly-plot .xtick text')).fill.split(/[(,]/)[1])"
    window.page.wait_for_function(f"{text} > 150")
    window.wait_for_ink()
    window.page.emulate_media(color_scheme="light")
    assert window.problems == []


def test_the_map_of_the_potential_stands_beside_the_title_of_its_axis(window):
    window.page.set_viewport_size({"width": 1920, "height": 1080})
    window.visit("Potential")
    plot = window.page.locator(".js-plotly-plot").first
    title, map_ = (plot.locator(part).bounding_box() for part in (".ytitle", ".nsewdrag"))
    assert 0 < map_["x"] - title["x"] < 70
    window.page.set_viewport_size({"width": 1280, "height": 800})
    assert window.problems == []
