"""A server that browsers of other machines may call: each sees its own runs, and no others."""

import pytest
import streamlit as st

from les_viz.hosting import HOSTS_VARIABLE, variable
from les_viz.runs.catalog import FOLDER_VARIABLE, list_runs
from les_viz.runs.manager import WAITS

BENCH = {"structure": "water/water_dimer.extxyz", "model": "water"}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "runs"))
    monkeypatch.setenv(HOSTS_VARIABLE, "lab.example.org")
    st.cache_resource.clear()
    yield tmp_path / "runs"
    st.cache_resource.clear()  # which closes the manager, and so ends what still runs


def runs_in_the_list(page):
    page.open_tab("dynamics_tabs", "Runs")
    assert page.errors() == []
    return page.app.dataframe[0].value["run"].tolist() if page.app.dataframe else []


def test_as_many_runs_move_at_once_as_the_server_was_started_for(open_bundled_page, runs, come_as, monkeypatch):
    monkeypatch.setenv(variable("max_running"), "2")
    for name in ("anna", "ben", "carl"):
        come_as(name)
        page = open_bundled_page("dynamics", BENCH)
        next(button for button in page.app.button if button.label == "Start").click().run()
    third, *others = list_runs(runs)
    assert WAITS in third.status.message
    assert not any(WAITS in entry.status.message for entry in others)


def test_each_visitor_has_a_list_of_its_own(open_bundled_page, runs, come_as):
    come_as("anna")
    page = open_bundled_page("dynamics", BENCH)
    next(button for button in page.app.button if button.label == "Start").click().run()
    (entry,) = list_runs(runs)
    assert runs_in_the_list(page) == [entry.name]
    assert "anna" not in entry.owner, "whoever reads the folder would be able to come as anna"
    for other in ("ben", None):
        come_as(other)
        assert runs_in_the_list(open_bundled_page("dynamics", BENCH)) == []
    come_as("anna")
    assert runs_in_the_list(open_bundled_page("dynamics", BENCH)) == [entry.name], "in another window"
