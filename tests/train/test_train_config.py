"""The configuration of a training: defaults, and mistakes named with their key."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import torch

from les_viz.errors import ModelError, SettingError
from les_viz.train.config import ModelSettings, TrainConfig
from les_viz.train.limits import CHOICES, RANGES
from les_viz.train.start import model_config, random_model, take_weights
from les_viz.train.toml_file import config_from_dict, read_config

SMALLEST = {"data": {"train": "a.extxyz"}}


def changed(**tables):
    return {**SMALLEST, **tables}


def test_one_file_is_enough():
    config = config_from_dict(SMALLEST)
    assert config.data.train == ("a.extxyz",)
    assert config.model.charges.head == "atomic"
    assert config.training.epochs == 50


def test_lists_tables_and_whole_numbers_for_numbers_are_read():
    config = config_from_dict(
        {
            "data": {"train": ["a", "b"], "labels": "ase"},
            "teacher": {"arguments": {"depth": 3, "name": "x"}},
            "model": {"cutoff": 5, "charges": {"head": "bond", "formal_charges": {"Na": 1}}},
            "provenance": {"licence": "CC0"},
        }
    )
    assert config.data.train == ("a", "b")
    assert config.model.cutoff == 5.0
    assert config.model.charges.formal_charges == {"Na": 1.0}
    assert config.teacher.arguments == {"depth": 3, "name": "x"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({}, "data is missing"),
        ({"data": {}}, "data.train is missing"),
        (changed(trainig={}), "did you mean 'training'"),
        (changed(training={"epoch": 3}), r"training.epoch .* did you mean 'epochs'"),
        (changed(model={"charges": {"haed": "bond"}}), r"model.charges.haed .* did you mean 'head'"),
        (changed(training={"epochs": 3.5}), "training.epochs is 3.5: expected a whole number"),
        (changed(training={"epochs": True}), "expected a whole number"),
        (changed(training={"epochs": 0}), r"training.epochs is 0: expected a number from 1"),
        (changed(training={"learning_rate": float("nan")}), "training.learning_rate is nan"),
        (changed(training={"learning_rate": 10**400}), r"training.learning_rate is 10+\.\.\.0+: expected a number"),
        (
            changed(training={"dtype": "x" * 5000}),
            r"^training.dtype is 'x+\.\.\.x+': expected one of float32, float64$",
        ),
        (changed(training={"dtype": "half"}), "training.dtype is 'half': expected one of float32, float64"),
        (changed(training={"device": "tpu"}), "training.device is 'tpu'"),
        (changed(model={"energy_hidden": [8, 0]}), r"model.energy_hidden is \[8, 0\]: expected widths from 1 to"),
        (changed(model={"charges": {"hidden": [0]}}), r"model.charges.hidden is \[0\]: expected widths from 1 to"),
        (changed(loss={"forces": 0, "energy": 0}), r"every weight of \[loss\] is 0"),
        (changed(model={"cutoff": "4.5"}), "model.cutoff is '4.5': expected a number"),
        (changed(model={"elements": ["Xx"]}), "model.elements holds 'Xx'"),
        (changed(model={"elements": ["H", "H"]}), "names an element twice"),
        (changed(model={"charges": {"formal_charges": {"Na": 1.0}}}), "is for head"),
        (changed(model={"charges": {"bond_cutoff": 6.0}}), "charges see"),
        (changed(model={"charges": {"cutoff": 2.0, "bond_cutoff": 3.0}}), "expected at most 2 Å"),
        (changed(model={"charges": {"cutoff": 9.0}}), "model.charges.cutoff is 9 Å"),
        (changed(model={"message_passing": "all"}), "message_passing is 'all': expected one of none, modulation, full"),
        (
            changed(model={"message_passing": "full"}, loss={"born_effective_charges": 1.0}),
            r'cannot be learned by atomic charges that read messages: set model\.charges\.head = "bond"',
        ),
        (changed(model=3), r"model is 3: expected a table"),
        (changed(loss={"forces": -1.0}), "loss.forces is -1.0: expected a number from 0 to 1e"),
        (changed(loss={"forces": 1e30}), r"loss.forces is 1e\+30: expected a number from 0 to 1e\+09"),
        (
            changed(model={"charges": {"scale": 1e5}}),
            "model.charges.scale is 100000.0: expected a number from 0.001 to",
        ),
        (changed(output={"name": "../x"}), "output.name"),
        ({"data": {"train": []}}, "data.train is empty"),
        ({"data": {"train": "a", "validation_fraction": 0}}, "hold some frames out"),
    ],
)
def test_mistakes_are_named(content, problem):
    with pytest.raises(SettingError, match=problem):
        config_from_dict(content)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(SettingError, match=r"no.toml: cannot be read"):
        read_config(tmp_path / "no.toml")
    (tmp_path / "long.toml").write_text("x = " + "1" * 5000, encoding="utf-8")
    with pytest.raises(SettingError, match=r"long.toml: is no valid TOML"):
        read_config(tmp_path / "long.toml")
    path = tmp_path / "bad.toml"
    path.write_text("[data\n")
    with pytest.raises(SettingError, match=r"bad.toml: is no valid TOML"):
        read_config(path)
    path.write_text('[data]\ntrain = "a"\nkeys = 1\n')
    with pytest.raises(SettingError, match=r"bad.toml: data.keys"):
        read_config(path)


def numbers_of(config, prefix=""):
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            yield from numbers_of(value, f"{prefix}{field.name}.")
        elif type(value) in (int, float):
            yield f"{prefix}{field.name}"


def test_a_start_that_cannot_be_read_is_named_with_its_key(tmp_path):
    config = model_config(ModelSettings(n_radial=2, l_max=1), (1,), {1: 0.0})
    model = random_model(config, seed=0, dtype=torch.float32, device="cpu")
    with pytest.raises(ModelError, match=r"model.start_from .*nowhere.safetensors: cannot be read"):
        take_weights(model, tmp_path / "nowhere.safetensors", sign_is_open=False)


def test_every_number_has_a_range():
    config = config_from_dict(SMALLEST)
    assert isinstance(config, TrainConfig)
    assert set(numbers_of(config)) == set(RANGES) | {k for k, v in CHOICES.items() if isinstance(v[0], int)}


def test_the_page_on_training_shows_configurations_that_are_valid(tmp_path):
    page = Path(__file__).resolve().parents[2] / "docs" / "training.md"
    blocks = re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        path = tmp_path / "config.toml"
        path.write_text(block)
        read_config(path)
