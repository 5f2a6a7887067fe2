"""The Dynamics page in Chromium: atoms move as the run goes, the field is felt, stop, go on, export; the run ends with
its window."""

import io
import time

import ase.io
import numpy as np
import pytest
from app_window import COUNT_INK, Window, running_app

from les_viz.resources import SAMPLE_MODELS
from les_viz.runs.catalog import FOLDER_VARIABLE, list_runs
from les_viz.runs.states import State, is_alive
from les_viz.runs.thermo import read_columns

pytestmark = pytest.mark.browser

PAGE = "/dynamics?structure=water%2Fwater_dimer.extxyz&model=water"
PATIENCE_S = 120


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("live") / "runs"


@pytest.fixture(scope="module")
def live_url(repository, runs, tmp_path_factory):
    """An app with the bundled samples, for runs load them in processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(runs))
        with running_app(repository, SAMPLE_MODELS, tmp_path_factory.mktemp("live_app")) as address:
            yield address


@pytest.fixture
def window(browser, live_url):
    opened = Window(browser, live_url, PAGE)
    yield opened
    opened.context.close()


def wait_for(window, condition, what):
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, what
        window.page.wait_for_timeout(200)
    return found


def n_frames(window):
    """How many frames the viewer has."""
    words = window.page.locator(".les-frame").inner_text()
    return int(words.rpartition("/")[2]) if "/" in words else 0


def frame_shown(window):
    words = window.page.locator(".les-frame").inner_text()
    return int(words.rpartition("/")[0].rpartition("·")[2])


def press(window, name):
    window.page.get_by_role("button", name=name, exact=True).click()


def ask_for(window, label, value):
    field = window.page.get_by_role("spinbutton", name=label).first
    field.fill(value)
    field.press("Enter")
    window.settle()


def test_the_field_is_in_view_before_a_run_starts(window):
    slider = window.page.get_by_role("slider", name="Electric field")
    for control in (slider, window.page.get_by_role("button", name="Off", exact=True)):
        box = control.bounding_box()
        assert box["y"] + box["height"] <= 800, "below the fold"


LINES = ".les-course .u-over"
"""Of the uppermost plot, while a run moves."""

PLOTLY = ".js-plotly-plot .nsewdrag"
"""The same, once it rests."""


def click_the_middle(window, plots):
    """As a hand does; plotly may be at work on its plot."""
    found = window.page.wait_for_function(
        """(plots) => {
          const plot = document.querySelector(plots);
          plot?.scrollIntoView({ block: "center", behavior: "instant" });
          const box = plot?.getBoundingClientRect();
          return box?.width > 0 ? [box.left + box.width / 2, box.top + box.height / 2] : null;
        }""",
        arg=plots,
    )
    left, top = found.json_value()
    window.page.mouse.click(left, top, delay=100)


def what_is_seen(window):
    """Of the lines of a moving run: from when to when, and the marked time, or None."""
    words = window.page.locator(".les-course").get_attribute("aria-label")
    span, _, mark = words.removeprefix("time (fs) from ").partition(", marked at ")
    begin, _, end = span.partition(" to ")
    return float(begin), float(end), float(mark) if mark else None


def zoom_into_the_plots(window):
    """What is zoomed into stays while the run goes on, and a double click shows all again."""
    plot = window.page.locator(LINES).first
    box = plot.bounding_box()
    left, y, width = box["x"], box["y"] + box["height"] / 2, box["width"]
    window.page.mouse.move(left + 0.25 * width, y)
    window.page.mouse.down()
    window.page.mouse.move(left + 0.75 * width, y, steps=4)
    window.page.mouse.up()
    zoomed, there = (
        wait_for(window, lambda: what_is_seen(window)[0] and what_is_seen(window), "no zoom"),
        n_frames(window),
    )
    wait_for(window, lambda: n_frames(window) > there + 10, "the run stands")
    assert what_is_seen(window) == zoomed
    plot.dblclick()
    begin, end, _ = wait_for(window, lambda: what_is_seen(window)[0] == 0 and what_is_seen(window), "no way back")
    assert begin == 0
    assert end > zoomed[1]


def hold_in_the_viewer(window):
    words = window.page.locator(".les-frame")
    window.page.locator(".les-play").click()
    wait_for(window, lambda: words.inner_text().startswith("held at "), "nothing says that the picture is held")
    shown, there = words.inner_text().partition(" / ")[0], n_frames(window)
    wait_for(window, lambda: n_frames(window) > there, "the run seems to stand while its picture does")
    assert words.inner_text().partition(" / ")[0] == shown
    press(window, "Back to live")
    wait_for(window, lambda: "held" not in words.inner_text(), "there is no way back")


def hold_by_the_plots(window):
    words = window.page.locator(".les-frame")
    click_the_middle(window, LINES)
    wait_for(window, lambda: words.inner_text().startswith("held at "), "a click on a plot does not hold the picture")
    time_fs, _, frames = words.inner_text().removeprefix("held at ").partition(" fs · ")
    frame, there = (int(number) for number in frames.split(" / "))
    assert 0.2 < frame / there < 0.8
    wait_for(
        window,
        lambda: what_is_seen(window)[2] == pytest.approx(float(time_fs), abs=0.06),
        "the plots do not mark the picture's time",
    )
    press(window, "Back to live")
    wait_for(window, lambda: "held" not in words.inner_text(), "there is no way back from a click on a plot")
    wait_for(window, lambda: what_is_seen(window)[2] is None, "the mark stays")


NOTE_PLACES = """() => {
  const places = window.placesOfStop = new Set();
  const look = () => {
    const stop = [...document.querySelectorAll("button")].find((button) => button.innerText.endsWith("Stop"));
    const box = stop?.getBoundingClientRect();
    if (box) places.add(`${Math.round(box.left)} to ${Math.round(box.right)}`);
    requestAnimationFrame(look);
  };
  look();
}"""


def last_field(runs):
    columns = read_columns(list_runs(runs)[0].folder / "thermo.jsonl")
    return columns["electric_field_V_per_A"][-1]


def test_a_run_is_watched_steered_stopped_exported_and_ends_with_its_window(window, runs):
    ask_for(window, "Time step (fs)", "0.1")  # no machine comes to the end of it, nor to times in ps
    ask_for(window, "Length (ps)", "100")
    press(window, "Start")
    wait_for(window, lambda: n_frames(window) > 5, "no frames arrive")
    picture = window.page.evaluate(COUNT_INK)
    wait_for(window, lambda: window.page.evaluate(COUNT_INK) != picture, "the atoms do not move")
    window.page.locator(LINES).nth(3).wait_for(state="attached")

    slider = window.page.locator("[data-testid=stSlider]").get_by_role("slider")
    slider.focus()
    for _ in range(20):
        slider.press("ArrowRight")
    wait_for(window, lambda: last_field(runs)[2] == pytest.approx(0.2), "the field is not felt")
    assert last_field(runs)[:2].tolist() == [0, 0]

    hold_in_the_viewer(window)
    hold_by_the_plots(window)
    zoom_into_the_plots(window)

    press(window, "Stop")
    window.page.get_by_role("button", name="Resume", exact=True).wait_for()
    (entry,) = list_runs(runs)
    assert entry.status.state == State.STOPPED
    columns = read_columns(entry.folder / "thermo.jsonl")
    wait_for(window, lambda: n_frames(window) == len(columns["step"]), "the last frames do not arrive")

    window.page.locator(".js-plotly-plot .scatterlayer path.js-line").nth(5).wait_for(state="attached")
    last = frame_shown(window)
    click_the_middle(window, PLOTLY)
    wait_for(window, lambda: 0.2 < frame_shown(window) / last < 0.8, "a click on a plot of a run at rest does nothing")

    window.page.get_by_role("tab", name="Files").click()
    with window.page.expect_download() as download:
        press(window, "Frames as extended XYZ")
    frames = ase.io.read(io.StringIO(download.value.path().read_text()), index=":", format="extxyz")
    assert len(frames) == len(columns["step"])
    assert np.ptp([atoms.positions for atoms in frames], axis=0).max() > 1e-3

    press(window, "Resume")
    wait_for(window, lambda: n_frames(window) > len(frames) + 3, "it does not go on")
    assert np.array_equal(last_field(runs), columns["electric_field_V_per_A"][-1])
    assert window.page.locator("[data-testid=stException], [data-testid=stAlertContentError]").count() == 0
    assert window.foreign == []
    worker = list_runs(runs)[0].status.pid
    assert is_alive(worker)
    window.context.close()
    end = time.monotonic() + PATIENCE_S
    while is_alive(worker):
        assert time.monotonic() < end, "the run outlives its window"
        time.sleep(0.2)
    assert "nobody looked at it" in list_runs(runs)[0].status.message


def test_stop_stays_where_it_is_whatever_the_run_does(window):
    """Else it slips away while a mouse button is down on it, and the click is lost."""
    ask_for(window, "Time step (fs)", "0.1")
    ask_for(window, "Length (ps)", "100")
    window.page.evaluate(NOTE_PLACES)
    press(window, "Start")
    wait_for(window, lambda: n_frames(window) > 5, "no frames arrive")
    for name in ("Pause run", "Go on", "Pause run"):
        press(window, name)
    window.page.get_by_role("button", name="Go on", exact=True).wait_for()
    assert window.page.evaluate("window.placesOfStop.size") == 1
    press(window, "Stop")
    window.page.get_by_role("button", name="Resume", exact=True).wait_for()
