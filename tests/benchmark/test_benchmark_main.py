"""The benchmark runner: names, tables, files."""

import json
import time
from itertools import groupby

import pytest

from les_viz.benchmark import ewald, main, report, startup, timing
from les_viz.errors import SettingError


@pytest.fixture
def one_suite(monkeypatch):
    row = {"server": 0.5, "canvas": None, "switches": {}, "what_ifs": [0.25, 0.2, 0.4]}
    monkeypatch.setattr(startup, "measure", lambda *, quick: {"rows": [row]})
    return "startup"


def test_unknown_suite_names_the_choices():
    with pytest.raises(
        SettingError, match="choose from accuracy, ewald, md, model, open_boundary, response, startup, train"
    ):
        main.run(["ewold"])


def test_numbers_go_into_a_file_named_by_the_processor(one_suite, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(main, "machine", lambda: {"processor": "Ünit(R) 2.5 GHz", "cores": 2})
    main.run([one_suite], quick=True, json_path=tmp_path)
    written = json.loads((tmp_path / "nit-r-2-5-ghz-2-cores.json").read_text(encoding="utf-8"))
    assert written["startup"]["rows"] == [{"server": 0.5, "canvas": None, "switches": {}, "what_ifs": [0.25, 0.2, 0.4]}]
    assert written["machine"]["cores"] == 2
    printed = capsys.readouterr().out
    assert "| 1 | 500 ms | – |" in printed
    assert "| after start 1 | 250 ms | 400 ms |" in printed


def test_numbers_go_into_the_file_that_was_named(one_suite, tmp_path):
    main.run([one_suite], json_path=tmp_path / "mine.json")
    assert (tmp_path / "mine.json").is_file()


def test_median_of_at_least_three_rounds_after_a_warm_up(monkeypatch):
    monkeypatch.setattr(timing, "TURN_S", 0.0)
    calls = []
    seconds = timing.time_together({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, budget_s=0.0)
    assert calls == ["a", "b"] * 5
    assert set(seconds) == {"a", "b"}


def test_short_calls_are_repeated_within_a_turn():
    calls = []
    seconds = timing.time_together(
        {"short": lambda: calls.append("short"), "long": lambda: (calls.append("long"), time.sleep(0.02))}, budget_s=0.0
    )
    turns = [len(list(turn)) for name, turn in groupby(calls[4:]) if name == "short"]
    assert len(turns) == 3
    assert turns[0] == turns[1] == turns[2] > 1
    assert calls.count("long") == 5
    assert seconds["long"] >= 0.02 > seconds["short"]


def test_machine_says_what_numbers_depend_on():
    assert {"processor", "cores", "torch_threads", "torch", "les_viz"} <= set(timing.machine())


def test_ewald_table_shows_ratios_and_gaps():
    row = {
        "atoms": 192,
        "dtype": "float32",
        "seconds": {"les_viz": 1e-3, "plain": 5e-3, "torch-pme P3M 2 Å 5 nodes": 8e-3},
        "plain_over_les_viz": 5.0,
        "torch_pme_over_les_viz": 8.0,
        "torch_pme_over_loose": 11.0,
        "memory_bytes": None,
    }
    assert "| 192 | float32 | 1 ms | 5 ms | 8 ms (P3M) | 5 | 8 | 11 | – |" in ewald.table({"rows": [row]})


def test_settings_of_torch_pme_are_at_least_as_accurate():
    accuracy, settings = ewald.accurate_settings()
    allowed = accuracy["truncated sum"]
    assert {setting.calculator for setting in settings} == {"Ewald", "P3M", "PME"}
    assert any(pair[1] > allowed[1] for pair in accuracy.values())
    assert accuracy[ewald.LOOSE_NAME] == pytest.approx(allowed, rel=5e-4)


def test_numbers_are_written_with_units():
    assert report.milliseconds(1.234) == "1.23 s"
    assert report.milliseconds(0.001234) == "1.23 ms"
    assert report.megabytes(1_500_000_000) == "1500 MB"
