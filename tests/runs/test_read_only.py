"""Folders that may not be written: one sentence, and what is there stays as it is."""

import json
import shutil
from pathlib import Path

import pytest
from other_user import content_of, folder_in_reach, may_only_read

from les_viz.cli.main import main
from les_viz.errors import SettingError
from les_viz.runs.catalog import list_runs
from les_viz.runs.config import run_config
from les_viz.runs.directory import RunDirectory
from les_viz.runs.execution import execute
from les_viz.runs.manager import RunManager
from les_viz.runs.results import load_results
from les_viz.runs.setup import create_run
from les_viz.runs.states import State


@pytest.fixture
def shared_folder():
    with folder_in_reach() as path:
        yield path


@pytest.fixture
def config(tables, run_files, shared_folder):
    """Of a run whose model and structure anybody can read."""
    content = tables()
    for table, key in (("structure", "path"), ("model", "name")):
        name = Path(content[table][key]).name
        content[table] = {key: str(shutil.copy(run_files / name, shared_folder / name))}
    return run_config(content)


@pytest.fixture
def stopped(config, shared_folder):
    """A run that could go on."""
    folder = shared_folder / "run"
    create_run(config, folder)
    execute(folder, resume=False, steps=8)
    return folder


def test_a_run_cannot_go_on_and_does_when_it_may(stopped):
    before = content_of(stopped)
    with (
        may_only_read(stopped.parent),
        pytest.raises(SettingError, match=r"^cannot write .*Permission denied.*--resume$"),
    ):
        execute(stopped, resume=True)
    assert content_of(stopped) == before
    assert execute(stopped, resume=True).finished


def test_a_run_of_somebody_else_can_be_read_though_its_model_may_not(stopped, tmp_path):
    described = json.loads((stopped / "run.json").read_text())
    described["config"]["model"]["name"] = str(
        tmp_path / "model.safetensors"
    )  # in a folder of pytest, closed to others
    (stopped / "run.json").write_text(json.dumps(described))
    whole = load_results(stopped).positions
    with may_only_read(stopped.parent):
        assert (load_results(stopped).positions == whole).all()
        (entry,) = list_runs(stopped.parent)
    assert (entry.status.state, entry.has_frames) == (State.STOPPED, True)


def test_a_run_cannot_begin(shared_folder):
    with may_only_read(shared_folder), pytest.raises(SettingError, match=r"^cannot write .*choose another folder$"):
        RunDirectory(shared_folder / "run").create()
    assert not (shared_folder / "run").exists()


def test_tables_of_a_run_cannot_be_written(stopped, capsys):
    load_results(stopped)
    before = content_of(stopped)
    with may_only_read(stopped.parent):
        assert main(["analyse", str(stopped)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "cannot write" in said[0]
    assert "--out" in said[0]
    assert content_of(stopped) == before


def test_a_manager_does_not_start_nor_remove_what_it_may_not(stopped):
    before = content_of(stopped)
    manager = RunManager(stopped.parent, threads=1)
    try:
        with may_only_read(stopped.parent):
            manager.watch("run")
            for action in (manager.resume, manager.delete):
                with pytest.raises(PermissionError):
                    action("run")
        assert manager.status("run").state == State.STOPPED
    finally:
        manager.close()
    assert content_of(stopped) == before


def test_what_cannot_be_removed_wholly_is_said(stopped, monkeypatch):
    manager = RunManager(stopped.parent, threads=1)
    monkeypatch.setattr("les_viz.runs.manager.shutil.rmtree", lambda *_, **__: None)
    try:
        with pytest.raises(SettingError, match="cannot be removed"):
            manager.delete("run")
    finally:
        manager.close()
