import json
import re
import struct

import numpy as np
import pytest

from les_viz.viewer.payload import pack_scene
from les_viz.viewer.scene import SCENE_VERSION, Coloring, Scene


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


def test_python_writes_the_keys_that_the_viewer_reads(repository):
    source = (repository / "les_viz/viewer/js/src/scene.ts").read_text(encoding="utf-8")
    listed = re.search(r"HEADER_KEYS = \[(.*?)\]", source, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r'"(\w+)"', listed[1])) == set(header_of(pack_scene(scene())))
    assert f"SCENE_VERSION = {SCENE_VERSION};" in source


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
