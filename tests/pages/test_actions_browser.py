"""What visitors do, in Chromium without a network: changes, quick reruns."""

import pytest
from app_window import Window

pytestmark = pytest.mark.browser

PICTURE = """() => {
  const pixels = document.querySelector('.les-canvas canvas');
  const copy = Object.assign(document.createElement('canvas'), { width: 160, height: 100 });
  const context = copy.getContext('2d');
  context.drawImage(pixels, 0, 0, 160, 100);
  return context.getImageData(0, 0, 160, 100).data.join();
}"""


@pytest.fixture(scope="module")
def window(browser, app_url):
    opened = Window(browser, app_url, "/", is_offline=True)
    yield opened
    opened.context.close()


def test_turning_a_molecule_moves_atoms_and_not_the_camera(window):
    window.visit("Charges")
    window.page.locator(".les-stage").press("ArrowLeft")
    window.page.get_by_role("tab", name="What if").click()
    slider = window.page.get_by_role("slider", name="Angle")
    slider.press("ArrowRight")
    window.settle()
    camera, before = window.page.locator(".les-gizmo").inner_html(), window.page.evaluate(PICTURE)
    window.page.get_by_role("button", name="Turn", exact=True).click()
    window.page.wait_for_function(f"(before) => ({PICTURE})() !== before", arg=before)
    window.page.locator("[data-testid=stMetric]", has_text="Energy change").wait_for()
    assert window.page.locator(".les-gizmo").inner_html() == camera
    window.page.get_by_role("button", name="Undo", exact=True).last.click()  # the first is in the sidebar
    window.page.wait_for_function(f"(before) => ({PICTURE})() === before", arg=before)
    assert window.problems == []


def test_many_quick_reruns_leave_one_canvas_and_bounded_memory(window):
    window.visit("Charges")
    names = [window.page.get_by_role("radio", name=name, exact=True) for name in ("potential", "latent charge")]
    for number in range(4):
        names[number % 2].click()
    heap = window.heap_in_mb()
    for number in range(20):
        names[number % 2].click()
    window.page.locator(".les-bar-title", has_text="latent charge (e)").wait_for()
    window.settle()
    assert window.heap_in_mb() - heap < 12
    assert window.page.locator(".les-canvas canvas").count() == 1
    assert window.problems == []
