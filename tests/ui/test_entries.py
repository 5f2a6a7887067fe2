"""Structures and models as the sidebar offers them."""

import pytest
from ase import Atoms
from small_bench import model_bytes, water, write_samples

from les_viz import resources
from les_viz.errors import LesVizError, ModelError, StructureError
from les_viz.ui import models, structures
from les_viz.ui.session import StructureEntry


def entry(*frames):
    return StructureEntry(key="k", label="l", frames=frames, notes=(), expression="")


def test_samples_are_what_lies_in_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "SAMPLE_MODELS", write_samples(tmp_path))
    labels = [structures.sample_label(path) for path in structures.sample_paths()]
    assert labels == ["water · liquid", "water · molecule"]
    assert structures.sample_label(tmp_path / "water" / "water_64.extxyz") == "water 64"
    assert models.names() == ["water"]


def test_a_structure_is_described_in_one_line():
    assert structures.describe(water()) == "H₄O₂, 6 atoms · cell 7.0 × 8.0 × 9.0 Å · periodic"
    skewed = Atoms("NaCl", [[0, 0, 0], [2, 2, 2]], cell=[4, 4, 5, 90, 60, 120], pbc=True)
    assert "cell 4.0 × 4.0 × 5.0 Å, 90.0°, 60.0°, 120.0° · periodic" in structures.describe(skewed)
    slab = water()
    slab.pbc = [True, False, True]
    assert structures.is_mixed(entry(slab), 0)
    assert structures.describe(slab).endswith("partly periodic")
    slab.pbc = False
    assert structures.describe(slab) == "H₄O₂, 6 atoms · open (not periodic)"


def test_the_digest_follows_what_a_model_sees():
    moved, renamed = water(1e-9), water()
    renamed.info["comment"] = "other"
    digests = [structures.digest(atoms) for atoms in (water(), moved, renamed)]
    assert digests[0] == digests[2] != digests[1]


def test_uploads_are_known_by_content_and_named_safely():
    data = model_bytes()
    one, other = models.read_upload("../../a\u202eb.safetensors", data), models.read_upload("c.safetensors", data)
    assert one.key == other.key
    assert "\u202e" not in one.label
    assert "/" not in one.label
    assert models.read_upload("c.safetensors", model_bytes(seed=4)).key != one.key


def test_a_model_says_what_it_knows():
    model = models.read_upload("c.safetensors", model_bytes()).model
    assert models.describe(model) == "knows H, O · cutoff 3 Å · charge width σ = 1 Å"
    assert models.unknown_elements(model, [8, 11, 17]) == "Na, Cl"
    assert models.unknown_elements(model, [1]) == ""


def test_uploads_have_limits_of_their_own():
    with pytest.raises(StructureError, match="50 MB"):
        structures.read_upload("big.xyz", b" " * 50_000_001)
    with pytest.raises(ModelError):
        models.read_upload("x.pth", b"\x80\x04.")


def test_limits_are_those_of_the_command_line(monkeypatch):
    atoms = b"3\n\n" + b"H 0 0 0\nH 0 0 1\nH 0 0 2\n"
    assert len(structures.read_upload("three.xyz", atoms).frames[0]) == 3
    monkeypatch.setenv("LES_VIZ_MAX_ATOMS", "2")
    with pytest.raises(StructureError, match="limit of 2"):
        structures.read_upload("three.xyz", atoms)
    monkeypatch.setenv("LES_VIZ_UPLOAD_MEGABYTES", "1")
    with pytest.raises(StructureError, match="1 MB"):
        structures.read_upload("big.xyz", b" " * 1_000_001)
    monkeypatch.setenv("LES_VIZ_MAX_ATOMS", "many")
    with pytest.raises(LesVizError, match="LES_VIZ_MAX_ATOMS is 'many': expected a whole number"):
        structures.read_upload("three.xyz", atoms)


def test_models_compute_where_the_command_line_says(monkeypatch):
    monkeypatch.setenv("LES_VIZ_DEVICE", "meta-physical")
    with pytest.raises(LesVizError, match="meta-physical"):
        models.read_upload("c.safetensors", model_bytes())
