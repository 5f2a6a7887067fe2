"""Sweeps: combinations, processes and workers that are killed, folders that are completed."""

import csv
import os
import re
import signal
from pathlib import Path

import pytest

from les_viz.cli.main import main
from les_viz.errors import SettingError
from les_viz.io.reading import read_structures
from les_viz.runs import setup
from les_viz.runs.config import run_config
from les_viz.runs.directory import RunDirectory, write_json
from les_viz.runs.execution import execute
from les_viz.runs.setup import create_run
from les_viz.runs.states import State, Status, read_status, write_status
from les_viz.runs.sweep import sweep_of
from les_viz.runs.sweeping import SweepWatch, run_sweep
from les_viz.runs.thermo import read_lines

FIELD = {"shape": "constant", "amplitude_V_per_A": 0.1}


def test_combinations(tables):
    content = tables(field=FIELD) | {
        "sweep": {"amplitudes_V_per_A": [-0.1, 0.1], "temperatures_K": [300], "seeds": [1, 2, 3]}
    }
    runs = sweep_of(content).runs
    assert len(runs) == 6
    chosen = runs["E-0.1_T300_s2"]
    assert (chosen.field.amplitude_V_per_A, chosen.dynamics.seed) == (-0.1, 2)
    assert set(sweep_of(tables()).runs) == {"E+0_T300_s1"}


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ({"amplitude_V_per_A": [0.1]}, "did you mean 'amplitudes_V_per_A'?"),
        ({"amplitudes_V_per_A": [0.1]}, r"there is no \[field\]"),
        ({"seeds": [1.5]}, "sweep.seeds is 1.5: expected a whole number"),
        ({"seeds": [4, 4]}, "the same run twice"),
        ({"seeds": list(range(10_001))}, "sweep.asks for 10001 runs: expected at most 10000"),
        ({"at_once": 0}, "at_once is 0"),
    ],
)
def test_refused(tables, sweep, message):
    with pytest.raises(SettingError, match=message):
        sweep_of(tables() | {"sweep": sweep})


@pytest.fixture(scope="module")
def slow_sweep(tables):
    """One run of some seconds, with a checkpoint at every other step."""
    return sweep_of(tables(pbc=False, steps=150, every=2, timestep_fs=0.05, checkpoint_s=0.0))


@pytest.fixture(scope="module")
def alone(slow_sweep, tmp_path_factory):
    """What the run writes if it is left alone."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    (config,) = slow_sweep.runs.values()
    create_run(config, folder)
    execute(folder, resume=False)
    return (folder / "thermo.jsonl").read_bytes()


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


class KillOnce:
    """Kills the parent of the process of a run that has come to a checkpoint."""

    def __init__(self, folder, names):
        self._directories = {name: RunDirectory(folder / name) for name in names}
        self.killed = None

    def __call__(self):
        for name, directory in self._directories.items():
            status = read_status(directory)
            if self.killed is None and status.state == State.RUNNING and directory.checkpoint.exists():
                os.kill(parent_of(status.pid), signal.SIGKILL)
                self.killed = name
        return False


class KillForShort:
    """Kills the process of an endless run that has come to a checkpoint, and leaves it some steps to go.

    However late it looks, there is something to kill: a run of so many steps may be over by then.
    """

    def __init__(self, directory):
        self._directory = directory
        self.steps = None

    def __call__(self):
        status = read_status(self._directory)
        if self.steps is None and status.state == State.RUNNING and self._directory.checkpoint.exists():
            os.kill(status.pid, signal.SIGSTOP)
            described = self._directory.described()
            self.steps = read_lines(self._directory.thermo)[-1]["step"] + 10
            described["config"]["dynamics"]["steps"] = self.steps
            write_json(self._directory.run, described)
            os.kill(status.pid, signal.SIGKILL)
        return False


@pytest.mark.skipif(not os.path.exists("/proc"), reason="needs /proc")
def test_a_killed_process_is_gone_on_with(tables, tmp_path):
    """The run that lost its process equals one that was left alone; a second call finds nothing to do."""
    content = tables(pbc=False, steps=10**7, every=2, timestep_fs=0.001, checkpoint_s=0.0)
    sweep, folder = sweep_of(content), tmp_path / "sweep"
    (name,) = sweep.runs
    kill = KillForShort(RunDirectory(folder / name))
    states = run_sweep(sweep, folder, watch=SweepWatch(should_stop=kill))
    assert states == {name: State.FINISHED}
    content["dynamics"]["steps"] = kill.steps
    create_run(run_config(content), tmp_path / "alone")
    execute(tmp_path / "alone", resume=False)
    assert (folder / name / "thermo.jsonl").read_bytes() == (tmp_path / "alone" / "thermo.jsonl").read_bytes()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/trajectory.h5")}
    assert run_sweep(sweep, folder) == states
    assert before == {path: path.stat().st_mtime_ns for path in folder.glob("*/trajectory.h5")}


def test_documented_lifetimes_of_workers_are_ones_that_dask_reads(repository):
    text = (repository / "docs" / "dynamics.md").read_text(encoding="utf-8")
    (lifetimes,) = re.findall(r'worker_extra_args=\["--lifetime", "(\w+)", "--lifetime-stagger", "(\w+)"\]', text)
    parse = pytest.importorskip("dask.utils").parse_timedelta
    assert [parse(lifetime) for lifetime in lifetimes] == [470 * 60, 5 * 60]


@pytest.mark.skipif(not os.path.exists("/proc"), reason="needs /proc")
def test_a_killed_worker_of_dask_changes_nothing(slow_sweep, alone, tmp_path):
    """The scheduler gives the run to another worker, which goes on where the first one's process saved itself."""
    distributed = pytest.importorskip("distributed")
    folder = tmp_path / "sweep"
    kill = KillOnce(folder, slow_sweep.runs)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        states = run_sweep(slow_sweep, folder, scheduler=cluster.scheduler_address, watch=SweepWatch(should_stop=kill))
    assert kill.killed
    assert set(states.values()) == {State.FINISHED}
    assert (folder / kill.killed / "thermo.jsonl").read_bytes() == alone


