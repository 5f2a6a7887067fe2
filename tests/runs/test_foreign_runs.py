"""Folders of runs from elsewhere: a damaged or hostile one is left out or named, and hides none of the others."""

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import pytest

from les_viz.errors import SettingError
from les_viz.runs.catalog import list_runs
from les_viz.runs.checkpoint import read_checkpoint, write_checkpoint
from les_viz.runs.config import run_config
from les_viz.runs.control import Wishes, read_wishes
from les_viz.runs.directory import RunDirectory, read_json, write_json
from les_viz.runs.execution import execute
from les_viz.runs.export import script
from les_viz.runs.results import load_results
from les_viz.runs.setup import create_run
from les_viz.runs.states import State, Status, read_status, write_status
from les_viz.runs.trajectory import TrajectoryReader


@pytest.fixture
def root(tables, tmp_path):
    """A folder with one good run, and one that a test may spoil."""
    for name in ("good", "evil"):
        create_run(run_config(tables()), tmp_path / name)
    return tmp_path


@pytest.fixture
def finished(root):
    execute(root / "evil", resume=False)
    return RunDirectory(root / "evil")


@pytest.fixture(scope="module")
def moved(tables, tmp_path_factory):
    """A run with a thermostat that remembers."""
    folder = tmp_path_factory.mktemp("runs") / "moved"
    create_run(run_config(tables(ensemble="nose-hoover")), folder)
    execute(folder, resume=False)
    return folder


def change(directory, *keys, to):
    content = read_json(directory.run)
    place = content
    for key in keys[:-1]:
        place = place[key]
    if to is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = to
    write_json(directory.run, content)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("created",), None),
        (("created",), 5),
        (("structure",), None),
        (("structure", "formula"), {"a": 1}),
        (("model", "charge_sign"), "x"),
        (("model", "epsilon_infinity"), None),
        (("versions",), []),
    ],
)
def test_a_description_that_lacks_something_hides_no_other_run(root, keys, value):
    change(RunDirectory(root / "evil"), *keys, to=value)
    (entry,) = list_runs(root)
    assert entry.label.startswith("good · ")
    with pytest.raises(SettingError, match=rf"run\.json is damaged \({'.'.join(keys[:1])}.*: leave the run out"):
        RunDirectory(root / "evil").described()


@pytest.mark.parametrize("spoil", ["deep", "long", "pipe", "device"])
@pytest.mark.parametrize("name", ["status.json", "control.json"])
def test_small_files_that_do_not_end_hide_no_run(root, name, spoil):
    path = root / "evil" / name
    if spoil == "deep":
        path.write_text('{"a":' * 200_000)
    elif spoil == "long":
        path.write_text('{"state": "running"}' + " " * 25_000_000)
    elif spoil == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    assert {entry.name for entry in list_runs(root)} == {"good", "evil"}


@pytest.mark.parametrize(
    "said",
    [{"step": "x"}, {"step": [1]}, {"step": 1.5}, {"evil": 1}, {"state": 3}, {"message": {}}, {"heartbeat": "x"}],
)
def test_a_status_of_another_kind_counts_as_none(root, said):
    directory = RunDirectory(root / "evil")
    write_status(directory, Status(state=State.FINISHED, step=4))
    write_json(directory.status, {**read_json(directory.status), **said})
    assert read_status(directory).state == State.QUEUED
    assert all(entry.label for entry in list_runs(root))


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_a_status_with_numbers_that_are_none_counts_as_none(root, number):
    (root / "evil" / "status.json").write_text(f'{{"state": "running", "steps_per_s": {number}}}')
    assert read_status(RunDirectory(root / "evil")).state == State.QUEUED


def replace_data(directory, name, make):
    with h5py.File(directory.trajectory, "r+", locking=False) as file:
        shape = file[name].shape
        del file[name]
        make(file, shape)


LOOK = """
import sys
from pathlib import Path
from les_viz.runs.trajectory import TrajectoryReader
try:
    TrajectoryReader(Path(sys.argv[1]))
except RuntimeError as caught:
    print(caught)
"""


def spoil_an_index(path):
    """Change a byte of what HDF5 guards by a checksum: where the chunks of a data set lie."""
    data = bytearray(path.read_bytes())
    data[data.index(b"EAHD") + 20] ^= 0xFF
    path.write_bytes(data)


