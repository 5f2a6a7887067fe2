"""The Dynamics page: first load, a run that starts, feels the field, stops, goes on and is removed; its Python runs."""

import time

import pytest
import streamlit as st
from streamlit.testing.v1.element_tree import ElementTree

from les_viz.md.protocols import FieldProtocol
from les_viz.runs.catalog import FOLDER_VARIABLE, list_runs
from les_viz.runs.config import run_config
from les_viz.runs.execution import execute
from les_viz.runs.setup import create_run
from les_viz.runs.states import State
from les_viz.runs.thermo import read_columns
from les_viz.ui.dynamics.plan import Plan
from les_viz.ui.dynamics.presets import PRESETS

BENCH = {"structure": "water/water_dimer.extxyz", "model": "water"}
PATIENCE_S = 120
SHORT = {
    "structure": {"sample": "water/water_dimer"},
    "model": {"name": "water"},
    "dynamics": {"steps": 2, "timestep_fs": 0.1},
}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "runs"))
    st.cache_resource.clear()
    yield tmp_path / "runs"
    st.cache_resource.clear()  # which closes the manager, and so ends what still runs


@pytest.fixture
def page(open_bundled_page, runs):
    return open_bundled_page("dynamics", BENCH)


def press(page, label):
    button = next(button for button in page.app.button if button.label == label)
    button.click().run()
    assert page.errors() == []


def labels(page):
    return {button.label for button in page.app.button}


def look_until(page, runs, condition, what):
    """Run the page again and again, as its fragments do in a browser."""
    end = time.monotonic() + PATIENCE_S
    while True:
        (entry,) = list_runs(runs)
        if condition(entry):
            page.app.run()
            return entry
        assert time.monotonic() < end, (what, entry.status)
        time.sleep(0.2)
        page.app.run()


def field_felt(entry):
    columns = read_columns(entry.folder / "thermo.jsonl")
    return bool(columns) and columns["electric_field_V_per_A"][-1].tolist() == [0.0, 0.0, 0.5]


def test_a_run_from_start_to_removal(page, runs):
    assert page.errors() == []
    assert {"Start", "Turn on the field", "Let ions drift", "Off"} <= labels(page)
    assert page.payload()[0]["run"] is None
    page.app.number_input(key="run_length").set_value(1000.0).run()
    press(page, "Start")
    look_until(page, runs, lambda entry: entry.status.step > 8, "no frames")
    header, _ = page.payload()
    assert header["run"].startswith(list_runs(runs)[0].name)
    assert header["label"] == "latent charge"

    page.app.slider(key="field_amplitude").set_value(0.5).run()
    look_until(page, runs, field_felt, "the field is not felt")
    assert page.payload()[0]["arrows"][0]["label"] == "field"
    assert page.metrics()["ΔP along E"].endswith(" D")

    press(page, "Stop")
    (entry,) = list_runs(runs)
    assert entry.status.state == State.STOPPED
    assert {"Resume", "Start anew"} <= labels(page)
    press(page, "Resume")
    look_until(page, runs, lambda now: now.status.step > entry.status.step + 8, "it does not go on")
    page.open_tab("dynamics_tabs", "Runs")
    assert page.app.dataframe[0].value["run"].tolist() == [entry.name]
    press(page, "Delete for good")
    assert list_runs(runs) == []
    assert "Start" in labels(page)


def test_times_of_a_protocol_count_from_the_start_of_the_next_run(page, runs):
    """Also after a run was shown again in which it had begun later: from there they would be added up."""
    page.app.number_input(key="run_length").set_value(1000.0).run()
    press(page, "Start")
    look_until(page, runs, lambda entry: entry.status.step > 8, "no frames")
    page.app.segmented_control(key="field_shape").set_value("sine").run()
    (entry,) = list_runs(runs)
    assert entry.field.start_fs > 0
    press(page, "Stop")
    press(page, "Resume")
    assert page.app.number_input(key="field_start_fs").value == 0