def test_a_scheduler_that_is_lost_on_the_way_is_said_to_be(tables, tmp_path):
    distributed = pytest.importorskip("distributed")
    content = tables(pbc=False, steps=10**7, every=2, timestep_fs=0.001, checkpoint_s=0.0)
    sweep, folder = sweep_of(content), tmp_path / "sweep"
    (name,) = sweep.runs
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0")

    def lose():
        if RunDirectory(folder / name).checkpoint.exists():
            cluster.close()
        return False

    with pytest.raises(SettingError, match=rf"1 of 1 runs were left behind \({re.escape(name)}: .*the same command"):
        run_sweep(sweep, folder, scheduler=cluster.scheduler_address, watch=SweepWatch(should_stop=lose))


def test_no_scheduler(slow_sweep, tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("les_viz.runs.sweeping.CONNECT_S", 0.2)
    with pytest.raises(SettingError, match=r"no scheduler of Dask answers at tcp://127\.0\.0\.1:9"):
        run_sweep(slow_sweep, tmp_path / "sweep", scheduler="tcp://127.0.0.1:9")
    assert not (tmp_path / "sweep").exists()


def test_what_is_no_address_is_refused_at_once(slow_sweep, tmp_path):
    pytest.importorskip("distributed")
    with pytest.raises(SettingError, match="'foo' is no address of a scheduler"):
        run_sweep(slow_sweep, tmp_path / "sweep", scheduler="foo")


def test_a_stopped_sweep_goes_on(tables, tmp_path):
    """Stopped while one runs and one waits; also one that was queued when its server died."""
    content = tables(pbc=False, steps=100, every=2, timestep_fs=0.05, checkpoint_s=0.0)
    sweep, folder = sweep_of(content | {"sweep": {"seeds": [1, 2]}}), tmp_path / "sweep"

    def is_running():
        return any(read_status(RunDirectory(folder / name)).state == State.RUNNING for name in sweep.runs)

    states = run_sweep(sweep, folder, watch=SweepWatch(should_stop=is_running))
    assert State.QUEUED in states.values()
    assert State.STOPPED in states.values()
    write_status(RunDirectory(folder / "E+0_T300_s2"), Status(state=State.QUEUED))
    assert set(run_sweep(sweep, folder).values()) == {State.FINISHED}


def test_the_structure_is_read_once(tables, tmp_path, monkeypatch):
    """A process of its own reads it, and a sweep may be of thousands of runs."""
    reads = []
    monkeypatch.setattr(setup, "read_structures", lambda *a, **k: reads.append(a) or read_structures(*a, **k))
    sweep = sweep_of(tables(pbc=False, steps=1) | {"sweep": {"seeds": [1, 2, 3]}})
    run_sweep(sweep, tmp_path, watch=SweepWatch(should_stop=lambda: True))
    assert len(reads) == 1
    described = [RunDirectory(tmp_path / name).described() for name in sweep.runs]
    assert len({run["structure"]["sha256"] for run in described}) == 1
    assert [run["config"]["dynamics"]["seed"] for run in described] == [1, 2, 3]
    run_sweep(sweep, tmp_path, watch=SweepWatch(should_stop=lambda: True))
    assert len(reads) == 1


def test_command(run_files, tmp_path, capsys):
    config = tmp_path / "sweep.toml"
    text = (
        f'[structure]\npath = "{run_files}/cluster.extxyz"\n[model]\nname = "{run_files}/atomic.safetensors"\n'
        "[dynamics]\nsteps = 2\ntimestep_fs = 0.1\nclosest_A = 0\ntemperature_limit_K = 1e8\n[sweep]\nseeds = [7]\n"
    )
    config.write_text(text)
    out = tmp_path / "out"
    assert main(["sweep", str(config), "--out", str(out)]) == 0
    assert "1 of 1 runs finished" in capsys.readouterr().out
    (row,) = csv.DictReader((out / "sweep.csv").read_text().splitlines())
    assert (row["run"], row["temperature_K"], row["seed"], row["state"]) == ("E+0_T300_s7", "300.0", "7", "finished")
    config.write_text(text.replace("timestep_fs = 0.1", "timestep_fs = 0.2"))
    assert main(["sweep", str(config), "--out", str(out)]) == 2
    assert "timestep_fs is 0.2, but the run in" in capsys.readouterr().err
    config.write_text("[sweeps]\n")
    assert main(["sweep", str(config), "--out", str(out)]) == 2
