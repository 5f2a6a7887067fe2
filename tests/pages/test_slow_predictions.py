"""A prediction that takes long: progress, Cancel, another try; what was on the page stays."""

import threading
import time

import pytest

from les_viz.patience import check_wanted
from les_viz.response import predict as engine
from les_viz.ui import jobs

PATIENCE_S = 60


@pytest.fixture
def released(monkeypatch):
    """Predictions of pages wait for this event, and say in `ended` when they were told to end."""
    event, real = threading.Event(), engine.predict
    event.ended = threading.Event()

    def predict(*arguments, **options):
        try:
            while not event.wait(0.01):
                check_wanted()
        except BaseException:
            event.ended.set()
            raise
        return real(*arguments, **options)

    monkeypatch.setattr(engine, "predict", predict)
    return event


def button(page, label):
    return next(button for button in page.app.button if button.label == label)


def keeps_the_last(page):
    return any(text.value.startswith("Below is still") for text in page.app.caption)


def test_a_long_prediction_is_cancelled_and_asked_for_again(open_page, released, monkeypatch):
    monkeypatch.setattr(jobs, "PATIENCE_S", 0.2)
    page = open_page()
    assert page.errors() == []
    assert any("Computing the charges" in text.value and "s so far" in text.value for text in page.app.markdown)
    assert len(page.app.get("bidi_component")) == 0
    button(page, "Cancel").click().run()
    assert released.ended.wait(PATIENCE_S)
    page.app.run()
    assert page.errors() == []
    (info,) = page.app.info
    assert info.value.startswith("The calculation was cancelled")
    released.set()
    monkeypatch.setattr(jobs, "PATIENCE_S", PATIENCE_S)
    button(page, "Compute it").click().run()
    assert page.errors() == []
    assert page.payload()[0]["label"] == "latent charge"


def test_what_was_on_the_page_stays_while_the_next_is_computed(open_page, released, monkeypatch):
    released.set()
    page = open_page()
    assert page.payload()[0]["label"] == "latent charge"
    released.clear()
    monkeypatch.setattr(jobs, "PATIENCE_S", 0.2)
    page.upload("structure", "h.xyz", b"2\n\nH 0 0 0\nH 0 0 0.9\n")
    assert page.errors() == []
    assert keeps_the_last(page)
    assert page.payload()[0]["label"] == "latent charge"
    released.set()
    end = time.monotonic() + PATIENCE_S
    while keeps_the_last(page):
        assert time.monotonic() < end
        page.app.run()
    assert page.errors() == []


def places(page):
    """What lies where on a page: by its place Streamlit tells which part of the page was clicked."""
    return {number: part.type for number, part in page.app.main.children.items()}


def test_a_slow_change_takes_neither_the_picture_away_nor_a_click_on_its_way(open_page, released, monkeypatch):
    released.set()
    page = open_page().open_tab("charges_tabs", "What if")
    before = places(page)
    released.clear()
    monkeypatch.setattr(jobs, "PATIENCE_S", 0.2)
    page.app.number_input(key="move_x").set_value(0.1)
    page.app.button(key="do_move").click().run()
    assert page.errors() == []
    assert keeps_the_last(page)
    assert page.payload()[0]["label"] == "latent charge"
    assert places(page) == before
    released.set()
