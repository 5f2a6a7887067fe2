"""A picture saved as a web page, opened from the disk in Chromium: atoms in their colours, no text taken for code."""

import io

import matplotlib.image
import numpy as np
import pytest

from les_viz.viewer.html import standalone_html
from les_viz.viewer.scene import Coloring, Scene

pytestmark = pytest.mark.browser

CODE = "<img src=x onerror=\"document.title='taken'\"></script>"


def test_a_saved_picture_is_whole_without_a_network_and_its_words_are_words(browser, tmp_path):
    water = Scene(
        atomic_numbers=np.array([8, 1, 1]),
        positions=np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]),
        cell=None,
        coloring=Coloring.of(f"charge {CODE}", "e", np.array([-0.8, 0.4, 0.4])),
    )
    saved = tmp_path / "picture.html"
    saved.write_text(standalone_html(water, title=CODE), encoding="utf-8")
    page = browser.new_page(viewport={"width": 400, "height": 320}, offline=True)
    problems, asked = [], []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: asked.append(request.url) if request.url.startswith(("http", "ws")) else None)
    page.goto(saved.as_uri())
    for _ in range(240):
        seen = 255 * matplotlib.image.imread(io.BytesIO(page.screenshot()))[..., :3]
        blue, red = (seen[..., 2] - seen[..., 0] > 40), (seen[..., 0] - seen[..., 2] > 40)
        if min(blue.sum(), red.sum()) > 300:
            break
        page.wait_for_timeout(250)
    picture = slice(60, None)  # below the bar of colours
    assert blue[picture].sum() > 300, "no negative oxygen"
    assert red[picture].sum() > 300, "no positive hydrogens"
    assert page.title() == CODE
    assert CODE in page.locator(".les-bar-title").inner_text()
    assert page.locator("img").count() == 0
    assert (problems, asked) == ([], [])
    page.close()
