"""What is refused before a training begins: each of these had trained on, silently wrong."""

import ase.io
import numpy as np
import pytest

from les_viz.errors import SettingError, StructureError
from les_viz.train.run import train


def changed(folder, name, change):
    """Change the frames of a file in place."""
    frames = ase.io.read(folder / name, ":")
    ase.io.write(folder / name, change(frames), format="extxyz")


def test_one_absurd_energy_is_named(workplace, silence, tmp_path):
    def spoil(frames):
        frames[3].calc.results["energy"] += 1e6
        return frames

    changed(tmp_path, "train.extxyz", spoil)
    with pytest.raises(
        StructureError, match=r"train\.extxyz, frame 3: has an energy of .* the other frames let expect"
    ):
        train(workplace(), silence())


def test_an_energy_that_no_other_frame_can_judge_is_taken(workplace, silence, tmp_path):
    def swap(frames):
        frames[3].symbols[0] = "K"
        frames[3].calc.results["energy"] -= 1e4
        return frames

    changed(tmp_path, "train.extxyz", swap)
    assert train(workplace(training__epochs=1), silence()).finished


def test_one_absurd_force_is_named(workplace, silence, tmp_path):
    def spoil(frames):
        frames[2].calc.results["forces"][1, 0] = 1e6
        return frames

    changed(tmp_path, "train.extxyz", spoil)
    with pytest.raises(StructureError, match=r"train\.extxyz, frame 2: has a force of 8.33e\+05 eV/Å"):
        train(workplace(), silence())


def test_frames_are_not_both_trained_on_and_held_out(workplace, silence, tmp_path):
    ase.io.write(tmp_path / "val.extxyz", ase.io.read(tmp_path / "train.extxyz", "4:6"), format="extxyz")
    with pytest.raises(
        SettingError, match=r"val\.extxyz, frame 0: is held out, but .*train\.extxyz, frame 4 is the same"
    ):
        train(workplace(), silence())


def test_elements_of_held_out_frames_alone_are_refused(workplace, silence, tmp_path):
    def swap(frames):
        frames[0].symbols[0] = "K"
        return frames

    changed(tmp_path, "val.extxyz", swap)
    with pytest.raises(SettingError, match=r"held-out frames hold K, which no training frame has"):
        train(workplace(), silence())


@pytest.mark.parametrize(
    ("setting", "value"), [("start", "{ K = 1.0 }"), ("positive_element", '"K"'), ("formal_charges", "{ K = 1.0 }")]
)
def test_charges_of_elements_that_are_not_there_are_refused(workplace, silence, setting, value):
    head = {"model__charges__head": '"bond"'} if setting == "formal_charges" else {}
    path = workplace(**{f"model__charges__{setting}": value}, **head)
    with pytest.raises(SettingError, match=rf"model\.charges\.{setting} names K, but the model has Na, Cl"):
        train(path, silence())


def test_charges_that_no_atoms_can_carry_are_refused(workplace, silence):
    path = workplace(model__charges__head='"bond"', model__charges__start="{ Na = 0.5, Cl = 0.5 }")
    with pytest.raises(SettingError, match=r"model\.charges\.start cannot be reached"):
        train(path, silence())


def test_a_structure_that_cannot_be_used_is_named(workplace, silence, tmp_path):
    def flatten(frames):
        frames[0].set_cell(np.diag([6.5, 6.5, 1e-9]))
        return frames

    def coincide(frames):
        frames[1].positions[1] = frames[1].positions[0]
        return frames

    changed(tmp_path, "train.extxyz", coincide)
    with pytest.raises(StructureError, match=r"train\.extxyz, frame 1: atoms 0 and 1 .* are at the same place"):
        train(workplace(), silence())
    changed(tmp_path, "train.extxyz", flatten)
    with pytest.raises(StructureError, match=r"train\.extxyz, frame 0: is periodic, but its cell spans no volume"):
        train(workplace(), silence())


def test_other_data_do_not_resume(workplace, silence, tmp_path):
    train(workplace(), silence(stop_after=2))
    ase.io.write(tmp_path / "train.extxyz", ase.io.read(tmp_path / "train.extxyz", "1:"), format="extxyz")
    with pytest.raises(SettingError, match="was written with other data"):
        train(workplace(), silence(), resume=True)
