"""A training on a pretended device: nothing is made on the wrong one. Run by `test_other_devices.py`."""

from dataclasses import replace

import pytest
import torch
from pretend_device import pretended_device

from les_viz.train.run import train
from les_viz.train.toml_file import read_config

LOSSES = {
    "plain": {"model__charges__head": '"atomic"'},
    "molecular": {"model__charges__head": '"bond"', "loss__molecular_forces": "10.0"},
    "early stopping": {"model__charges__head": '"bond"', "training__patience": "5"},
}


@pytest.mark.parametrize("losses", LOSSES)
def test_training(losses, workplace, silence, monkeypatch):
    path = workplace(training__epochs="1", **LOSSES[losses])
    here, there = silence(), silence()
    train(path, here)
    with pretended_device() as device:

        def read_for_it(path):
            config = read_config(path)
            return replace(config, training=replace(config.training, device=str(device)))

        monkeypatch.setattr("les_viz.train.run.read_config", read_for_it)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        train(path, there)
    (of_here, _), (of_there, _) = here.records[-1], there.records[-1]
    for figure in ("force_rmse_meV_per_A", "energy_rmse_meV_per_atom"):
        assert of_there[figure] == pytest.approx(of_here[figure], rel=1e-5), figure
