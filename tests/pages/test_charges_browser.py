"""The Charges page in Chromium: the picture is really drawn, an atom can be picked, nothing leaves the machine."""

import numpy as np
import pytest
from app_window import Window

from les_viz.viewer.payload import pack_scene
from les_viz.viewer.scene import Scene

pytestmark = pytest.mark.browser


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
    window.page.locator(".shapelayer path").first.wait_for(state="detached")  # Python knows: the next pick comes after
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
          const canvases = el.querySelectorAll('.les-canvas canvas').length;
          const seen = [canvases, el.style.height, values.picked.index, values.saved];
          stop();
          el.remove();
          return seen;
        }""",
        list(pack_scene(scene)),
    )
    assert drawn == [1, "200px", 0, True]
    assert window.problems == []


@pytest.mark.parametrize(
    ("width", "height", "shown"), [(1280, 800, 560), (1920, 1080, 770), (1280, 1080, 560), (820, 1180, 560)]
)
def test_the_viewer_has_the_height_of_a_large_window(window, width, height, shown):
    window.page.set_viewport_size({"width": width, "height": height})
    heights = "[...document.querySelectorAll('.les-viewer, .st-key-les_viewer_bench')].map((e) => e.scrollHeight)"
    window.page.wait_for_function(f"(shown) => ({heights}).join() === [shown, shown].join()", arg=shown)
    window.wait_for_ink()
    window.page.set_viewport_size({"width": 1280, "height": 800})
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
