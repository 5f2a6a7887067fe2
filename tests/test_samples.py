"""The bundled samples: complete, small, and what their cards say; and the script that writes the cards."""

import hashlib
import importlib.util
import json
import sys
import tomllib
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from random_models import random_atoms, random_model

import les_viz
from les_viz.models.loading import sample_names
from les_viz.models.native import write_native

SAMPLES = Path(__file__).resolve().parents[1] / "sample_models"
FOLDERS = sorted({path.parent for path in SAMPLES.glob("*/about.toml")})
WITH_WEIGHTS = [folder for folder in FOLDERS if (folder / "weights.safetensors").is_file()]
GENERATED = ("card.toml", "CARD.md", "reference.json")
REQUIRED = {
    "name": str,
    "title": str,
    "teaches": str,
    "elements": list,
    "parameters": int,
    "not_for": list,
    "held_out": dict,
    "charges": dict,
    "training": dict,
    "architecture": dict,
    "weights": dict,
    "structures": dict,
}
REQUIRED_OF_TRAINING = {
    "data", "data_url", "data_licence", "frames", "boundary", "level_of_theory", "charges_start", "command", "seed",
    "epochs", "wall_time_s", "machine", "versions",
}  # fmt: skip
HELD_OUT_DATA = {"water": "data/water_pbe0/val.extxyz.gz"}
CHARGE_SIGNS = {
    "water": ("water_64.extxyz", {"O": -1, "H": 1}),
    "point-ions": ("ions_64.extxyz", {"Na": 1, "Cl": -1}),
    "organic": ("water_dimer.extxyz", {"O": -1, "H": 1}),
    "charge-transfer": ("c10h3_plus.extxyz", {"H": 1}),
    "rocksalt": ("nacl_64.extxyz", {"Na": 1, "Cl": -1}),
    "rocksalt-mgo": ("mgo_64.extxyz", {"Mg": 1, "O": -1}),
}
"""By sample, a structure of it and what sign each element has there."""
CHARACTERISTIC = {"water", "point-ions", "rocksalt", "rocksalt-mgo"}
"""Samples in which all atoms of an element carry about the mean charge of the card."""


@pytest.fixture(params=WITH_WEIGHTS, ids=lambda folder: folder.name)
def sample(request):
    return request.param


@pytest.fixture
def card(sample):
    return tomllib.loads((sample / "card.toml").read_text(encoding="utf-8"))


def test_only_folders_with_weights_are_offered():
    assert sample_names() == [folder.name for folder in WITH_WEIGHTS]
    for folder in set(FOLDERS) - set(WITH_WEIGHTS):
        assert not [name for name in GENERATED if (folder / name).exists()], folder


def assert_complete(card):
    assert {name: type(card.get(name)) for name in REQUIRED} == REQUIRED
    assert card["not_for"]
    # a card from before `les-viz train` counts rounds of L-BFGS
    assert {"epochs" if key == "rounds" else key for key in card["training"]} == REQUIRED_OF_TRAINING
    assert all(value not in ("", None) for value in card["training"].values())
    assert card["training"]["boundary"] in ("periodic", "open")
    assert set(card["charges"]["mean_e"]) == set(card["charges"]["std_e"]) == set(card["elements"])
    assert card["charges"]["charge_sign"] in (-1, 1)
    assert card["charges"]["epsilon_infinity"] >= 1
    assert card["held_out"]["energy_rmse_meV_per_atom"] > 0
    assert card["held_out"]["force_rmse_meV_per_A"] > 0
    assert card["weights"]["licence"]


def test_the_card_is_complete(sample, card):
    assert_complete(card)
    assert card["name"] == sample.name


