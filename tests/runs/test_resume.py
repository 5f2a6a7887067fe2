"""A run that was stopped and resumed against the same run without a stop: equal to the last bit."""

import h5py
import numpy as np
import pytest

from les_viz.errors import SettingError
from les_viz.runs import lock
from les_viz.runs.checkpoint import read_checkpoint, write_checkpoint
from les_viz.runs.config import run_config
from les_viz.runs.directory import RunDirectory
from les_viz.runs.execution import Watch, execute
from les_viz.runs.setup import create_run
from les_viz.runs.trajectory import TrajectoryReader

FIELD = {"shape": "sine", "amplitude_V_per_A": 0.3, "direction": [1, 1, 0], "period_fs": 3.0}


def contents(folder):
    with TrajectoryReader(folder / "trajectory.h5") as reader:
        return {name: reader.read(name) for name in ("positions", "velocities", "cell", "latent_charges", "step")}


def stop_after(steps):
    """A wish that comes true after so many steps."""
    counted = iter(range(1, 10**9))
    return lambda: next(counted) > steps


def assert_same_runs(one, two):
    assert (one / "thermo.jsonl").read_bytes() == (two / "thermo.jsonl").read_bytes()
    first, second = contents(one), contents(two)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    at_end = [read_checkpoint(folder / "checkpoint.npz") for folder in (one, two)]
    assert at_end[0].keys() == at_end[1].keys()
    for name, value in at_end[0].items():
        assert np.array_equal(value, at_end[1][name]) if isinstance(value, np.ndarray) else value == at_end[1][name]


@pytest.mark.parametrize(
    ("kind", "pbc", "ensemble", "field"),
    [
        ("atomic", True, "nve", FIELD),
        ("message", True, "nve", FIELD),
        ("bond", True, "nve", FIELD),
        ("atomic", False, "nve", None),
        ("atomic", True, "langevin", None),
        ("bond", False, "bussi", FIELD),
        ("atomic", True, "nose-hoover", FIELD),
        ("atomic", True, "npt", None),
        ("bond", True, "npt anisotropic", None),
    ],
)
def test_resumed_equals_uninterrupted(tables, tmp_path, kind, pbc, ensemble, field):
    step = 0.08 if kind == "message" else 0.2  # fs; its random surface is the steepest
    ensemble, _, cell = ensemble.partition(" ")
    cell = cell or "isotropic"
    config = run_config(tables(kind, pbc=pbc, ensemble=ensemble, cell=cell, field=field, timestep_fs=step))
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    create_run(config, whole)
    assert execute(whole, resume=False).finished
    create_run(config, parts)
    assert execute(parts, resume=False, watch=Watch(should_stop=stop_after(10))).step == 10
    assert execute(parts, resume=True, watch=Watch(should_stop=stop_after(3))).step == 13
    assert execute(parts, resume=True).finished
    assert contents(whole)["step"].tolist() == list(range(0, 25, 4))
    assert np.ptp(contents(whole)["positions"], axis=0).max() > 0.05
    assert_same_runs(whole, parts)


def test_a_run_that_rested_at_its_first_frame_has_it_once(tables, tmp_path):
    config = run_config(tables())
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    create_run(config, whole)
    execute(whole, resume=False)
    create_run(config, parts)
    assert execute(parts, resume=False, watch=Watch(should_stop=lambda: True)).step == 0
    assert execute(parts, resume=True).finished
    assert_same_runs(whole, parts)


def test_frames_after_the_checkpoint_are_made_again(tables, tmp_path):
    """As after a kill: the checkpoint is older than the last lines, and the last line is cut off."""
    config = run_config(tables(checkpoint_s=1e9))
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        create_run(config, folder)
    execute(whole, resume=False)
    execute(killed, resume=False, watch=Watch(should_stop=stop_after(9)))
    old = (killed / "checkpoint.npz").read_bytes()
    execute(killed, resume=True, watch=Watch(should_stop=stop_after(9)))
    (killed / "checkpoint.npz").write_bytes(old)
    with (killed / "thermo.jsonl").open("a") as stream:
        stream.write('{"step": 20, "time')
    assert execute(killed, resume=True).finished
    assert_same_runs(whole, killed)


