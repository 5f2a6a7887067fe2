"""The page Spectra without a browser: the recorded run, and runs of the folder."""

import base64
import io
import json
from contextlib import redirect_stdout

import numpy as np
import pytest
from model_files import model_of_kind, write_model
from random_models import random_atoms

from les_viz.hosting import HOSTS_VARIABLE
from les_viz.io.writing import write_extxyz
from les_viz.plots.text import measured
from les_viz.runs.averages import dielectric_of_fields
from les_viz.runs.config import run_config
from les_viz.runs.execution import execute
from les_viz.runs.report import report_of
from les_viz.runs.results import load_results
from les_viz.runs.setup import create_run
from les_viz.ui.spectra.choice import RECORDED, RECORDED_FILE, RECORDED_LABEL
from les_viz.ui.spectra.view import quantity_in_words


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder of three short runs: none, +E and -E."""
    inputs, folder = tmp_path_factory.mktemp("inputs"), tmp_path_factory.mktemp("runs")
    write_model(inputs / "model.safetensors", model_of_kind("atomic", charge_sign=-1, epsilon_infinity=1.69))
    write_extxyz(inputs / "crystal.extxyz", random_atoms(1, pbc=True))
    for name, strength in (("free", 0.0), ("plus", 0.1), ("minus", -0.1)):
        content = {
            "structure": {"path": str(inputs / "crystal.extxyz")},
            "model": {"name": str(inputs / "model.safetensors")},
            "dynamics": {"timestep_fs": 0.1, "steps": 70, "closest_A": 0.0, "temperature_limit_K": 1e8},
            "field": {"shape": "constant", "amplitude_V_per_A": strength, "direction": [0, 0, 1]},
            "output": {"every": 1, "checkpoint_s": 1e9},
            "limits": {"threads": 1},
        }
        create_run(run_config(content), folder / name)
        execute(folder / name, resume=False)
    return folder


def figure(page):
    (chart,) = page.app.get("plotly_chart")
    return json.loads(chart.proto.spec)


def values(encoded):
    """What plotly wrote as base64."""
    return np.frombuffer(base64.b64decode(encoded["bdata"]), np.dtype(encoded["dtype"]))


def notes_of(drawn):
    return " ".join(note.get("text", "") for note in drawn["layout"]["annotations"])


@pytest.fixture
def empty(monkeypatch, tmp_path):
    monkeypatch.setenv("LES_VIZ_RUNS", str(tmp_path / "none"))


def test_first_load_without_runs_shows_the_recorded_one(empty, open_page):
    page = open_page("spectra")
    assert page.errors() == []
    drawn = figure(page)
    assert drawn["layout"]["yaxis"]["title"]["text"] == "absorption n·α (10³ cm⁻¹)"
    for text in ("scaled with charge sign", "measured: Bertie", "O–H stretch"):
        assert text in notes_of(drawn)
    assert page.app.multiselect(key="spectra_runs").value == [RECORDED]
    for name in ("density_of_states", "dielectric_running", "distances", "displacements", "conductivity_running"):
        page.app.segmented_control(key="spectra_figure").set_value(name).run()
        assert page.errors() == []
        assert figure(page)["data"]
    assert any("Band:" in caption.value for caption in page.app.caption)
    page.app.segmented_control(key="spectra_figure").set_value("loop").run()
    assert "the field has no period" in page.app.info[0].value


def test_recorded_run_is_small_and_says_where_it_is_from():
    text = RECORDED_FILE.read_text(encoding="utf-8")
    assert len(text.encode()) < 200_000
    assert any("made by benchmarks/water_spectra.py" in note for note in json.loads(text)["notes"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("conductivity green kubo", "conductivity (Green–Kubo)"),
        ("conductivity einstein", "conductivity (Einstein)"),
        ("diffusion H", "diffusion of H"),
        ("dielectric constant", "dielectric constant"),
    ],
)
def test_numbers_are_named_in_words(name, words):
    assert quantity_in_words(name) == words


def test_runs_of_the_folder(runs, monkeypatch, open_page):
    monkeypatch.setenv("LES_VIZ_RUNS", str(runs))
    page = open_page("spectra")
    picker = page.app.multiselect(key="spectra_runs")
    assert len(picker.options) == 4
    picker.set_value(["free"]).run()
    assert page.errors() == []
    expected = report_of(load_results(runs / "free"))
    page.app.slider(key="spectra_smoothing").set_value(0.0).run()
    line = figure(page)["data"][-1]
    assert line["name"] == "free (300 K)"
    table = expected.tables["infrared"]
    width = expected.numbers["spectral_resolution"]["value"]
    assert any(f"a sharp line {width:.0f} cm⁻¹ wide" in caption.value for caption in page.app.caption)
    np.testing.assert_allclose(values(line["y"]), table["absorption_per_cm"] * 1e-3, rtol=1e-9)
    assert "charge sign −1, ε∞ 1.69" in notes_of(figure(page))
    numbers = page.app.dataframe[0].value.set_index("quantity")
    temperature = expected.numbers["temperature"]
    assert numbers.loc["dielectric constant", "unit"] == "–", "a pure number"
    assert numbers.loc["temperature", "value"] == measured(temperature["value"], temperature["error"])

    page.app.multiselect(key="spectra_runs").set_value(["plus", "minus", "free"]).run()
    assert [data["name"] for data in figure(page)["data"] if data.get("name")] == [
        "plus (300 K, +0.1 V/Å)", "minus (300 K, −0.1 V/Å)", "free (300 K)"
    ]  # fmt: skip
    page.app.segmented_control(key="spectra_figure").set_value("dielectric_running").run()
    assert [data["name"] for data in figure(page)["data"] if data.get("name")] == ["free (300 K)"]
    assert any("Not told of plus" in caption.value for caption in page.app.caption)
    assert any("Band: how the three directions differ." in caption.value for caption in page.app.caption)
    page.app.segmented_control(key="spectra_figure").set_value("infrared").run()
    page.open_tab("spectra_tabs", "Opposite fields")
    found = page.app.dataframe[0].value
    assert found["runs"].tolist() == ["plus, minus"]
    running = values(json.loads(page.app.get("plotly_chart")[1].proto.spec)["data"][-1]["y"])
    all_points = dielectric_of_fields(load_results(runs / "plus"), load_results(runs / "minus"))
    assert found["ε"].tolist() == [measured(all_points.value, all_points.error)]
    assert running[-1] == pytest.approx(all_points.value)
    page.open_tab("spectra_tabs", "Against the field")
    assert page.errors() == []
    drawn = [json.loads(chart.proto.spec) for chart in page.app.get("plotly_chart")[1:]]
    axes = [chart["layout"]["yaxis"]["title"]["text"] for chart in drawn]
    assert axes[-1] == "⟨P⟩ − P(start) along the field (e/Å²)"
    assert values(drawn[-1]["data"][0]["x"]).tolist() == [-0.1, 0.0, 0.1]
    page.open_tab("spectra_tabs", "Numbers")
    page.app.toggle(key="spectra_mean").set_value(True).run()
    assert [data["name"] for data in figure(page)["data"] if data.get("name")] == ["mean of 3 runs"]
    assert any("from the spread of the runs" in caption.value for caption in page.app.caption)
    page.app.number_input(key="spectra_skip").set_value(1e6).run()
    assert len(page.app.warning) == 3
    assert "skip less than" in page.app.warning[0].value
    assert not page.app.info  # runs are chosen
    page = open_page("spectra", {"runs": "free,lost"})
    assert [warning.value for warning in page.app.warning] == ["lost is not among the runs of this server"]
    assert figure(page)["data"]


def test_of_the_runs_of_others_those_are_offered_that_a_link_names(runs, monkeypatch, open_page, come_as):
    monkeypatch.setenv("LES_VIZ_RUNS", str(runs))
    monkeypatch.setenv(HOSTS_VARIABLE, "lab.example.org")
    come_as("ben")
    picker = open_page("spectra").app.multiselect(key="spectra_runs")
    assert picker.options == [RECORDED_LABEL]
    page = open_page("spectra", {"runs": "free"})
    assert page.errors() == []
    picker = page.app.multiselect(key="spectra_runs")
    assert picker.value == ["free"]
    assert len(picker.options) == 2


def test_the_script_of_the_page_runs(empty, open_page, monkeypatch, tmp_path):
    page = open_page("spectra")
    monkeypatch.chdir(tmp_path)
    with redirect_stdout(io.StringIO()) as printed:
        exec(page.app.code[0].value, {"__name__": "__main__"})
    assert "dielectric_constant" in printed.getvalue()
    assert "<h2>infrared</h2>" in (tmp_path / "spectra.html").read_text(encoding="utf-8")
