"""What visitors do, in Chromium without a network: changes, quick reruns, uploads good and bad."""

import pickle

import pytest
from app_window import Window

pytestmark = pytest.mark.browser

FAILURES = "[data-testid=stException], [data-testid=stAlertContentError], [role=dialog]"

PICTURE = """() => {
  const pixels = document.querySelector('.les-canvas canvas');
  if (pixels === null) return null;
  const copy = Object.assign(document.createElement('canvas'), { width: 160, height: 100 });
  const context = copy.getContext('2d');
  context.drawImage(pixels, 0, 0, 160, 100);
  return context.getImageData(0, 0, 160, 100).data.join();
}"""

OTHER_PICTURE = f"(before) => ![null, before].includes(({PICTURE})())"


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
    window.page.wait_for_function(OTHER_PICTURE, arg=before)
    window.page.locator("[data-testid=stMetric]", has_text="Energy change").wait_for()
    window.settle()
    assert window.page.locator(".les-gizmo").inner_html() == camera
    window.page.get_by_role("button", name="Undo", exact=True).last.click()  # the first is in the sidebar
    window.page.wait_for_function(f"(before) => ({PICTURE})() === before", arg=before)
    window.page.get_by_role("spinbutton", name="a (%)").press("ArrowUp")
    window.page.get_by_role("spinbutton", name="a (%)").press("Enter")
    window.settle()
    window.page.get_by_role("button", name="Strain", exact=True).click()
    window.page.wait_for_function(OTHER_PICTURE, arg=before)
    window.settle()
    assert window.page.locator(".les-gizmo").inner_html() == camera
    assert window.problems == []


def test_a_change_is_drawn_first_and_the_page_follows(browser, app_url):
    said = []

    def listen(socket):
        socket.on("framereceived", lambda data: said.append(("server", bytes(data))))
        socket.on("framesent", lambda data: said.append(("browser", bytes(data))))

    window = Window(browser, app_url, "/", is_offline=True)
    window.page.on("websocket", listen)
    window.go("/")
    window.visit("Charges")
    window.page.get_by_role("tab", name="What if").click()
    window.settle()
    said.clear()
    window.page.get_by_role("button", name="Turn", exact=True).click()
    window.page.get_by_text("Changed by you: ").wait_for()
    window.settle()
    window.context.close()
    scenes = [number for number, (who, data) in enumerate(said) if who == "server" and b'"positions"' in data]
    drawn = [number for number, (who, data) in enumerate(said) if who == "browser" and b"drawn" in data]
    ahead = [number for number in scenes if b'"messenger"' in said[number][1]]
    after = [number for number in scenes if number > ahead[0]]
    assert len(ahead) == len(after) == len(drawn) == 1
    assert ahead[0] < drawn[0] < after[0]
    assert window.problems == []


def test_many_quick_reruns_leave_one_context_and_bounded_memory(window):
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
    assert window.live_contexts() == 1
    assert window.page.locator(".les-canvas canvas").count() == 1
    assert window.problems == []


def test_a_published_model_can_be_uploaded_and_shows_its_charges(window, shared):
    window.visit("Models")
    window.upload("Model", shared / "published" / "water_v2.pth")
    window.wait_for_choice("water_v2.pth (yours)")
    window.settle()
    window.wait_for_ink()
    assert window.page.locator(FAILURES).count() == 0
    window.page.get_by_role("tab", name="Inside").click()
    window.page.get_by_test_id("stDataFrame").first.wait_for()
    assert window.problems == []


class Evil:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        import os

        return os.system, (self.command,)


def test_a_hostile_model_is_one_sentence_and_the_picture_stays(window, tmp_path):
    marker = tmp_path / "executed"
    hostile = tmp_path / "weights.pth"
    hostile.write_bytes(pickle.dumps(Evil(f"touch {marker}"), 2))
    window.visit("Potential")
    window.upload("Model", hostile)
    sentence = window.page.locator("[data-testid=stAlertContentError]").inner_text()
    assert "weights.pth" in sentence
    assert len(sentence) < 400
    assert "Traceback" not in sentence
    window.settle()
    window.wait_for_ink()
    assert not marker.exists()
    assert window.page.locator("[data-testid=stException]").count() == 0
    assert window.problems == []


def test_an_atom_follows_the_pointer_and_python_hears_where_it_was_let_go(window):
    window.visit("Charges")
    camera = window.page.locator(".les-gizmo").inner_html()
    x, y = window.atom_below_pointer()
    window.page.get_by_role("button", name="Move", exact=True).first.click()
    before = window.page.evaluate(PICTURE)
    window.page.mouse.move(x, y)
    window.page.mouse.down()
    window.page.mouse.move(x + 15, y - 10)
    window.page.mouse.move(x + 30, y - 20)
    window.page.wait_for_function(OTHER_PICTURE, arg=before)
    window.page.mouse.up()
    window.page.get_by_text("Changed by you: atom").wait_for()
    window.settle()
    assert window.page.locator(".les-gizmo").inner_html() == camera, "the structure turned instead"
    window.page.get_by_role("button", name="Undo", exact=True).first.click()
    window.page.wait_for_function(f"(before) => ({PICTURE})() === before", arg=before)
    assert window.problems == []
