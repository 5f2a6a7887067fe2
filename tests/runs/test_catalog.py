"""The list of runs: newest first, by folder, without what is no run or cannot be read."""

import json
import re

from les_viz.runs.catalog import FOLDER_VARIABLE, list_runs, runs_folder
from les_viz.runs.config import run_config
from les_viz.runs.directory import RunDirectory, read_json, write_json
from les_viz.runs.setup import create_run
from les_viz.runs.states import State


def test_runs_are_listed_and_what_is_none_is_left_out(tables, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "runs"))
    assert runs_folder() == tmp_path / "runs"
    assert list_runs() == []
    field = {"shape": "sine", "amplitude_V_per_A": 0.25}
    create_run(run_config(tables(field=field)), tmp_path / "runs" / "20260101-000000")
    create_run(run_config(tables()), tmp_path / "runs" / "20260102-000000")
    create_run(run_config(tables()), tmp_path / "runs" / "named")
    written = RunDirectory(tmp_path / "runs" / "named").run
    write_json(written, {**read_json(written), "created": "2025-01-01T00:00:00+00:00"})
    (tmp_path / "runs" / "notes.txt").write_text("no run")
    (tmp_path / "runs" / "empty").mkdir()
    strange = tmp_path / "runs" / "strange"
    strange.mkdir()
    (strange / "run.json").write_text(json.dumps({"config": {"dynamics": {"no_such_key": 1}}}))
    newest, oldest, named = list_runs()
    assert (newest.name, oldest.name, named.name) == ("20260102-000000", "20260101-000000", "named")
    assert newest.status.state == State.QUEUED
    assert not newest.has_frames
    assert "sine 0.25 V/Å" in oldest.label
    assert re.search(r"H[₀-₉]*O[₀-₉]*, ", oldest.label), "a formula is written as people write it"
    assert "V/Å" not in newest.label


def test_the_folder_of_the_user_is_used_without_a_wish(tmp_path, monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert runs_folder() == tmp_path / "les_viz" / "runs"
