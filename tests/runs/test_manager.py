"""Runs in processes of their own: queue, control, death of the worker and of its parent, limits."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

from les_viz.errors import SettingError
from les_viz.md.protocols import FieldProtocol
from les_viz.runs.config import LimitSettings, run_config
from les_viz.runs.directory import RunDirectory
from les_viz.runs.execution import execute
from les_viz.runs.manager import WAITS, RunManager
from les_viz.runs.setup import create_run
from les_viz.runs.states import State, Status, is_alive, read_status, write_status
from les_viz.runs.thermo import read_columns
from les_viz.runs.trajectory import TrajectoryReader
from les_viz.runs.worker import Worker

ENDLESS = 10**8
PATIENCE_S = 120
STOPS_WITHIN_S = 2.0
"""What the page promises: a call of `stop` returns by then, whatever the run is doing."""


@pytest.fixture
def manager(tmp_path):
    made = RunManager(tmp_path / "runs", max_running=1, threads=1)
    yield made
    made.close()


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def wait_for_state(manager, name, *states):
    wait_for(lambda: manager.status(name).state in states, f"{name} is {manager.status(name)}, not {states}")
    return manager.status(name)


def n_lines(manager, name):
    return len(read_columns(manager.directory(name).thermo).get("step", []))


def thermo(manager, name):
    return read_columns(manager.directory(name).thermo)


def test_control_of_a_running_run(tables, manager):
    """One at a time; the field is changed live, then a pause, then stop within two seconds; the next one follows."""
    first = manager.submit(run_config(tables(pbc=False, steps=ENDLESS, every=2, timestep_fs=1e-3)), "first")
    second = manager.submit(run_config(tables(pbc=False, steps=4)), "second")
    wait_for(lambda: n_lines(manager, first) > 3, "no frames")
    assert manager.status(second).state == State.QUEUED
    assert manager.status(second).message == WAITS
    assert manager.status(first).state == State.RUNNING
    assert not thermo(manager, first)["electric_field_V_per_A"].any()

    manager.set_field(first, FieldProtocol(shape="constant", amplitude_V_per_A=0.4, direction=(0, 1, 0)))
    wait_for(lambda: thermo(manager, first)["electric_field_V_per_A"][-1, 1] == 0.4, "the field does not change")

    assert {entry.name: entry.field.amplitude_V_per_A for entry in manager.entries()} == {"first": 0.4, "second": 0.0}

    manager.pause(first, paused=True)
    wait_for_state(manager, first, State.PAUSED)
    resting = n_lines(manager, first)
    time.sleep(0.5)
    assert n_lines(manager, first) == resting
    manager.pause(first, paused=False)
    wait_for(lambda: n_lines(manager, first) > resting, "it does not move again")

    begin = time.monotonic()
    manager.stop(first)
    assert time.monotonic() - begin < STOPS_WITHIN_S
    assert manager.status(first).state == State.STOPPED
    wait_for_state(manager, second, State.FINISHED)
    entries = {entry.name: entry for entry in manager.entries()}
    assert {name: entry.status.state for name, entry in entries.items()} == {
        "first": State.STOPPED,
        "second": State.FINISHED,
    }
    assert all(entry.has_frames and entry.size_bytes > 1000 for entry in entries.values())
    assert "300 K · nve" in entries["first"].label
    manager.delete(first)
    assert [entry.name for entry in manager.entries()] == [second]
    with pytest.raises(SettingError, match="only a run that was stopped or interrupted"):
        manager.resume(second)


def test_kill_and_resume(tables, manager, tmp_path):
    """SIGKILL in the middle: all frames are there; resumed, it equals a run that was left alone."""
    content = tables(steps=400, every=2, timestep_fs=0.05, checkpoint_s=0.1)
    name = manager.submit(run_config(content))
    wait_for(lambda: manager.directory(name).checkpoint.exists() and n_lines(manager, name) > 8, "no frames")
    pid = manager.status(name).pid
    os.kill(pid, signal.SIGKILL)
    status = wait_for_state(manager, name, State.INTERRUPTED)
    assert "can go on" in status.message
    lines = n_lines(manager, name)
    with TrajectoryReader(manager.directory(name).trajectory) as reader:
        assert reader.n_frames() >= lines
        assert np.isfinite(reader.read("positions")).all()
    manager.resume(name)
    wait_for_state(manager, name, State.FINISHED)
    create_run(run_config(content), tmp_path / "whole")
    execute(tmp_path / "whole", resume=False)
    assert manager.directory(name).thermo.read_bytes() == (tmp_path / "whole" / "thermo.jsonl").read_bytes()


def test_a_resumed_run_is_where_it_was_while_it_prepares(tables, tmp_path):
    """Killed then, it would else count as one that had not begun."""
    create_run(run_config(tables(steps=40, every=2)), tmp_path / "run")
    execute(tmp_path / "run", resume=False, steps=12)
    directory = RunDirectory(tmp_path / "run")
    Worker(directory, LimitSettings(), 40)
    wait_for(directory.status.exists, "no heartbeat")
    assert (read_status(directory).state, read_status(directory).step) == (State.PREPARING, 12)


def test_a_deleted_run_does_not_disturb_the_end_of_the_manager(tables, manager):
    """Right after the deletion its process may still be in the books; -W error makes a failing thread fail this."""
    name = manager.submit(run_config(tables(pbc=False, steps=ENDLESS, timestep_fs=1e-3)))
    wait_for(lambda: n_lines(manager, name) > 1, "no frames")
    manager.delete(name)
    assert not manager.directory(name).path.exists()
    manager.stop(name)
    manager.close()
    assert manager.entries() == []


def test_a_deleted_run_is_gone_though_somebody_looks_at_it(tables, tmp_path, monkeypatch):
    """The page touches a file in the folder of the run that it shows, every second."""
    create_run(run_config(tables(pbc=False, steps=4)), tmp_path / "runs" / "run")
    manager = RunManager(tmp_path / "runs", threads=1)
    remove, touched = shutil.rmtree, []

    def touch_and_remove(path, *arguments, **options):
        with suppress(OSError):
            manager.directory("run").watched.touch()
            touched.append(path)
        remove(path, *arguments, **options)

    monkeypatch.setattr("les_viz.runs.manager.shutil.rmtree", touch_and_remove)
    manager.delete("run")
    manager.close()
    assert list((tmp_path / "runs").iterdir()) == []
    assert touched == [], "it can be touched while it is emptied, and then stays"


def test_deaf_run_is_killed(tables, manager):
    """As inside native code that does not return: stopped by force, within two seconds."""
    name = manager.submit(run_config(tables(pbc=False, steps=ENDLESS, timestep_fs=1e-3)))
    wait_for(lambda: n_lines(manager, name) > 1, "no frames")
    pid = manager.status(name).pid
    os.kill(pid, signal.SIGSTOP)
    begin = time.monotonic()
    manager.stop(name)
    assert time.monotonic() - begin < STOPS_WITHIN_S
    status = manager.status(name)
    assert status.state == State.STOPPED
    assert "by force" in status.message
    wait_for(lambda: not is_alive(pid), "it lives on")


PARENT = """
import sys, time
from pathlib import Path
from les_viz.runs.manager import WAITS, RunManager
manager = RunManager(Path(sys.argv[1]), max_running=1, threads=1)
manager.resume("run")
time.sleep(600)
"""


def test_no_orphan_after_its_parent_was_killed(tables, tmp_path):
    content = tables(pbc=False, steps=ENDLESS, timestep_fs=1e-3)
    create_run(run_config(content), tmp_path / "run")
    directory = RunDirectory(tmp_path / "run")
    write_status(directory, Status(state=State.STOPPED))
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)])
    try:
        wait_for(lambda: directory.thermo.exists() and read_status(directory).state == State.RUNNING, "not running")
        worker = read_status(directory).pid
        assert is_alive(worker)
    finally:
        parent.kill()
        parent.wait()
    wait_for(lambda: not is_alive(worker), "the worker outlives its parent")
    assert read_status(directory).state == State.STOPPED
    assert directory.checkpoint.exists()


def test_memory_limit(tables, manager):
    content = tables(pbc=False, steps=ENDLESS, timestep_fs=1e-3)
    content["limits"]["memory_MB"] = 50
    name = manager.submit(run_config(content))
    assert "more than 50 MB of memory" in wait_for_state(manager, name, State.FAILED).message


@pytest.mark.parametrize(
    ("limits", "dynamics", "state", "message"),
    [
        ({"hours": 1e-4}, {}, State.STOPPED, "hours"),
        ({"unwatched_s": 0.7}, {}, State.STOPPED, "nobody looked at it"),
        ({}, {"temperature_limit_K": 200.0}, State.FAILED, "temperature reached"),
    ],
)
def test_other_limits_in_this_process(tables, tmp_path, limits, dynamics, state, message):
    content = tables(pbc=False, steps=ENDLESS, every=1, timestep_fs=1e-3, checkpoint_s=1e9, **dynamics)
    content["limits"] |= limits
    config = run_config(content)
    create_run(config, tmp_path / "run")
    directory = RunDirectory(tmp_path / "run")
    Worker(directory, config.limits, ENDLESS).run(resume=False)
    status = read_status(directory)
    assert status.state == state
    assert message in status.message


def test_a_resumed_run_says_from_the_first_moment_how_far_it_is(tables, tmp_path, monkeypatch):
    config = run_config(tables(pbc=False, steps=60, every=1, timestep_fs=1e-3))
    create_run(config, tmp_path / "run")
    directory = RunDirectory(tmp_path / "run")
    execute(tmp_path / "run", resume=False, steps=20)
    said = []
    monkeypatch.setattr("les_viz.runs.keeper.write_status", lambda _, status: said.append(status.step))
    Worker(directory, config.limits, 60).run(resume=True)
    assert (said[0], said[-1]) == (20, 60)


def test_a_disk_that_is_busy_does_not_keep_the_atoms_waiting(tables, tmp_path, monkeypatch):
    """While the heart writes its beat, steps go on."""
    config = run_config(tables(pbc=False, steps=60, every=1, timestep_fs=1e-3, checkpoint_s=1e9))
    create_run(config, tmp_path / "run")
    directory = RunDirectory(tmp_path / "run")
    lines = []

    def write_slowly(where, status):
        if status.state == State.RUNNING and threading.current_thread() is not threading.main_thread():
            end = time.monotonic() + PATIENCE_S
            while len(read_columns(directory.thermo).get("step", [])) < 60 and time.monotonic() < end:
                time.sleep(0.01)
            lines.append(len(read_columns(directory.thermo)["step"]))
        write_status(where, status)

    monkeypatch.setattr("les_viz.runs.keeper.HEARTBEAT_S", 0.001)
    monkeypatch.setattr("les_viz.runs.keeper.write_status", write_slowly)
    Worker(directory, config.limits, 60).run(resume=False)
    assert lines[0] >= 60
    assert read_status(directory).state == State.FINISHED


def test_names_do_not_leave_the_folder(manager):
    for name in ("../elsewhere", "", ".hidden", "a/b"):
        with pytest.raises(SettingError, match="is no name of a run"):
            manager.directory(name)
