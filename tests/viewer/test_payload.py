import json
import re
import struct
from dataclasses import replace

import numpy as np
import pytest

from les_viz.viewer.layers import Arrows, Slice, Tensors, Volume
from les_viz.viewer.payload import pack_grid, pack_scene
from les_viz.viewer.scene import SCENE_VERSION, Coloring, Look, Scene


def scene(**change):
    plain = {
        "atomic_numbers": np.array([8, 1, 1]),
        "positions": np.arange(9.0).reshape(3, 3),
        "cell": 9 * np.eye(3),
        "coloring": Coloring.of("latent charge", "e", np.array([-0.8, 0.4, 0.4])),
    }
    return Scene(**(plain | change))


def header_of(payload):
    (length,) = struct.unpack_from("<I", payload)
    return json.loads(payload[4 : 4 + length])


def test_header_and_arrays_can_be_taken_apart():
    payload = pack_scene(scene(selected=2))
    header = header_of(payload)
    assert (header["label"], header["unit"], header["limit"], header["selected"]) == ("latent charge", "e", 0.8, 2)
    assert [(s["number"], s["symbol"]) for s in header["species"]] == [(1, "H"), (8, "O")]
    base = -(-(4 + len(json.dumps(header).encode())) // 8) * 8
    values = np.frombuffer(payload, "<f4", 3, base + header["arrays"]["values"]["offset"])
    np.testing.assert_allclose(values, [-0.8, 0.4, 0.4], rtol=1e-6)
    assert all(meta["offset"] % 8 == 0 for meta in header["arrays"].values())


def full_scene():
    arrows = Arrows.of("force", "eV/Å", np.zeros((3, 3)), np.ones((3, 3)), atoms=np.arange(3))
    volume = Volume.of("potential", "V", np.arange(24.0).reshape(2, 3, 4), np.eye(3))
    volume = replace(volume, slice=Slice(axis=1, position=0.5))
    tensors = Tensors.of("Z", "e", np.ones((3, 3, 3)), atoms=[2])
    return scene(arrows=(arrows,), tensors=tensors, volume=volume, look=Look(), selection=(1, 2))


def keys_in(source, name):
    """The keys that TypeScript lists in a constant, or as members of an interface."""
    found = re.search(rf"{name} = \[(.*?)\]", source, re.DOTALL)
    if found is not None:
        return set(re.findall(r'"(\w+)"', found[1]))
    interface = re.search(rf"interface {name} \{{(.*?)\n\}}", source, re.DOTALL)
    return set(re.findall(r"^  (\w+)\??:", interface[1], re.MULTILINE))


def test_python_writes_the_keys_that_the_viewer_reads(repository):
    source = (repository / "les_viz/viewer/js/src/scene.ts").read_text(encoding="utf-8")
    header = header_of(pack_scene(full_scene()))
    assert f"SCENE_VERSION = {SCENE_VERSION};" in source
    assert keys_in(source, "HEADER_KEYS") == set(header)
    assert keys_in(source, "Look") == set(header["look"])
    assert keys_in(source, "ArrowHeader") == set(header["arrows"][0])
    assert keys_in(source, "TensorHeader") == set(header["tensors"])
    assert keys_in(source, "VolumeHeader") == set(header["volume"])
    plane = (repository / "les_viz/viewer/js/src/slice.ts").read_text(encoding="utf-8")
    assert keys_in(plane, "Plane") == set(header["volume"]["slice"])


def test_every_array_has_the_name_that_the_viewer_asks_for(repository):
    codec = (repository / "les_viz/viewer/js/src/codec.ts").read_text(encoding="utf-8")
    asked = {name.replace("${i}", "0") for name in re.findall(r"box\.\w+\([\"`]([\w.${}]+)[\"`]\)", codec)}
    assert asked == set(header_of(pack_scene(full_scene()))["arrays"])


def test_the_values_of_a_grid_travel_apart_from_the_scene_and_are_named_by_it():
    full = full_scene()
    moved = replace(full, volume=replace(full.volume, slice=Slice(axis=1, position=0.6), isovalue=1.0))
    grid = header_of(pack_grid("bench", full.volume))
    for shown in (full, moved):
        header = header_of(pack_scene(shown, is_whole=False))
        assert "volume.values" not in header["arrays"]
        assert header["volume"]["grid"] == grid["grid"]
    assert pack_grid("bench", full.volume) == pack_grid("bench", moved.volume)
    assert grid["arrays"]["volume.values"]["shape"] == [2, 3, 4]


def test_equal_scenes_have_equal_digests_and_others_do_not():
    digests = [
        header_of(pack_scene(s))["digest"]
        for s in (scene(), scene(), scene(selected=1), scene(cell=None), scene(positions=np.ones((3, 3))))
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


@pytest.mark.parametrize("n_atoms", [192, 3000])
def test_a_frame_is_small(n_atoms):
    big = scene(
        atomic_numbers=np.ones(n_atoms, dtype=int),
        positions=np.zeros((n_atoms, 3)),
        coloring=Coloring.of("q", "e", np.ones(n_atoms)),
    )
    assert len(pack_scene(big)) < 17 * n_atoms + 1000
