"""What a folder tells of a run whose process is alive, dead, silent, or on another machine."""

import json
import os
import subprocess
import sys
import time

import pytest

from les_viz.runs.directory import RunDirectory, read_json, write_json
from les_viz.runs.states import SILENCE_S, State, Status, note_end, read_status, write_status


@pytest.fixture(scope="module")
def dead():
    """The number of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def directory(tmp_path):
    return RunDirectory(tmp_path)


def write(directory, **changes):
    write_status(directory, Status(state=State.RUNNING, step=7, steps=9))
    write_json(directory.status, {**read_json(directory.status), **changes})


def test_a_dead_process_of_this_machine_was_interrupted(directory, dead):
    write(directory, pid=dead)
    status = read_status(directory)
    assert (status.state, status.step, status.steps) == (State.INTERRUPTED, 7, 9)
    assert "can go on" in status.message


def test_the_same_number_on_another_machine_means_nothing(directory, dead):
    """As with a folder on a shared disk: there the heartbeat alone counts."""
    write(directory, pid=dead, host="another machine")
    assert read_status(directory).state == State.RUNNING
    write(directory, pid=dead, host="another machine", heartbeat=time.time() - SILENCE_S - 1)
    assert read_status(directory).state == State.INTERRUPTED


def test_a_process_that_has_not_spoken_yet_is_not_dead(directory):
    write(directory, state=State.PREPARING, pid=0)
    assert read_status(directory).state == State.PREPARING


@pytest.mark.parametrize("state", list(State))
def test_an_end_is_noted_only_where_none_was_told(directory, state):
    """Even if the number of the dead process belongs to a living one by now."""
    write(directory, state=state, pid=os.getpid())
    note_end(directory)
    assert read_status(directory).state == (State.INTERRUPTED if state.is_live else state)
    note_end(RunDirectory(directory.path / "deleted"))


@pytest.mark.parametrize(("step", "state"), [(20, State.STOPPED), (40, State.FINISHED)])
def test_a_run_of_the_command_line_is_as_far_as_its_files_are(directory, step, state):
    """It has no process that speaks of it; the last line may be cut off."""
    assert read_status(directory).state == State.QUEUED
    write_json(directory.run, {"config": {"dynamics": {"steps": 40}}})
    directory.thermo.write_text('{"step": 0}\n')  # it came apart before its first checkpoint
    assert (read_status(directory).state, read_status(directory).step) == (State.STOPPED, 0)
    directory.checkpoint.touch()
    padding = "x" * 9000
    lines = [{"step": 0, "padding": padding}, {"step": step}]
    directory.thermo.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"st')
    status = read_status(directory)
    assert (status.state, status.step, status.steps) == (state, step, 40)