def test_a_run_that_another_process_moves_is_left_alone(tables, tmp_path, monkeypatch):
    """Both would cut the frames of the other one; a run of `les-viz md` looks stopped to the app."""
    monkeypatch.setattr(lock, "PATIENCE_S", 0.1)
    create_run(run_config(tables(steps=40)), tmp_path / "run")
    execute(tmp_path / "run", resume=False, watch=Watch(should_stop=stop_after(10)))
    before = (tmp_path / "run" / "thermo.jsonl").read_bytes()
    with lock.held(RunDirectory(tmp_path / "run")), pytest.raises(SettingError, match="another process moves"):
        execute(tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "thermo.jsonl").read_bytes() == before
    assert execute(tmp_path / "run", resume=True).finished


@pytest.mark.parametrize(("ensemble", "is_told"), [("npt", True), ("nose-hoover", False)])
def test_a_checkpoint_of_another_thermostat_is_told_of(tables, tmp_path, ensemble, is_told):
    """Older versions let the thermostat of NPT, and of that only, act on 3N degrees of freedom, and wrote no number."""
    create_run(run_config(tables(ensemble=ensemble)), tmp_path)
    execute(tmp_path, resume=False, watch=Watch(should_stop=stop_after(10)))
    state = read_checkpoint(tmp_path / "checkpoint.npz")
    assert state["integrator"].pop("degrees_of_freedom") == 3 * 7 - 3
    assert execute(tmp_path, resume=True, watch=Watch(should_stop=stop_after(0))).note == ""
    write_checkpoint(tmp_path / "checkpoint.npz", state)
    outcome = execute(tmp_path, resume=True)
    assert outcome.finished
    assert ("checkpoint at step 10, and its NPT thermostat" in outcome.note) == is_told


def test_more_steps_than_at_first(tables, tmp_path):
    long, extended = tmp_path / "long", tmp_path / "extended"
    create_run(run_config(tables(steps=24)), long)
    execute(long, resume=False)
    create_run(run_config(tables(steps=16)), extended)
    execute(extended, resume=False)
    assert execute(extended, resume=True, steps=24).finished
    assert_same_runs(long, extended)


def test_trajectory_is_readable_while_it_is_written(tables, tmp_path):
    create_run(run_config(tables(steps=8, every=2)), tmp_path / "run")
    seen = []

    def look(frame):
        with TrajectoryReader(tmp_path / "run" / "trajectory.h5") as reader:
            seen.append((reader.n_frames(), np.array_equal(reader.read("positions")[-1], frame.positions)))

    execute(tmp_path / "run", resume=False, watch=Watch(on_frame=look))
    assert seen == [(n, True) for n in range(1, 6)]


def test_another_model_is_refused(tables, run_files, tmp_path):
    content = tables()
    model = tmp_path / "model.safetensors"
    model.write_bytes((run_files / "atomic.safetensors").read_bytes())
    content["model"]["name"] = str(model)
    create_run(run_config(content), tmp_path / "run")
    model.write_bytes((run_files / "bond.safetensors").read_bytes())
    with pytest.raises(SettingError.__base__, match="is not the model that this run was made with"):
        execute(tmp_path / "run", resume=False)


def test_without_its_frames_a_run_does_not_ask_for_room_on_the_disk(tables, tmp_path):
    create_run(run_config(tables(steps=4)), tmp_path / "run")
    execute(tmp_path / "run", resume=False, steps=2)
    (tmp_path / "run" / "trajectory.h5").unlink()
    with pytest.raises(SettingError, match=r"cannot be gone on with, for a file of it is damaged .*FileNotFoundError"):
        execute(tmp_path / "run", resume=True)


def test_without_checkpoint(tables, tmp_path):
    create_run(run_config(tables()), tmp_path / "run")
    with pytest.raises(SettingError, match="holds no checkpoint"):
        execute(tmp_path / "run", resume=True)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a file"])
def test_damaged_checkpoint(tables, tmp_path, damage):
    create_run(run_config(tables(steps=1)), tmp_path / "run")
    execute(tmp_path / "run", resume=False)
    RunDirectory(tmp_path / "run").checkpoint.write_bytes(damage)
    with pytest.raises(SettingError, match="is damaged"):
        execute(tmp_path / "run", resume=True)


def test_trajectory_is_plain_hdf5(tables, tmp_path):
    create_run(run_config(tables(steps=4)), tmp_path / "run")
    execute(tmp_path / "run", resume=False)
    with h5py.File(tmp_path / "run" / "trajectory.h5") as file:
        assert file["positions"].shape == (2, 7, 3)
        assert file["atomic_numbers"].shape == (7,)
