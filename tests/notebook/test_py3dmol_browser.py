"""The backend `py3dmol` in Chromium, framed as notebooks frame it: coloured atoms are drawn, and nobody is asked."""

import io

import matplotlib.image
import numpy as np
import pytest
from ase import Atoms

import les_viz

pytestmark = pytest.mark.browser


def test_charged_atoms_are_drawn_in_the_frame_without_a_network(browser):
    pytest.importorskip("py3Dmol")
    water = Atoms("OH2", [[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
    water.arrays["charge"] = np.array([-0.8, 0.4, 0.4])
    picture = les_viz.view(water, "charge", backend="py3dmol", height=300)
    page = browser.new_page(viewport={"width": 400, "height": 320}, offline=True)
    problems, asked = [], []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: asked.append(request.url) if request.url.startswith(("http", "ws")) else None)
    page.set_content(picture._repr_html_())
    for _ in range(120):
        seen = 255 * matplotlib.image.imread(io.BytesIO(page.screenshot()))[..., :3]
        blue, red = seen[..., 2] - seen[..., 0], seen[..., 0] - seen[..., 2]
        if min((blue > 40).sum(), (red > 40).sum()) > 300:
            break
        page.wait_for_timeout(250)
    assert (blue > 40).sum() > 300, "no negative oxygen"
    assert (red > 40).sum() > 300, "no positive hydrogens"
    assert (problems, asked) == ([], [])
    page.close()
