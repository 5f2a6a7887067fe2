"""`les-viz md`: what it writes, how it goes on, and what it says of bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ase import units as ase_units
from ase.calculators.singlepoint import SinglePointCalculator
from ase.constraints import FixAtoms
from ase.io import read, write

from les_viz.cli.main import main
from les_viz.md.protocols import FieldProtocol
from les_viz.runs.catalog import list_runs
from les_viz.runs.checkpoint import read_checkpoint
from les_viz.runs.control import Wishes, write_wishes
from les_viz.runs.directory import RunDirectory
from les_viz.runs.report import report_of
from les_viz.runs.results import load_results
from les_viz.runs.states import State, read_status
from les_viz.runs.thermo import read_columns

CONFIG = """
[structure]
path = "crystal.extxyz"
[model]
name = "atomic.safetensors"
[dynamics]
timestep_fs = 0.2
steps = 8
closest_A = 0.0
temperature_limit_K = 1e8
[field]
shape = "constant"
amplitude_V_per_A = 0.05
direction = [0, 0, 1]
[output]
every = 4
"""

LINE = {
    "step", "time_fs", "potential_energy_eV", "kinetic_energy_eV", "temperature_K", "electric_field_V_per_A",
    "polarization_change_eA", "current_eA_per_fs", "field_work_eV", "conserved_energy_eV", "pressure_GPa",
}  # fmt: skip


def write_config(run_files, changes=()):
    text = CONFIG
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = run_files / f"config{abs(hash(text))}.toml"
    path.write_text(text)
    return str(path)


def test_run_and_go_on(run_files, tmp_path, capsys):
    """Paths of the configuration are relative to it; more steps go on where it ended."""
    out = tmp_path / "run"
    assert main(["md", write_config(run_files), "--out", str(out)]) == 0
    assert "8 steps done" in capsys.readouterr().out
    lines = [json.loads(line) for line in (out / "thermo.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 4, 8]
    assert lines[0].keys() >= LINE
    assert lines[1]["electric_field_V_per_A"] == [0, 0, 0.05]
    described = json.loads((out / "run.json").read_text())
    assert described["config"]["dynamics"]["seed"] == 1
    assert {"sha256", "charge_scale"} <= described["model"].keys()
    longer = write_config(run_files, [("steps = 8", "steps = 12")])
    assert main(["md", longer, "--out", str(out), "--resume"]) == 0
    assert read_columns(out / "thermo.jsonl")["step"].tolist() == [0, 4, 8, 12]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("timestep_fs = 0.2", "timestep = 0.2")], "did you mean 'timestep_fs'?"),
        ([("[dynamics]", "[dynamic]")], "did you mean 'dynamics'?"),
        ([("steps = 8", "steps = 8.5")], "dynamics.steps is 8.5: expected a whole number"),
        ([("[0, 0, 1]", "[0, 1]")], "field.direction is [0, 1]: expected a list of 3 values"),
        ([('"constant"', '"constnt"')], "field.shape is 'constnt'"),
        ([("steps = 8", 'ensemble = "npt"')], "a field is on"),
        ([('path = "crystal.extxyz"', 'sample = "watr"')], "structure.sample is 'watr'"),
        ([('path = "crystal.extxyz"', "")], "give one of them"),
        ([("crystal.extxyz", "nowhere.extxyz")], "nowhere.extxyz"),
        ([("every = 4", "every = 0")], "every is 0"),
        ([("amplitude_V_per_A = 0.05", "amplitude_V_per_A = nan")], "amplitude_V_per_A is nan"),
    ],
)
def test_bad_input_is_one_line(run_files, tmp_path, capsys, changes, message):
    assert main(["md", write_config(run_files, changes), "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert message in said[0]
    assert not (tmp_path / "run").exists()


def test_folders_that_do_not_fit(run_files, tmp_path, capsys):
    config = write_config(run_files)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    assert main(["md", config, "--out", str(tmp_path / "full")]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["md", config, "--out", str(tmp_path / "none"), "--resume"]) == 2
    assert "holds no run" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["md", config, "--out", str(tmp_path / "file")]) == 2
    assert "choose another folder" in capsys.readouterr().err


def test_another_configuration_is_not_gone_on_with(run_files, tmp_path, capsys):
    out = str(tmp_path / "run")
    assert main(["md", write_config(run_files), "--out", out]) == 0
    assert main(["md", write_config(run_files), "--out", out]) == 2
    assert "--resume" in capsys.readouterr().err
    changed = write_config(run_files, [("amplitude_V_per_A = 0.05", "amplitude_V_per_A = 0.06")])
    assert main(["md", changed, "--out", out, "--resume"]) == 2
    assert "field.amplitude_V_per_A is 0.06, but the run" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_stops_cleanly_and_can_be_resumed(run_files, tmp_path):
    config = write_config(run_files, [("steps = 8", "steps = 100000000"), ("timestep_fs = 0.2", "timestep_fs = 1e-3")])
    out = tmp_path / "run"
    command = [sys.executable, "-m", "les_viz.cli.main", "md", config, "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while not read_columns(out / "thermo.jsonl") and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "--resume" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert (out / "checkpoint.npz").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_run_of_the_command_is_listed_as_it_is_and_can_be_steered(run_files, tmp_path):
    """Also in the folder that it was moved to, and after it was killed."""
    config = write_config(run_files, [("steps = 8", "steps = 100000000"), ("timestep_fs = 0.2", "timestep_fs = 1e-3")])
    command = [sys.executable, "-m", "les_viz.cli.main", "md", config, "--out", str(tmp_path / "runs" / "run")]

    def state_of(name):
        entries = {entry.name: entry.status for entry in list_runs(tmp_path / "runs")}
        return entries[name].state if name in entries else None

    def wait_for(condition):
        end = time.monotonic() + 120
        while not condition() and time.monotonic() < end:
            time.sleep(0.05)
        assert condition()

    directory = RunDirectory(tmp_path / "runs" / "run")
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(read_columns(directory.thermo).get("step", [])) > 1)
    assert state_of("run") == State.RUNNING
    turned = FieldProtocol(shape="constant", amplitude_V_per_A=0.3)
    write_wishes(directory, Wishes(field=turned))
    wait_for(lambda: 0.3 in read_columns(directory.thermo)["electric_field_V_per_A"][:, 2])
    write_wishes(directory, Wishes(field=turned, stop=True))
    assert process.wait(timeout=60) == 130
    (tmp_path / "runs" / "run").rename(tmp_path / "runs" / "moved")
    assert state_of("moved") == State.STOPPED
    moved = RunDirectory(tmp_path / "runs" / "moved")
    step = read_status(moved).step
    assert step == read_checkpoint(moved.checkpoint)["step"] > 0

    again = subprocess.Popen([*command[:-1], str(moved.path), "--resume"], stderr=subprocess.DEVNULL)
    wait_for(lambda: read_columns(moved.thermo)["step"][-1] > step)
    assert state_of("moved") == State.RUNNING
    again.kill()
    again.wait()
    assert state_of("moved") == State.INTERRUPTED


def test_a_finished_run_that_was_moved_is_finished(run_files, tmp_path):
    """Though it was made longer than its run.json says."""
    (tmp_path / "runs").mkdir()
    out = tmp_path / "elsewhere"
    assert main(["md", write_config(run_files), "--out", str(out)]) == 0
    longer = write_config(run_files, [("steps = 8", "steps = 12")])
    assert main(["md", longer, "--out", str(out), "--resume"]) == 0
    out.rename(tmp_path / "runs" / "run")
    status = list_runs(tmp_path / "runs")[0].status
    assert (status.state, status.step, status.steps) == (State.FINISHED, 12, 12)


@pytest.mark.parametrize(
    ("limit", "message"), [("hours = 1e-9", "limits.hours"), ("disk_MB = 1\nmemory_MB = 0", "limits.disk_MB")]
)
def test_limits_hold_for_the_command_too(run_files, tmp_path, capsys, monkeypatch, limit, message):
    monkeypatch.setattr("les_viz.runs.keeper.BYTES_PER_MB", 1.0)
    changes = [("steps = 8", "steps = 100000"), ("[output]", f"[limits]\n{limit}\n[output]")]
    assert main(["md", write_config(run_files, changes), "--out", str(tmp_path / "run")]) == 130
    said = capsys.readouterr().err.splitlines()[-1]
    assert message in said
    assert "--resume" in said
    assert read_status(RunDirectory(tmp_path / "run")).state == State.STOPPED


def test_a_run_that_comes_apart_is_listed_as_failed(run_files, tmp_path, capsys):
    hot = write_config(run_files, [("temperature_limit_K = 1e8", "temperature_limit_K = 1.0")])
    assert main(["md", hot, "--out", str(tmp_path / "run")]) == 2
    status = read_status(RunDirectory(tmp_path / "run"))
    assert status.state == State.FAILED
    assert status.message in capsys.readouterr().err


def test_what_the_file_says_besides_places(run_files, tmp_path, capsys):
    """Isotopes and velocities are taken, constraints are left out aloud, ions are refused by models without them."""
    atoms = read(run_files / "crystal.extxyz")
    masses = np.linspace(1.5, 40.0, len(atoms))
    atoms.set_masses(masses)
    atoms.set_velocities(np.random.default_rng(1).normal(scale=0.01, size=(len(atoms), 3)))
    atoms.set_constraint(FixAtoms([0, 2]))
    kept = atoms.get_velocities() - masses @ atoms.get_velocities() / masses.sum()
    write(run_files / "told.extxyz", atoms)
    changes = [("crystal.extxyz", "told.extxyz"), ("steps = 8", 'steps = 8\nvelocities = "keep"')]
    assert main(["md", write_config(run_files, changes), "--out", str(tmp_path / "run")]) == 0
    assert "warning: the file holds atoms in place" in capsys.readouterr().err
    results = load_results(tmp_path / "run")
    assert results.masses == pytest.approx(masses)
    assert results.velocities[0] * ase_units.fs**-1 == pytest.approx(kept, rel=1e-5, abs=1e-7)
    assert np.linalg.norm(results.positions[-1] - results.positions[0], axis=1).min() > 0
    assert any("constraints" in note for note in report_of(results).notes)

    atoms.info["charge"] = 1
    write(run_files / "ion.extxyz", atoms)
    changes = [("crystal.extxyz", "ion.extxyz"), ("atomic.safetensors", "water")]
    assert main(["md", write_config(run_files, changes), "--out", str(tmp_path / "ion")]) == 2
    assert "total charge is +1 e" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["md", "sweep", "analyse"])
def test_a_folder_without_a_name(run_files, capsys, command):
    given = "run" if command == "analyse" else write_config(run_files)
    assert main([command, given, "--out", ""]) == 2
    assert "the folder has no name: give one" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full disk")
def test_full_disk_is_a_sentence(run_files, tmp_path, monkeypatch, capsys):
    from les_viz.runs import execution

    def full(path, content):
        with open("/dev/full", "w") as stream:
            stream.write("x" * 10**6)

    monkeypatch.setattr(execution, "write_checkpoint", full)
    assert main(["md", write_config(run_files), "--out", str(tmp_path / "run")]) == 2
    assert "No space left on device" in capsys.readouterr().err


def test_the_warnings_of_predict_are_said_once_and_kept(run_files, tmp_path, capsys):
    """A charged cell, and in a file of the same structure energies that are no numbers."""
    atoms = read(run_files / "crystal.extxyz")
    atoms.calc = SinglePointCalculator(atoms, energy=float("nan"))
    write(run_files / "odd.extxyz", atoms)
    predicted = ["predict", str(run_files / "odd.extxyz"), "--model", str(run_files / "atomic.safetensors")]
    assert main([*predicted, "--out", str(tmp_path / "prediction.json")]) == 0
    expected = [line for line in capsys.readouterr().err.splitlines() if "warning: " in line]
    assert any("uniform background" in line for line in expected)
    assert any("not finite" in line for line in expected)

    config, out = write_config(run_files, [("crystal.extxyz", "odd.extxyz")]), tmp_path / "run"
    assert main(["md", config, "--out", str(out)]) == 0
    assert [line for line in capsys.readouterr().err.splitlines() if "warning: " in line] == expected
    notes = json.loads((out / "run.json").read_text())["notes"]
    assert [f"les-viz: warning: {note}" for note in notes] == expected
    assert set(notes) <= set(report_of(load_results(out)).notes)
    longer = write_config(run_files, [("crystal.extxyz", "odd.extxyz"), ("steps = 8", "steps = 9")])
    assert main(["md", longer, "--out", str(out), "--resume"]) == 0
    assert "warning" not in capsys.readouterr().err

    sweep = tmp_path / "sweep.toml"
    text = Path(config).read_text().replace("odd.extxyz", str(run_files / "odd.extxyz"))
    text = text.replace("atomic.safetensors", str(run_files / "atomic.safetensors"))
    sweep.write_text(text + "[sweep]\nseeds = [1, 2]\n")
    for warned in (expected, []):
        assert main(["sweep", str(sweep), "--out", str(tmp_path / "sweep")]) == 0
        assert [line for line in capsys.readouterr().err.splitlines() if "warning: " in line] == warned
