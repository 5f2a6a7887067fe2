"""Whole small trainings: files, resume, stopping, mistakes."""

import json

import ase.io
import numpy as np
import pytest
import torch
from ase.build import bulk

import les_viz
from les_viz.cli.main import main
from les_viz.errors import SettingError
from les_viz.train.batching import shuffled_batches
from les_viz.train.checkpoint import load_checkpoint
from les_viz.train.config import LossConfig, TrainingConfig
from les_viz.train.losses import energy_weight
from les_viz.train.run import train
from les_viz.train.schedule import learning_rate
from les_viz.train.toml_file import read_config


def records_of(folder, name="ions"):
    """The log without what depends on the clock."""
    lines = [json.loads(line) for line in (folder / f"{name}_training.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in ("seconds", "frames_per_s")} for line in lines]


def test_a_training_leaves_a_model_a_log_and_its_origin(workplace, silence, tmp_path):
    listener = silence()
    result = train(workplace(provenance__licence='"BSD-3-Clause"'), listener)
    assert result.finished
    model = les_viz.load_model(str(tmp_path / "ions.safetensors"))
    origin = model.config.provenance
    assert origin["licence"] == "BSD-3-Clause"
    assert len(origin["data_sha256"]) == len(origin["config_sha256"]) == 64
    assert origin["epoch"] == str(result.best["epoch"])
    log = records_of(tmp_path)
    assert [line["epoch"] for line in log] == [1, 2, 3]
    assert set(log[0]["charge_mean_e"]) == {"Na", "Cl"}
    assert log[-1]["charge_mean_e"]["Na"] > 0
    assert log[-1]["force_rmse_meV_per_A"] < log[0]["force_rmse_meV_per_A"]
    assert len(listener.records) == 3


def test_the_saved_model_has_the_errors_and_charges_of_the_log(workplace, silence, tmp_path):
    result = train(workplace(), silence())
    model = les_viz.load_model(str(tmp_path / "ions.safetensors"), dtype="float32")
    frames = ase.io.read(tmp_path / "val.extxyz", ":")
    found = les_viz.predict(model, frames)
    errors = [f.get_forces() - f.get_forces().mean(axis=0) - p.forces for f, p in zip(frames, found, strict=True)]
    rmse = 1000 * np.sqrt(np.mean(np.concatenate(errors) ** 2))
    assert rmse == pytest.approx(result.best["force_rmse_meV_per_A"], rel=1e-4)
    charges = np.concatenate([p.partial_charges[f.numbers == 11] for f, p in zip(frames, found, strict=True)])
    assert charges.mean() == pytest.approx(result.best["charge_mean_e"]["Na"], rel=1e-4)
    shortest, longest = model.config.nearest_distances[11]
    assert 2.0 <= shortest < longest < 4.0


@pytest.mark.parametrize("stop_after", [2, 4, 5])
def test_a_stopped_and_resumed_training_is_the_same_to_the_last_bit(workplace, silence, tmp_path, stop_after):
    whole = train(workplace("whole.toml", output__folder='"whole"'), silence())
    path = workplace("parts.toml", output__folder='"parts"')
    stopped = train(path, silence(stop_after=stop_after))
    assert not stopped.finished
    resumed = train(path, silence(), resume=True)
    assert whole.finished
    assert resumed.finished
    assert records_of(tmp_path / "whole") == records_of(tmp_path / "parts")
    states = [load_checkpoint(r.files.checkpoint, read_config(path)) for r in (resumed,)]
    other = torch.load(whole.files.checkpoint, weights_only=True)["state"]
    for name, value in other["model"].items():
        assert torch.equal(value, states[0]["model"][name]), name
    for mine, theirs in zip(other["average"]["values"], states[0]["average"]["values"], strict=True):
        assert torch.equal(mine, theirs)
    for key, moments in other["optimizer"]["state"].items():
        for name, value in moments.items():
            assert torch.equal(value, states[0]["optimizer"]["state"][key][name])


def test_labels_of_a_teacher_are_counted_as_they_come(workplace, silence, tmp_path):
    frames = [bulk("Cu", cubic=True) for _ in range(3)]
    for number, frame in enumerate(frames):
        frame.rattle(0.05, seed=number)
    ase.io.write(tmp_path / "train.extxyz", frames, format="extxyz")
    listener = silence()
    changes = {"data__labels": '"ase"', "teacher__calculator": '"ase.calculators.emt:EMT"', "training__epochs": 1}
    path = workplace(data__validation="[]", model__charges__positive_element='"Cu"', **changes)
    assert train(path, listener).finished
    labelled = [words for words in listener.said if words.startswith("labels of")]
    assert labelled == [f"labels of train.extxyz: {number} of 3" for number in (1, 2, 3)]


def test_the_command_says_that_it_was_stopped(workplace, silence, monkeypatch, capsys):
    path = workplace()
    monkeypatch.setattr("les_viz.cli.train.Screen", lambda: silence(stop_after=4))
    assert main(["train", str(path)]) == 130
    assert f"stopped; go on with: les-viz train {path} --resume" in capsys.readouterr().err
    assert main(["train", str(path), "--resume"]) == 130


class StopsWhilePreparing:
    def __init__(self, words):
        self.words = words

    def preparing(self, words):
        if words.startswith(self.words):
            raise KeyboardInterrupt


def test_the_command_says_what_is_kept_if_it_is_stopped_before_the_first_step(workplace, monkeypatch, capsys, tmp_path):
    teacher = {"data__labels": '"ase"', "teacher__calculator": '"ase.calculators.lj:LennardJones"'}
    monkeypatch.setattr("les_viz.cli.train.Screen", lambda: StopsWhilePreparing("neighbours"))
    path = workplace()
    assert main(["train", str(path)]) == 130
    assert capsys.readouterr().err.strip() == (
        f"stopped before the first step; nothing was written; start again with: les-viz train {path}"
    )
    monkeypatch.setattr("les_viz.cli.train.Screen", lambda: StopsWhilePreparing("labels of train.extxyz: 3"))
    path = workplace(**teacher)
    assert main(["train", str(path)]) == 130
    labels = tmp_path / "teacher_labels.jsonl"
    assert f"the labels so far are kept in {labels}; start again with" in capsys.readouterr().err
    assert len(labels.read_text().splitlines()) == 3


def test_equal_seeds_train_equal_models_and_others_do_not(workplace, silence, tmp_path):
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(workplace(f"{folder}.toml", output__folder=f'"{folder}"', training__seed=seed), silence())
    assert records_of(tmp_path / "a") == records_of(tmp_path / "b")
    assert records_of(tmp_path / "a") != records_of(tmp_path / "c")


def test_patience_ends_a_training_that_gets_no_better(workplace, silence):
    listener = silence()
    train(workplace(training__epochs=40, training__patience=2, training__learning_rate=1e-12), listener)
    best = [record["epoch"] for record, is_best in listener.records if is_best]
    assert len(listener.records) == best[-1] + 2 < 40


def test_a_loss_that_is_no_number_ends_in_a_sentence_that_says_what_to_change(workplace, silence):
    path = workplace(training__learning_rate=10, training__clip=0, training__epochs=200, training__warm_up_steps=0)
    with pytest.raises(SettingError, match=r"lower training\.learning_rate"):
        train(path, silence())


def test_a_loss_on_the_stress_of_open_frames_alone_is_refused(workplace, silence, tmp_path):
    path = workplace(loss__stress=1.0)
    for name in ("train.extxyz", "val.extxyz"):
        frames = [frame for frame in ase.io.read(tmp_path / name, ":") if not frame.pbc.any()]
        ase.io.write(tmp_path / name, frames, format="extxyz")
    with pytest.raises(SettingError, match=r"loss\.stress is above 0, but all frames are open"):
        train(path, silence())


def test_a_changed_configuration_does_not_resume(workplace, silence):
    train(workplace(), silence())
    with pytest.raises(SettingError, match=r"model\.n_radial = 4, and the configuration now says 5"):
        train(workplace(model__n_radial=5), silence(), resume=True)


def test_a_checkpoint_from_before_a_key_existed_resumes_while_the_key_has_its_default(workplace, silence, tmp_path):
    train(workplace(training__epochs=1), silence())
    place = tmp_path / "ions_last.pt"
    content = torch.load(place, weights_only=True)
    config = json.loads(content["config"])
    del config["model"]["message_passing"]
    torch.save({**content, "config": json.dumps(config)}, place)
    assert train(workplace(training__epochs=1), silence(), resume=True).finished
    with pytest.raises(SettingError, match=r"model\.message_passing = 'none', and the configuration now says 'full'"):
        train(workplace(training__epochs=1, model__message_passing='"full"'), silence(), resume=True)


def test_without_a_checkpoint_there_is_nothing_to_resume(workplace, silence, tmp_path):
    with pytest.raises(SettingError, match="no checkpoint to resume"):
        train(workplace(), silence(), resume=True)
    (tmp_path / "ions_last.pt").write_bytes(b"nonsense")
    with pytest.raises(SettingError, match="no checkpoint of les-viz train"):
        train(workplace(), silence(), resume=True)


def test_the_twin_has_no_charges(workplace, silence, tmp_path):
    train(workplace(model__short_range_only="true"), silence())
    assert records_of(tmp_path)[-1]["charge_mean_e"] == {}
    assert les_viz.load_model(str(tmp_path / "ions.safetensors")).charge_head is None


def test_bonds_conserve_the_charge_in_training(workplace, silence, tmp_path):
    train(workplace(model__charges__head='"bond"', model__charges__n_transfers=3), silence())
    assert records_of(tmp_path)[-1]["largest_total_charge_e"] < 1e-5


def test_every_epoch_takes_every_frame_once_in_batches_that_fit():
    counts = [5, 9, 30, 4, 7, 7, 2]
    for epoch in range(3):
        batches = shuffled_batches(counts, 20, seed=3, epoch=epoch)
        assert sorted(n for batch in batches for n in batch) == list(range(7))
        assert all(sum(counts[n] for n in batch) <= 20 or len(batch) == 1 for batch in batches)
    assert shuffled_batches(counts, 20, seed=3, epoch=0) != shuffled_batches(counts, 20, seed=3, epoch=1)


def test_the_learning_rate_rises_and_falls():
    config = TrainingConfig(learning_rate=1.0, warm_up_steps=3, final_learning_rate=0.1)
    assert [learning_rate(config, step, 0.0) for step in range(4)] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert learning_rate(config, 100, 0.5) == pytest.approx(0.55)
    assert learning_rate(config, 100, 1.0) == pytest.approx(0.1)


def test_the_weight_of_the_energy_rises_in_the_last_part():
    config = LossConfig(energy=1.0, energy_final=9.0, final_fraction=0.5)
    assert [energy_weight(config, p) for p in (0.0, 0.5, 0.75, 1.0)] == pytest.approx([1.0, 1.0, 5.0, 9.0])
    assert energy_weight(LossConfig(energy=2.0), 1.0) == 2.0


def test_a_training_starts_from_a_model_of_its_shape(workplace, silence, tmp_path):
    first = train(workplace("first.toml", output__name='"first"'), silence())
    start = {"output__name": '"more"', "model__start_from": '"first.safetensors"'}
    still = {"training__learning_rate": "1e-12", "training__epochs": "1"}
    more = train(workplace("more.toml", **start, **still), silence())
    assert len(les_viz.load_model(str(tmp_path / "more.safetensors")).config.provenance["start_sha256"]) == 64
    assert more.best["force_rmse_meV_per_A"] == pytest.approx(first.best["force_rmse_meV_per_A"], rel=1e-5)
    assert more.best["charge_mean_e"] == pytest.approx(first.best["charge_mean_e"], rel=1e-4)
    with pytest.raises(SettingError, match=r"first.safetensors: its representations are .*make them equal"):
        train(workplace("other.toml", **start, model__l_max="2"), silence())


STILL = {"training__learning_rate": "1e-12", "training__epochs": "1", "model__start_from": '"first.safetensors"'}


def test_a_start_keeps_its_energies_and_takes_the_level_of_theory_of_new_data(workplace, silence, tmp_path):
    """Labelled by the model itself, there is nothing left to learn; shifted by so much an atom, neither."""
    train(workplace(output__name='"first"', training__epochs=30), silence())
    model = les_viz.load_model(str(tmp_path / "first.safetensors"))
    shifts = {"Na": 3.0, "Cl": -7.0}
    for name in ("train.extxyz", "val.extxyz"):
        frames = ase.io.read(tmp_path / name, ":")
        for frame in frames:
            found = les_viz.predict(model, frame, quantities={"energy", "forces"})
            energy = found.energy + sum(shifts[symbol] for symbol in frame.symbols)
            frame.calc.results = {"energy": energy, "forces": found.forces}
        ase.io.write(tmp_path / name, frames, format="extxyz")
    more = train(workplace("more.toml", output__name='"more"', **STILL), silence())
    assert more.best["energy_rmse_meV_per_atom"] < 0.01
    assert more.best["force_rmse_meV_per_A"] < 0.1


def test_elements_without_a_training_frame_are_told_of_and_a_second_round_adds_its_own(workplace, silence, tmp_path):
    elements = {"model__elements": '["Na", "Cl", "K"]', "training__epochs": "1"}
    train(workplace(output__name='"first"', **elements), silence())
    model = les_viz.load_model(str(tmp_path / "first.safetensors"))
    assert model.config.trained_atoms == {11: 24, 17: 24}
    frame = ase.io.read(tmp_path / "val.extxyz", "0")
    assert not [words for words in les_viz.predict(model, frame).warnings if "element" in words]
    frame.symbols[0] = "K"
    assert "1 K atom: the training data had none" in " ".join(les_viz.predict(model, frame).warnings)
    train(workplace("more.toml", output__name='"more"', **{**STILL, **elements}), silence())
    assert les_viz.load_model(str(tmp_path / "more.safetensors")).config.trained_atoms == {11: 48, 17: 48}


def test_a_start_keeps_the_scale_of_its_charges(workplace, silence, tmp_path):
    train(workplace(output__name='"first"', model__electrostatics__epsilon_infinity="2.0"), silence())
    with pytest.raises(SettingError, match=r"its epsilon_infinity are 2\.0, the configuration asks for 1\.0"):
        train(workplace("more.toml", output__name='"more"', **STILL), silence())


def test_a_start_keeps_the_sign_of_its_charges(workplace, silence, tmp_path):
    """Where nothing finds it anew: the first training turned it round for the sake of `positive_element`."""
    first = {"output__name": '"first"', "model__electrostatics__charge_sign": "-1", "training__epochs": "1"}
    train(workplace(model__charges__positive_element='""', **first), silence())
    settings = {"output__name": '"more"', "model__charges__positive_element": '""'}
    with pytest.raises(SettingError, match=r"its charge_sign are -1, the configuration asks for 1"):
        train(workplace("more.toml", **settings, **STILL), silence())
    assert train(workplace("open.toml", output__name='"open"', **STILL), silence()).finished


def test_the_best_epoch_of_a_fine_tuning_is_that_of_the_whole_loss(workplace, silence, tmp_path):
    """With the weight on dipoles, the best epoch is the one of the best dipoles, and the log has them."""
    for name in ("train.extxyz", "val.extxyz"):
        frames = [frame for frame in ase.io.read(tmp_path / name, ":") if not frame.pbc.any()]
        for frame in frames:
            frame.calc.results["dipole"] = charges_of(frame) @ frame.positions
        ase.io.write(tmp_path / name, frames, format="extxyz")
    weights = {"loss__dipole": "1e6", "loss__forces": "1e-6", "loss__energy": "1e-6"}
    sign = {"model__charges__positive_element": '""'}
    listener = silence()
    result = train(workplace(training__epochs=12, **weights, **sign), listener)
    dipoles = [record["dipole_rmse_e_A"] for record, _ in listener.records]
    assert result.best["dipole_rmse_e_A"] == pytest.approx(min(dipoles), rel=0.05)
    forces = [record["force_rmse_meV_per_A"] for record, _ in listener.records]
    assert result.best["force_rmse_meV_per_A"] > min(forces)
    model = les_viz.load_model(str(result.files.model))
    frames = ase.io.read(tmp_path / "val.extxyz", ":")
    errors = []
    for frame in frames:
        centred = frame.positions - frame.positions.mean(axis=0)
        errors.append(les_viz.predict(model, frame, quantities={"dipole"}).dipole - charges_of(frame) @ centred)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(result.best["dipole_rmse_e_A"], rel=1e-3)


def charges_of(frame):
    return np.where(frame.symbols == "Na", 1.0, -1.0)