def test_a_wrong_checksum_does_not_stop_the_whole_process(finished):
    """HDF5 would wait for a writer to put it right, for years, and h5py lets nothing else go on meanwhile."""
    spoil_an_index(finished.trajectory)
    command = [sys.executable, "-c", LOOK, str(finished.trajectory)]
    assert "checksum" in subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    with pytest.raises(SettingError, match=r"evil: a file of this run is damaged .*checksum.*: leave the run out"):
        load_results(finished.path)
    with pytest.raises(SettingError, match=r"evil cannot be gone on with, for a file of it is damaged .*checksum"):
        execute(finished.path, resume=True, steps=28)


def test_frames_that_are_no_numbers_are_refused(finished):
    replace_data(
        finished, "positions", lambda file, shape: file.create_dataset("positions", data=np.full(shape, np.nan))
    )
    with pytest.raises(SettingError, match="positions holds what is no usable number"):
        load_results(finished.path)


@pytest.mark.parametrize(
    "field", [{"": 1}, {"shape": "sine"}, {"shape": "sine", "direction": [0, 0, 0]}, [1], {"direction": 5}]
)
def test_a_wish_for_a_field_that_is_none_counts_as_none(root, field):
    directory = RunDirectory(root / "evil")
    write_json(directory.control, {"stop": True, "pause": False, "field": field})
    assert read_wishes(directory) == Wishes(stop=True)
    assert {entry.name for entry in list_runs(root)} == {"good", "evil"}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"neighbor_cell": np.zeros(2)},
        {"positions": np.zeros((1, 3))},
        {"momenta": np.zeros((5, 3))},
        {"step": "x"},
        {"protocol": {"evil": 1}},
        {"wanted": None},
        {"books": {}},
        ("books", "field_work", "much"),
        ("books", "answer", [[["a", "b", "c"]], [[[1]]]]),
        ("books", "answer", [[[0, 0, 0]], [[[1]]]]),
        ("integrator", "noise", {"state": 1}),
        ("integrator", "_eta", [0.0]),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_named(moved, tmp_path, spoilt):
    directory = RunDirectory(tmp_path / "run")
    shutil.copytree(moved, directory.path)
    state = read_checkpoint(directory.checkpoint)
    if isinstance(spoilt, dict):
        state |= spoilt
    else:
        part, key, value = spoilt
        assert key in state[part]
        state[part][key] = value
    write_checkpoint(directory.checkpoint, state)
    with pytest.raises(SettingError, match="run cannot be gone on with, for a file of it is damaged"):
        execute(directory.path, resume=True, steps=28)


def test_more_threads_than_any_machine_has_are_refused(tables):
    with pytest.raises(SettingError, match=r"threads is 1000.*: expected a whole number from 0 to 1024"):
        run_config({**tables(), "limits": {"threads": 10**20}})


def test_a_line_without_its_step_is_named_where_a_run_goes_on(finished):
    with finished.thermo.open("a") as stream:
        stream.write("{}\n")
    with pytest.raises(SettingError, match=r"evil cannot be gone on with, for a file of it is damaged .*'step'"):
        execute(finished.path, resume=True, steps=28)


def test_the_script_that_repeats_a_run_holds_nothing_but_its_own_code(finished):
    evil = '""" ; raise SystemExit("evil")\n"""\\'
    change(finished, "versions", "les_viz", to=evil)
    change(finished, "model", "sha256", to='", "x": print("evil"), "y": "')
    tree = ast.parse(script(finished))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert calls == {"Path", "create_run", "run_config", "RunDirectory", "print", "execute", "Watch", "Replay"}
    assert sum(isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print" for node in ast.walk(tree)) == 2
    assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))


def elsewhere(directory):
    """A data set that HDF5 would read from any file of this machine."""
    secret = directory.path.parent / "secret"
    secret.write_bytes(b"do not tell this" * 4000)
    return secret


