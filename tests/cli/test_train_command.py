"""`les-viz train` on the command line."""

import ase.io
import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from les_viz.cli.main import main
from les_viz.cli.train import Screen

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
