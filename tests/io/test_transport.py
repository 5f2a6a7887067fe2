"""Frames on their way between processes: exact, bounded, and without faith in the sender."""

import json

import ase
import numpy as np
import pytest
from ase.build import molecule

from les_viz.errors import StructureError
from les_viz.io.transport import pack, unpack


def test_every_bit_arrives():
    random = np.random.default_rng(0)
    atoms = ase.Atoms("HOF", random.normal(size=(3, 3)), cell=random.normal(size=(3, 3)), pbc=[True, False, True])
    atoms.arrays["words"] = np.array(["a", "bc", "å"])
    atoms.arrays["flags"] = np.array([True, False, True])
    atoms.info.update(scalar=np.float32(0.5), table=np.arange(6).reshape(2, 3), nested={"a": [1, "b", None]})
    (read,) = unpack(pack([atoms], [], "extxyz")).frames
    np.testing.assert_array_equal(read.positions, atoms.positions)
    np.testing.assert_array_equal(read.cell[:], atoms.cell[:])
    assert read.pbc.tolist() == [True, False, True]
    assert read.arrays["words"].tolist() == ["a", "bc", "å"]
    assert read.arrays["flags"].tolist() == [True, False, True]
    assert read.info["scalar"] == 0.5
    assert read.info["table"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read.info["nested"] == {"a": [1, "b", None]}


def test_what_cannot_travel_is_noted():
    atoms = molecule("H2O")
    atoms.info.update(thing=object(), bad=float("nan"))
    structures = unpack(pack([atoms], ["first"], "traj"))
    assert structures.frames[0].info == {}
    assert structures.format == "traj"
    assert structures.notes == (
        "first",
        "'bad' holds numbers that are not finite: left out",
        "'thing' is of a kind that is not read: left out",
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header["sizes"].update(f=10**12),
        lambda header: header["sizes"].update(f=-5),
        lambda header: header["frames"][0]["arrays"]["positions"].update(array=["f", 0, [10**9, 10**9]]),
        lambda header: header["frames"][0]["arrays"]["positions"].update(array=["f", -9, [3, 3]]),
        lambda header: header["frames"][0]["arrays"]["positions"].update(array=["f", 0, [-3, -3]]),
        lambda header: header["frames"][0]["arrays"].pop("numbers"),
        lambda header: header["frames"][0].update(results={"nonsense": {"value": 1}}),
        lambda header: header.update(frames=[7]),
        lambda header: header.pop("notes"),
    ],
)
def test_a_damaged_answer_is_an_error(change):
    payload = pack([molecule("H2O")], [], "extxyz")
    length = int.from_bytes(payload[:8], "little")
    header = json.loads(payload[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    with pytest.raises(StructureError, match="the reader returned damaged data"):
        unpack(len(text).to_bytes(8, "little") + text + payload[8 + length :])


@pytest.mark.parametrize("payload", [b"", b"x", b"\xff" * 8, b"\xff" * 100])
def test_noise_is_an_error(payload):
    with pytest.raises(StructureError, match="the reader returned damaged data"):
        unpack(payload)


def test_texts_of_a_sender_are_not_lengthened_without_end():
    atoms = ase.Atoms("H" * 1000, np.arange(3000.0).reshape(-1, 3))
    atoms.arrays["words"] = np.array(["a"] * 1000)
    payload = pack([atoms], [], "extxyz")
    size = int.from_bytes(payload[:8], "little")
    header = json.loads(payload[8 : 8 + size])
    header["frames"][0]["arrays"]["words"]["text"][0] = "x" * 60_000
    text = json.dumps(header).encode()
    with pytest.raises(StructureError, match="damaged data"):
        unpack(len(text).to_bytes(8, "little") + text + payload[8 + size :])
