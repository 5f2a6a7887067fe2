"""What would take more memory than there is is refused before it takes any, with one sentence."""

import numpy as np
import pytest
import torch
from ase import Atoms
from frame_sets import frame_set_for
from random_models import random_model

from les_viz import room
from les_viz.errors import StructureError
from les_viz.ewald import grid, reciprocal
from les_viz.ewald.grid import half_grid
from les_viz.md.calculator import LESCalculator
from les_viz.models.memory import bytes_needed
from les_viz.neighbors import estimated_pairs, neighbor_table
from les_viz.response.evaluation import Evaluation
from les_viz.response.predict import predict
from les_viz.room import RoomError, check_room, free_bytes
from les_viz.system import System
from les_viz.train.labelled import Labelled
from les_viz.train.loop import Trainer
from les_viz.train.toml_file import config_from_dict

GB = 10**9


@pytest.fixture
def little(monkeypatch):
    """A machine with half a gigabyte left."""
    monkeypatch.setattr(room, "free_bytes", lambda: GB // 2)


def test_more_than_is_free_is_refused_and_less_is_not(little):
    check_room(0.4 * GB, "it", "do less")
    with pytest.raises(RoomError, match=r"^it would take 0\.6 GB of memory, and 0\.5 GB are free: do less$"):
        check_room(0.6 * GB, "it", "do less")


def test_the_limit_of_a_container_counts(monkeypatch, tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 9000000 kB\nMemAvailable: 4000000 kB\n")
    monkeypatch.setattr(room, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(room, "_GROUP", tmp_path)
    assert free_bytes() == 4_096_000_000
    for name, text in (("max", f"{3 * GB}\n"), ("current", f"{2 * GB}\n"), ("stat", f"anon 5\ninactive_file {GB}\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert free_bytes() == 2 * GB
    (tmp_path / "memory.max").write_text("max\n")
    assert free_bytes() == 4_096_000_000


def test_where_the_system_does_not_tell_nothing_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(room, "_MEMORY", tmp_path / "missing")
    assert free_bytes() is None
    check_room(1e18, "it", "do less")


def test_a_sum_over_k_of_a_large_cell_is_refused(little):
    with pytest.raises(RoomError, match=r"^the sum over k \(cell edges up to 200 Å, k_cutoff 3\.14 1/Å\) would take"):
        half_grid(200 * torch.eye(3, dtype=torch.float64)[None], 3.14)


def test_no_more_than_one_large_grid_is_kept(monkeypatch):
    for module in (grid, reciprocal):
        monkeypatch.setattr(module, "LARGE_GRID", 1000)
    for edge in range(20, 24):
        cell = edge * torch.eye(3, dtype=torch.float64)[None]
        first = reciprocal.grid_kernel(cell, 3.0, 1.0)
        assert reciprocal.grid_kernel(cell, 3.0, 1.0) is first
    assert reciprocal._kept_kernel.cache_info().currsize == 1
    assert grid._cached_half_grid.cache_info().currsize == 1


@pytest.mark.parametrize("cell", [None, 60 * np.eye(3), np.array([[60, 0, 0], [20, 60, 0], [5, 5, 60.0]])])
def test_a_knot_of_atoms_is_refused_before_its_pairs_are_made(cell):
    positions = np.random.default_rng(0).uniform(0, 2, (20_000, 3))
    structure = Atoms("H20000", positions, cell=cell, pbc=cell is not None)
    with pytest.raises(StructureError, match=r"^its atoms have about 4e\+08 neighbours in all within 4 Å: .* check"):
        neighbor_table(System.from_atoms(structure), 4.0)


def test_a_list_of_neighbours_too_large_for_the_memory_is_refused(little):
    crowd = Atoms("H3000", np.random.default_rng(0).uniform(0, 2, (3000, 3)))
    with pytest.raises(RoomError, match=r"^the list of all neighbours within 4 Å would take 1\.08 GB"):
        neighbor_table(System.from_atoms(crowd), 4.0)


def test_images_of_a_thin_cell_count():
    cell = np.diag([40.0, 0.6, 0.6])
    positions = np.random.default_rng(0).uniform(0, 1, (20, 3)) @ cell
    density = 20 / np.linalg.det(cell)
    assert estimated_pairs(positions, cell, 6.0) == pytest.approx(20 * density * 4 / 3 * np.pi * 6**3, rel=0.1)
    assert estimated_pairs(positions, np.diag([40.0, 1e-3, 1e-3]), 6.0) == np.inf


@pytest.mark.parametrize("message", ["none", "M+Ar+Bchi"])
def test_a_model_too_large_for_the_memory_is_refused(message, monkeypatch):
    model, water = random_model(message), Atoms("OH2", [[0, 0, 0], [0.96, 0, 0], [0, 0.96, 0]])
    predict(model, water)
    monkeypatch.setattr(room, "NOT_WORTH_ASKING", 0)
    monkeypatch.setattr(room, "free_bytes", lambda: 5000)
    with pytest.raises(
        RoomError, match=r"^the model for this structure \(3 atoms, 2 neighbours each within 3\.2 Å\) w"
    ):
        predict(model, water)


def test_a_training_too_large_for_the_memory_is_refused(monkeypatch):
    model, water = random_model(), Atoms("OH2", [[0, 0, 0], [0.96, 0, 0], [0, 0.96, 0]])
    monkeypatch.setattr(room, "NOT_WORTH_ASKING", 0)
    monkeypatch.setattr(room, "free_bytes", lambda: 100)
    frames = [Labelled(atoms=water, energy=0.0, forces=np.zeros((3, 3)))]
    with pytest.raises(RoomError, match=r"^the Coulomb sum of a frame of 3 atoms, .* would take"):
        frame_set_for(model, frames)
    monkeypatch.setattr(room, "free_bytes", lambda: 5000)
    training_set = frame_set_for(model, frames)
    config = config_from_dict({"data": {"train": ["x"]}})
    with pytest.raises(
        RoomError, match=r"^a batch of 3 atoms \(\d neighbours each\) would take .*: lower training.atoms"
    ):
        Trainer(config, model, training_set, training_set)


def test_frames_that_do_not_fit_together_are_predicted_apart(monkeypatch):
    model, water = random_model(), Atoms("OH2", [[0, 0, 0], [0.96, 0, 0], [0, 0.96, 0]])
    frames = [water] * 5
    expected = [found.energy for found in predict(model, frames)]
    monkeypatch.setattr(room, "NOT_WORTH_ASKING", 0)
    one = bytes_needed(model.config, 3, 6, derivatives=True)
    monkeypatch.setattr(room, "free_bytes", lambda: 2.5 * one)
    assert [found.energy for found in predict(model, frames)] == pytest.approx(expected, abs=1e-12)


@pytest.fixture
def card(monkeypatch):
    """A model whose card is full from so many atoms on: torch says so where the pulls on the edges are made."""

    def full_from(n_atoms):
        def pulls(self):
            if self.system.n_atoms >= n_atoms:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            return whole(self)

        whole = Evaluation.pulls
        monkeypatch.setattr(Evaluation, "pulls", pulls)

    return full_from


def test_a_card_that_is_full_is_told_in_one_sentence(card):
    model, water = random_model(), Atoms("OH2", [[0, 0, 0], [0.96, 0, 0], [0, 0.96, 0]])
    expected = predict(model, water).energy
    card(7)
    assert [found.energy for found in predict(model, [water] * 5)] == pytest.approx([expected] * 5, abs=1e-12)
    card(3)
    sentence = r"^the memory of the graphics card is full: choose a smaller structure, or .*cpu'?$"
    with pytest.raises(RoomError, match=sentence):
        predict(model, water)
    water.calc = LESCalculator(model)
    with pytest.raises(RoomError, match=sentence):
        water.get_forces()