@pytest.mark.parametrize("kind", ["external link", "external data", "virtual", "packed", "only announced", "group"])
def test_frames_that_lie_elsewhere_or_are_only_announced_are_refused(finished, kind):
    secret = elsewhere(finished)

    def make(file, shape):
        if kind == "external link":
            with h5py.File(secret, "w") as other:
                other["x"] = np.zeros(shape)
            file["positions"] = h5py.ExternalLink(str(secret), "x")
        elif kind == "external data":
            size = 8 * int(np.prod(shape))
            file.create_dataset("positions", shape, "f8", external=[(str(secret), 0, size)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout(shape, "f8")
            layout[:] = h5py.VirtualSource(str(secret), "x", shape)
            file.create_virtual_dataset("positions", layout)
        elif kind == "packed":
            file.create_dataset("positions", data=np.zeros(shape), compression="gzip", maxshape=(None, *shape[1:]))
        elif kind == "group":
            file.create_group("positions")
        else:
            whole = (10**7, *shape[1:])
            file.create_dataset("positions", whole, "f8", maxshape=(None, *shape[1:]), chunks=(1, *shape[1:]))

    replace_data(finished, "positions", make)
    with pytest.raises((OSError, KeyError)):
        TrajectoryReader(finished.trajectory)
    with pytest.raises(SettingError, match=r"evil: a file of this run is damaged .*positions.*: leave the run out"):
        load_results(finished.path)


def test_frames_of_another_number_of_atoms_are_refused(finished):
    replace_data(
        finished, "velocities", lambda file, shape: file.create_dataset("velocities", data=np.zeros((7, 2, 3)))
    )
    with pytest.raises(SettingError, match="velocities has the wrong shape"):
        load_results(finished.path)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"step": 0}, "it has no conserved_energy_eV"),
        ({"step": [1, 2]}, "thermo.jsonl is damaged"),
        ({"temperature_K": "hot"}, "thermo.jsonl is damaged"),
        ({"potential_energy_eV": -1e300}, r"thermo\.jsonl is damaged \(potential_energy_eV is beyond 1e\+15\)"),
    ],
)
def test_lines_of_another_kind_are_named(finished, line, problem):
    good = json.loads(finished.thermo.read_text().splitlines()[-1])
    spoilt = line if line == {"step": 0} else {**good, **line}
    with finished.thermo.open("a") as stream:
        stream.write(json.dumps(spoilt) + "\n")
    with pytest.raises(SettingError, match=problem):
        load_results(finished.path)


def test_a_pipe_in_place_of_the_lines_keeps_nobody_waiting(finished):
    finished.thermo.unlink()
    os.mkfifo(finished.thermo)
    (finished.path / "status.json").unlink(missing_ok=True)
    assert read_status(finished).step == 0


def test_a_packed_checkpoint_is_refused_before_it_is_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "start.npz", masses=np.zeros(10**6), __others__=np.array('{"version": 1}'))
    assert zipfile.is_zipfile(tmp_path / "start.npz")
    with pytest.raises(SettingError, match=r"start\.npz is damaged \(it is packed\)"):
        read_checkpoint(tmp_path / "start.npz")


def test_a_device_in_place_of_a_checkpoint_is_not_read(tmp_path):
    (tmp_path / "start.npz").symlink_to(os.devnull)
    with pytest.raises(SettingError, match=r"start\.npz is damaged \(it is no file\)"):
        read_checkpoint(tmp_path / "start.npz")


@pytest.mark.parametrize("value", [np.nan, 1e30])
def test_frames_of_unusable_numbers_are_named(finished, value):
    with h5py.File(finished.trajectory, "r+") as file:
        file["velocities"][1] = value
    with pytest.raises(SettingError, match="velocities holds what is no usable number"):
        load_results(finished.path)


def test_a_process_number_that_no_process_can_have(finished):
    write_status(finished, Status(state=State.RUNNING, pid=10**30, heartbeat=1e12))
    assert read_status(finished).state is State.INTERRUPTED


def test_a_link_is_deleted_and_not_what_it_points_to(root):
    from les_viz.runs.manager import RunManager

    kept = root / "kept"
    (root / "evil").rename(kept)
    runs = root / "runs"
    runs.mkdir()
    (runs / "evil").symlink_to(kept, target_is_directory=True)
    (root / "good" / "analysis").symlink_to(kept, target_is_directory=True)
    (root / "good").rename(runs / "good")
    manager = RunManager(runs)
    try:
        manager.delete("good")
        manager.delete("evil")
    finally:
        manager.close()
    assert list(runs.iterdir()) == []
    assert (kept / "run.json").is_file()
