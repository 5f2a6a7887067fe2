"""Lines of a growing file, read piece by piece, are those of the whole file."""

import json

import numpy as np

from les_viz.runs.tail import ThermoTail
from les_viz.runs.thermo import cut_after, read_columns


def line(step):
    return json.dumps({"step": step, "current": [step, 0.5, 1.0], "pressure": None}) + "\n"


def same(found, path):
    expected = read_columns(path)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)


def test_what_is_appended_and_cut_is_followed(tmp_path):
    path = tmp_path / "thermo.jsonl"
    tail = ThermoTail(path)
    assert tail.columns() == {}
    path.write_text(line(0) + line(1) + line(2)[:10])
    same(tail.columns(), path)
    with path.open("a") as stream:
        stream.write(line(2)[10:] + line(3))
    assert tail.columns()["step"].tolist() == [0, 1, 2, 3]
    cut_after(path, 1)
    with path.open("a") as stream:
        stream.write("".join(line(step) for step in range(2, 6)))
    same(tail.columns(), path)
    assert tail.columns()["current"].shape == (6, 3)