@pytest.mark.parametrize(
    ("field", "strongest", "shown"),
    [
        ({"shape": "none"}, 1.0, 0.0),
        ({"shape": "sine", "amplitude_V_per_A": -3.0, "period_fs": 0.05, "start_fs": -5.0}, 3.0, -3.0),
        ({"shape": "sine", "amplitude_V_per_A": 0.1, "period_fs": 1e5, "direction": [1, 2, 0]}, 1.0, 0.1),
    ],
)
def test_any_run_of_the_command_line_can_be_shown(page, runs, field, strongest, shown):
    """Also with a field beyond what the page offers, and one that is off whatever its strength."""
    create_run(run_config({**SHORT, "field": field}), runs / "of_the_command_line")
    execute(runs / "of_the_command_line", resume=False)
    page.open_tab("dynamics_tabs", "Runs")
    press(page, "Show")
    page.open_tab("dynamics_tabs", "Field over time")
    assert page.errors() == []
    slider = page.app.slider(key="field_amplitude")
    assert (slider.max, slider.value) == (strongest, shown)


@pytest.mark.parametrize("name", ["trajectory.h5", "start.npz"])
def test_a_damaged_file_of_a_run_is_named_and_the_rest_of_the_page_stays(page, runs, name):
    create_run(run_config({**SHORT, "field": {"shape": "none"}}), runs / "spoilt")
    execute(runs / "spoilt", resume=False)
    (runs / "spoilt" / name).write_bytes(b"no frames")
    page.open_tab("dynamics_tabs", "Runs")
    show = next(button for button in page.app.button if button.label == "Show")
    show.click().run()
    (sentence,) = page.errors()
    assert "spoilt" in sentence
    assert name in sentence.replace("\\", "")
    assert "damaged" in sentence
    assert page.metrics()["Temperature"].endswith(" K")
    assert {"Start anew"} <= labels(page)


def test_words_of_the_trade_are_explained(page, runs):
    assert "temperature" in page.app.selectbox(key="run_ensemble").help
    assert "velocities" in page.app.number_input(key="run_seed").help


def test_settings_are_shown_though_the_run_of_the_page_that_gave_them_was_lost(page):
    """As Streamlit loses what a run of the page has not sent yet when the next one begins."""
    page.app._tree = ElementTree()
    page.app._tree._runner = page.app
    page.app.run()
    settings = [page.app.number_input(key=f"run_{name}").proto for name in ("temperature", "timestep", "length")]
    assert [(proto.set_value, proto.value) for proto in settings] == [(True, 300.0), (True, 0.5), (True, 5.0)]


def test_a_mistake_is_one_sentence_and_a_protocol_is_previewed(page, runs):
    page.app.selectbox(key="run_ensemble").set_value("npt").run()
    press_start = next(button for button in page.app.button if button.label == "Start")
    press_start.click().run()
    (sentence,) = page.errors()
    assert "not periodic" in sentence
    assert list_runs(runs) == []


def test_python_for_this_runs(page, runs, tmp_path, monkeypatch, capsys):
    page.app.number_input(key="run_length").set_value(0.004).run()
    page.app.slider(key="field_amplitude").set_value(0.3).run()
    code = next(block.value for block in page.app.code if "run_config" in block.value)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "python_for_this", "exec"), {"__name__": "__main__"})
    assert "3 frames of 6 atoms" in capsys.readouterr().out


def test_a_hot_run_is_not_stopped_for_being_as_hot_as_asked(page, runs):
    page.app.number_input(key="run_temperature").set_value(6000.0).run()
    code = next(block.value for block in page.app.code if "run_config" in block.value)
    assert "'temperature_limit_K': 18000.0" in code


def test_presets_are_of_bundled_samples_and_say_what_to_watch():
    assert [preset.title for preset in PRESETS] == [
        "Turn on the field",
        "Shake at an infrared frequency",
        "Let ions drift",
    ]
    for preset in PRESETS:
        assert preset.watch.startswith("Watch ")
        assert preset.watch.count(".") == 1
        assert isinstance(preset.plan, Plan)
        assert isinstance(preset.plan.field, FieldProtocol)
        assert not preset.plan.field.is_off
