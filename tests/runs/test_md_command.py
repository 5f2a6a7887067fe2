"""`les-viz md`: what it writes, how it goes on, and what it says of bad input."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from les_viz.cli.main import main
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


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full disk")
def test_full_disk_is_a_sentence(run_files, tmp_path, monkeypatch, capsys):
    from les_viz.runs import execution

    def full(path, content):
        with open("/dev/full", "w") as stream:
            stream.write("x" * 10**6)

    monkeypatch.setattr(execution, "write_checkpoint", full)
    assert main(["md", write_config(run_files), "--out", str(tmp_path / "run")]) == 2
    assert "No space left on device" in capsys.readouterr().err