def test_weights_are_those_of_the_card_and_small(sample, card):
    content = (sample / card["weights"]["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == card["weights"]["sha256"]
    assert len(content) == card["weights"]["bytes"] < 2_000_000


def test_the_card_for_people_says_the_same(sample, card):
    text = (sample / "CARD.md").read_text(encoding="utf-8")
    for fact in (card["title"], card["weights"]["sha256"], card["training"]["command"], *card["not_for"]):
        assert fact in text
    assert f"{card['held_out']['force_rmse_meV_per_A']} meV/Å" in text


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_structures_are_small_and_say_where_they_come_from(folder):
    about = tomllib.loads((folder / "about.toml").read_text(encoding="utf-8"))
    assert about["structures"].keys() == {path.name for path in folder.glob("*.extxyz")}
    for name, source in about["structures"].items():
        assert (folder / name).stat().st_size < 200_000
        assert les_viz.read(folder / name).info["source"] == source


def test_the_header_agrees_with_the_card(sample, card):
    model = les_viz.load_model(sample.name)
    assert sum(parameter.numel() for parameter in model.parameters()) == card["parameters"]
    assert model.config.charge_sign == card["charges"]["charge_sign"]
    assert model.config.epsilon_infinity == card["charges"]["epsilon_infinity"]
    assert model.config.provenance["command"] == card["training"]["command"]


def test_predictions_are_those_recorded(sample, card):
    recorded = json.loads((sample / "reference.json").read_text(encoding="utf-8"))
    assert recorded["structures"].keys() == card["structures"].keys()
    assert max(recorded["tolerances"].values()) <= 1e-8
    model = les_viz.load_model(sample.name, dtype=recorded["dtype"])
    for name, expected in recorded["structures"].items():
        found = les_viz.predict(model, les_viz.read(sample / name))
        assert expected.keys() == recorded["tolerances"].keys()
        for key, tolerance in recorded["tolerances"].items():
            assert getattr(found, key) == pytest.approx(np.array(expected[key]), rel=0, abs=tolerance), (name, key)


def test_signs_of_the_charges(sample, card):
    name, signs = CHARGE_SIGNS[sample.name]
    structure = les_viz.read(sample / name)
    found = les_viz.predict(les_viz.load_model(sample.name), structure)
    symbols = np.array(structure.get_chemical_symbols())
    for symbol, sign in signs.items():
        charges = found.partial_charges[symbols == symbol]
        assert (sign * charges > 0).all()
        if sample.name in CHARACTERISTIC:
            assert charges.mean() == pytest.approx(card["charges"]["mean_e"][symbol], abs=0.05)


@pytest.mark.shared
def test_held_out_errors_are_those_of_the_card(sample, card, shared):
    if sample.name not in HELD_OUT_DATA:
        pytest.skip("its script makes the held-out frames; test_sample_truths.py measures this sample")
    frames = ase.io.read(shared / HELD_OUT_DATA[sample.name], "::8", format="extxyz")
    assert len(frames) == 10
    found = les_viz.predict(les_viz.load_model(sample.name), frames, quantities={"energy", "forces"})
    energy_errors, force_errors = [], []
    for frame, one in zip(frames, found, strict=True):
        forces = frame.get_forces()
        force_errors.append(one.forces - (forces - forces.mean(axis=0)))
        energy_errors.append((one.energy - frame.get_potential_energy()) / len(frame))
    measured = 1e3 * np.sqrt(np.mean(np.square(force_errors)))
    assert measured == pytest.approx(card["held_out"]["force_rmse_meV_per_A"], rel=0.2)
    # ten numbers scatter more than 5760; the card's eighty too
    assert 1e3 * np.sqrt(np.mean(np.square(energy_errors))) < 2 * card["held_out"]["energy_rmse_meV_per_atom"]


@pytest.fixture(scope="module")
def make_card():
    spec = importlib.util.spec_from_file_location("make_card", SAMPLES / "make_card.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_card"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["make_card"]


ENERGY_ERROR, FORCE_ERROR = 0.002, 0.03
"""eV/atom and eV/Å that the written frames deviate from the model."""


ABOUT = """
name = "tiny"
title = "Tiny"
teaches = "how to write a card"
data = "nothing"
data_url = "nowhere"
data_licence = "CC0"
train_frames = 1
train_boundary = "open"
charges_start = "anywhere"
charge_head_note = "the other one was worse"
held_out_file = "val.extxyz.gz"
held_out_note = "made up"
epsilon_infinity_note = "unknown"
not_for = ["anything"]

[[truth]]
figure = "response.hexamer.born_r2"
text = "BEC of hexamers"
without = "none"

[[truth]]
figure = "dimers.long_range.rmse_meV"
short_range = "dimers.short_range.rmse_meV"
text = "Dimers"

[structures]
"a b.extxyz" = "from \\"here\\""
"""
TRUTH = {
    "response": {"hexamer": {"born_r2": 0.87}},
    "dimers": {"long_range": {"rmse_meV": 1.5}, "short_range": {"rmse_meV": 8.5}},
}


def write_training(folder, name, model, seconds):
    weights = {key: parameter.numpy() for key, parameter in model.named_parameters()}
    (folder / f"{name}.safetensors").write_bytes(write_native(model.config, weights))
    records = [{"epoch": 1, "seconds": seconds / 2}, {"epoch": 2, "seconds": seconds}]
    (folder / f"{name}_training.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.fixture
def written(make_card, tmp_path, monkeypatch):
    """A folder with random weights, and the card that the script writes for it."""
    folder, data = tmp_path / "tiny", tmp_path / "data"
    folder.mkdir()
    data.mkdir()
    provenance = {
        "command": "les-viz train config.toml",
        "seed": "7",
        "level_of_theory": "none",
        "licence": "CC0",
        "versions": "1",
    }
    model = random_model(provenance=provenance)
    write_training(folder, "weights", model, 9.2)
    without = random_model(charge_head=None, electrostatics=None, provenance=provenance)
    write_training(folder, "short_range", without, 5.1)
    (folder / "about.toml").write_text(ABOUT, encoding="utf-8")
    (folder / "truth.json").write_text(json.dumps(TRUTH), encoding="utf-8")
    ase.io.write(folder / "a b.extxyz", random_atoms(9), format="extxyz")
    frames = []
    for seed in (1, 2):
        frame = random_atoms(seed)
        exact = les_viz.predict(model, frame)
        error = np.zeros((7, 3))
        error[:2, 0] = FORCE_ERROR, -FORCE_ERROR
        frame.calc = SinglePointCalculator(
            frame, energy=exact.energy + 7 * ENERGY_ERROR, forces=exact.forces + error + (0.1, 0.2, 0.3)
        )
        frames.append(frame)
    ase.io.write(data / "val.extxyz.gz", frames, format="extxyz")
    command = ["make_card.py", str(folder), "--data", str(data), "--machine", "a machine"]
    monkeypatch.setattr(sys, "argv", command)
    make_card.main()
    return folder


def test_make_card_measures(written):
    card = tomllib.loads((written / "card.toml").read_text(encoding="utf-8"))
    assert_complete(card)
    assert card["held_out"]["energy_rmse_meV_per_atom"] == pytest.approx(1e3 * ENERGY_ERROR, rel=1e-3)
    assert card["held_out"]["force_rmse_meV_per_A"] == pytest.approx(1e3 * FORCE_ERROR * np.sqrt(2 / 21), rel=1e-3)
    assert card["training"]["seed"] == 7
    assert card["training"]["epochs"] == 2
    assert card["training"]["wall_time_s"] == 9
    assert card["training"]["machine"] == "a machine"
    assert card["structures"] == {"a b.extxyz": 'from "here"'}
    assert card["elements"] == ["O", "H"]
    model = les_viz.load_model(written)
    found = [les_viz.predict(model, random_atoms(seed)) for seed in (1, 2)]
    numbers = np.concatenate([one.atomic_numbers for one in found])
    charges = np.concatenate([one.partial_charges for one in found])
    for symbol, number in (("H", 1), ("O", 8)):
        assert card["charges"]["mean_e"][symbol] == pytest.approx(charges[numbers == number].mean(), rel=1e-3)
        assert card["charges"]["std_e"][symbol] == pytest.approx(charges[numbers == number].std(), rel=1e-3)


def test_make_card_sets_the_twin_beside_the_model(written):
    card = tomllib.loads((written / "card.toml").read_text(encoding="utf-8"))
    twin = card["short_range_twin"]
    assert twin["force_rmse_meV_per_A"] > card["held_out"]["force_rmse_meV_per_A"]
    assert (twin["epochs"], twin["wall_time_s"]) == (2, 5)
    content = (written / twin["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == twin["sha256"] != card["weights"]["sha256"]
    rows = (written / "CARD.md").read_text(encoding="utf-8").splitlines()
    forces = card["held_out"]["force_rmse_meV_per_A"], twin["force_rmse_meV_per_A"]
    assert f"| Held-out force RMSE | {forces[0]} meV/Å | {forces[1]} meV/Å |" in rows


def test_make_card_quotes_the_truth(written):
    card = tomllib.loads((written / "card.toml").read_text(encoding="utf-8"))
    assert card["truth"] == {
        "response.hexamer.born_r2": 0.87,
        "dimers.long_range.rmse_meV": 1.5,
        "dimers.short_range.rmse_meV": 8.5,
    }
    rows = (written / "CARD.md").read_text(encoding="utf-8").splitlines()
    assert "| BEC of hexamers | 0.87 | none |" in rows
    assert "| Dimers | 1.5 | 8.5 |" in rows


def test_make_card_records_predictions_in_full(written):
    recorded = json.loads((written / "reference.json").read_text(encoding="utf-8"))
    found = les_viz.predict(les_viz.load_model(written), les_viz.read(written / "a b.extxyz"))
    assert recorded["structures"]["a b.extxyz"]["energy"] == pytest.approx(found.energy, abs=1e-9)
    assert np.array(recorded["structures"]["a b.extxyz"]["forces"]) == pytest.approx(found.forces, abs=1e-9)


def test_the_dimer_is_bound_as_in_the_gas():
    dimer = les_viz.read(SAMPLES / "water" / "water_dimer.extxyz")
    assert not dimer.pbc.any()
    distances = dimer.get_all_distances()
    assert distances[0, 3] == pytest.approx(2.91, abs=1e-3)
    assert distances[1, 3] == pytest.approx(1.94, abs=0.02)  # the hydrogen bond
    for oxygen in (0, 3):
        assert distances[oxygen, [oxygen + 1, oxygen + 2]] == pytest.approx(0.969, abs=2e-3)
        assert dimer.get_angle(oxygen + 1, oxygen, oxygen + 2) == pytest.approx(104.5, abs=1)


@pytest.mark.shared
def test_the_liquid_is_a_held_out_frame(shared):
    bundled = ase.io.read(SAMPLES / "water" / "water_64.extxyz", format="extxyz")
    original = ase.io.read(shared / HELD_OUT_DATA["water"], 0, format="extxyz")
    assert bundled.positions == pytest.approx(original.positions, abs=1e-8)
    assert bundled.get_forces() == pytest.approx(original.get_forces(), abs=1e-8)
    assert bundled.get_potential_energy() == original.get_potential_energy()
