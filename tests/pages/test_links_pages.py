"""Links bring back the open tab and the settings of each page, and what is on its way to the browser does no harm."""

import shutil

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from les_viz import resources
from les_viz.ui.session import Session


@pytest.fixture
def two_models(samples, tmp_path, monkeypatch):
    """The samples, with a second model."""
    root = tmp_path / "sample_models"
    shutil.copytree(samples, root)
    shutil.copytree(samples / "water", root / "other", ignore=shutil.ignore_patterns("*.extxyz"))
    monkeypatch.setattr(resources, "SAMPLE_MODELS", root)


@pytest.mark.parametrize(
    ("name", "tabs", "title"),
    [
        ("charges", "charges_tabs", "Charge against environment"),
        ("response", "response_tabs", "Sum rule"),
        ("potential", "potential_tabs", "At the atoms"),
        ("models", "model_tabs", "Inside"),
        ("dynamics", "dynamics_tabs", "What is computed"),
        ("spectra", "spectra_tabs", "Notes"),
    ],
)
def test_a_link_opens_a_tab_and_says_so_itself(open_page, name, tabs, title):
    page = open_page(name, {"tab": title})
    assert page.errors() == []
    assert page.app.session_state[tabs] == title
    assert page.app.query_params["tab"] == title


@pytest.mark.parametrize("name", ["charges", "models", "spectra"])
def test_a_tab_that_there_is_not_opens_the_first(open_page, name):
    page = open_page(name, {"tab": "<script>", "with": "sample:gone", "members": "../x", "figure": "none"})
    assert page.errors() == []


def test_changes_and_selected_atoms_come_back_and_say_so_themselves(open_page):
    edits = "move:0:0.25:0:0;swap:4:8"
    query = {"structure": "water/liquid.extxyz", "atoms": "0,2-3", "atom": "3", "edits": edits}
    page = open_page("charges", query)
    assert page.errors() == []
    header, arrays = page.payload()
    plain = open_page("charges").payload()[1]
    assert arrays["positions"][0, 0] == pytest.approx(plain["positions"][0, 0] + 0.25)
    assert arrays["numbers"][4] == 8
    assert sorted(header["selection"]) == [0, 2, 3]
    assert (page.app.query_params["edits"], page.app.query_params["atoms"]) == (edits, "0,2-3")
    page.app.button(key="undo_in_sidebar").click().run()
    assert page.app.query_params["edits"] == "move:0:0.25:0:0"


def test_a_change_of_atoms_that_there_are_not_is_left_out(open_page):
    page = open_page(
        "charges", {"structure": "water/liquid.extxyz", "edits": "swap:77:8;move:0:0.25:0:0", "atoms": "1,77"}
    )
    assert page.errors() == []
    assert page.app.query_params["edits"] == "move:0:0.25:0:0"


def test_settings_of_models_are_in_the_address_and_come_back(two_models, open_page):
    page = open_page("models", {"tab": "Compare two", "compare": "charges", "with": "sample:other"})
    assert page.errors() == []
    assert page.app.button_group(key="compared_quantity_choice").value == "charges"
    assert page.app.selectbox(key="other_model_choice").value == "sample:other"
    page.app.button_group(key="compared_quantity_choice").set_value("Born effective charges").run()
    assert page.app.query_params["compare"] == "Born effective charges"
    page = open_page("models", {"tab": "Committee", "spread": "forces", "members": "sample:water,sample:other"})
    assert page.errors() == []
    assert page.app.multiselect[0].value == ["sample:water", "sample:other"]
    assert page.app.button_group(key="committee_quantity").value == "forces"


def test_settings_of_a_run_come_back(open_page):
    query = {"ensemble": "nve", "temperature": "450", "amplitude": "-0.3", "direction": "1,1,1", "shape": "sine"}
    page = open_page("dynamics", query)
    assert page.errors() == []
    plan = page.app.session_state["les_viz_session"].plan
    assert (plan.ensemble, plan.temperature, plan.field.direction) == ("nve", 450.0, (1.0, 1.0, 1.0))
    assert page.app.slider(key="field_amplitude").value == -0.3
    page.app.slider(key="field_amplitude").set_value(0.2).run()
    assert page.app.query_params["amplitude"] == "0.2"


def test_a_figure_of_the_spectra_comes_back(open_page):
    page = open_page("spectra", {"figure": "distances", "runs": "recorded"})
    assert page.errors() == []
    assert page.app.button_group(key="spectra_figure").value == "distances"
    assert page.app.query_params["figure"] == "distances"


def test_an_address_that_was_replaced_a_moment_ago_takes_nothing_back(open_page):
    """The browser asks again before our new address has reached it: as it does when two things change quickly."""
    page = open_page("charges", {"color": "force"})
    before = dict(page.app.query_params)
    page.app.button_group(key="color_choice").set_value("potential").run()
    page.app.query_params.clear()
    page.app.query_params.update(before)
    page.app.run()
    assert page.app.session_state["les_viz_session"].color_by == "potential"
    assert Session().color_by != "potential"


def test_a_click_in_the_menu_before_any_page_was_drawn_keeps_what_the_address_said(repository, samples, monkeypatch):
    app = AppTest.from_file(str(repository / "app.py"), default_timeout=180)
    app.query_params["lecture"] = "1"
    with monkeypatch.context() as patch:
        patch.setattr(st, "navigation", lambda _: st.stop())  # so early comes the click
        app.run()
    app.query_params.clear()
    app.run()
    assert not app.exception
    assert app.query_params["lecture"] == "1"
