"""`les-viz train` on the command line."""

import os
import signal

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from les_viz.cli.main import main
from les_viz.cli.train import Screen
from les_viz.train.loop import Trainer

CONFIG = """
[data]
train = "data.extxyz"
[model]
cutoff = 3.0
n_radial = 2
l_max = 1
energy_hidden = [4]
[model.charges]
hidden = []
[training]
epochs = 2
atoms_per_batch = 4
"""


def write_data(folder):
    frames = []
    for shift in np.linspace(0.8, 1.3, 5):
        atoms = Atoms("OH", positions=[[0, 0, 0], [0, 0, shift]])
        pull = 2 * (shift - 1)
        atoms.calc = SinglePointCalculator(atoms, energy=(shift - 1) ** 2, forces=[[0, 0, pull], [0, 0, -pull]])
        frames.append(atoms)
    ase.io.write(folder / "data.extxyz", frames, format="extxyz")


def test_it_trains_and_says_where_the_model_is(tmp_path, capsys):
    write_data(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG)
    assert main(["train", str(tmp_path / "config.toml")]) == 0
    said = capsys.readouterr().out
    assert "epoch    2" in said
    assert "q(H)" in said
    assert f"wrote {tmp_path / 'weights.safetensors'}" in said
    assert (tmp_path / "weights_training.jsonl").read_text().count("\n") == 2


def test_mistakes_are_one_line(tmp_path, capsys):
    (tmp_path / "config.toml").write_text(CONFIG.replace("epochs", "epoch"))
    assert main(["train", str(tmp_path / "config.toml")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "did you mean 'epochs'" in line
    assert main(["train", str(tmp_path / "config.toml"), "--resum"]) == 2
    assert "did you mean '--resume'" in capsys.readouterr().err


def test_on_a_terminal_the_line_moves_with_the_errors(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    Screen().step(2, 10, 40, {"forces": 33.21, "energy": 0.456})
    line = capsys.readouterr().err
    assert "epoch 3" in line
    assert "10/40" in line
    assert "forces 33.2 meV/Å  energy 0.46 meV/atom" in line


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (1, "stopped within the first epoch, before anything was kept; start again with: les-viz train {path}"),
        (3, "stopped at once; what came after the last checkpoint is lost; go on with: les-viz train {path} --resume"),
    ],
)
def test_a_second_wish_to_stop_ends_within_a_step_and_says_what_is_kept(tmp_path, capsys, monkeypatch, after, said):
    write_data(tmp_path)
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    steps, take = [], Trainer._step

    def impatient(self, *arguments):
        take(self, *arguments)
        steps.append(1)
        if len(steps) == after:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Trainer, "_step", impatient)
    assert main(["train", str(path)]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == said.format(path=path)
