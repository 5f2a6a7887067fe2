"""`les-viz predict`: what it writes is what the library computes."""

import json

import numpy as np
import pytest

import les_viz as package
from les_viz.response.prediction import UNITS


def test_one_frame_is_an_object_with_units_and_scale(les_viz, model_file, molecule_file, tmp_path):
    out = tmp_path / "out.json"
    names = ["energy", "forces", "latent_charges", "dipole", "born_effective_charges"]
    quantities = ", ".join(names)
    status, printed, err = les_viz(
        "predict", molecule_file, "--model", model_file, "--quantities", quantities, "--out", out
    )
    assert (status, printed, err) == (0, "", "")
    result = json.loads(out.read_text())
    model = package.load_model(model_file)
    expected = package.predict(model, package.read(molecule_file), quantities=names)
    assert list(result)[:3] == ["units", "model", "charge_scale"]
    assert result["charge_scale"] == pytest.approx(-1.3)
    assert result["energy"] == expected.energy
    assert result["short_range_energy"] + result["long_range_energy"] == pytest.approx(result["energy"])
    for name in ("forces", "latent_charges", "dipole", "born_effective_charges", "positions"):
        np.testing.assert_array_equal(result[name], getattr(expected, name))
    assert result["units"]["forces"] == UNITS["forces"]
    assert set(result["units"]) <= set(result)
    assert result["model"]["source"] == str(model_file)
    assert result["model"]["provenance"] == {"licence": "none"}
    assert result["pbc"] is False
    assert result["bec_method"] == "local"
    assert "stress" not in result
    assert not (tmp_path / "out.json.part").exists()


def test_several_frames_are_a_list_and_standard_output_the_default(les_viz, model_file, crystal_file):
    arguments = ("predict", crystal_file, "--model", model_file, "--quantities", "energy,stress")
    status, out, _ = les_viz(*arguments, "--index", "1:")
    assert status == 0
    results = json.loads(out)
    assert len(results) == 2
    assert np.shape(results[0]["stress"]) == (3, 3)
    assert len(json.loads(les_viz(*arguments, "--index", "::9")[1])) == 1
    every = json.loads(les_viz(*arguments)[1])
    assert len(every) == 3
    np.testing.assert_allclose(every[1]["forces"], results[0]["forces"], atol=1e-12)
    from_the_end = json.loads(les_viz(*arguments, "--index", "-2:")[1])
    assert from_the_end == results
    last = json.loads(les_viz(*arguments, "--index", "-1")[1])
    assert last.keys() == results[1].keys()
    np.testing.assert_allclose(last["forces"], results[1]["forces"], atol=1e-12)


def test_warnings_are_lines_of_standard_error_and_part_of_the_result(les_viz, model_file, crystal_file, tmp_path):
    crystal_file.write_text(crystal_file.read_text().replace("Lattice", "energy=nan Lattice"))
    arguments = ("predict", crystal_file, "--model", model_file, "--index", ":")
    status, out, err = les_viz(*arguments)
    assert status == 0
    lines = err.strip().split("\n")
    assert lines[0] == "les-viz: warning: 'energy' holds numbers that are not finite in 3 of 3 frames: left out"
    assert any("background" in line for line in lines[1:])
    assert all(line.startswith("les-viz: warning: ") for line in lines)
    assert len(set(lines)) == len(lines)
    assert all(len(result["warnings"]) == 2 for result in json.loads(out))


def test_precision_method_and_boundary_are_passed_on(les_viz, model_file, crystal_file):
    base = ("predict", crystal_file, "--model", model_file, "--quantities", "born_effective_charges", "--index", "0")
    double = json.loads(les_viz(*base)[1])
    single = json.loads(les_viz(*base, "--dtype", "float32")[1])
    wrapped = json.loads(les_viz(*base, "--bec-method", "wrapped")[1])
    molecule = json.loads(les_viz(*base, "--boundary", "open")[1])
    assert single["model"]["dtype"] == "float32"
    assert single["energy"] == pytest.approx(double["energy"], rel=1e-4)
    assert single["energy"] != double["energy"]
    assert wrapped["bec_method"] == "wrapped"
    assert not np.allclose(wrapped["born_effective_charges"], double["born_effective_charges"], atol=1e-6)
    assert (double["pbc"], molecule["pbc"]) == (True, False)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (["--quantities", "force"], "quantity 'force' is not known: did you mean 'forces'?"),
        (["--quantities", ","], "--quantities names nothing: choose from energy, forces"),
        (["--index", "5"], "cell.extxyz: frame 5 was asked for, but the file holds 3"),
        (["--index", "x"], "index 'x' is no frame number"),
        (["--format", "cif"], "named as CIF, but its content is in XYZ format"),
        (["--out", "/no/such/folder/out.json"], "cannot write /no/such/folder/out.json: the folder"),
        (["--out", "/"], "cannot write /: it is a folder"),
        (["--out", ""], "the file to write has no name"),
        (["--out", "x" * 300], "(File name too long): choose another place"),
        (["--model", "no-such-model"], "there is no sample model and no file 'no-such-model'"),
        (["--device", "cuda:77"], "device 'cuda:77' is not available here"),
    ],
)
def test_bad_input(refused, model_file, crystal_file, change, expected):
    assert expected in refused("predict", crystal_file, "--model", model_file, *change)


def test_bad_structures(refused, model_file, tmp_path):
    path = tmp_path / "bad.xyz"
    path.write_text("1\n\nAu 0 0 0\n")
    assert "Au" in refused("predict", path, "--model", model_file)
    path.write_text('1\nLattice="9 0 0 0 9 0 0 0 9" pbc="T T F"\nO 0 0 0\n')
    assert "boundary" in refused("predict", path, "--model", model_file)
    path.write_text("100\n\nO 0 0 0\n")
    assert "bad.xyz: line 1 announces 100 atoms" in refused("predict", path, "--model", model_file)
    assert "missing.xyz: there is no such file" in refused("predict", tmp_path / "missing.xyz", "--model", model_file)


def test_a_prediction_that_is_not_finite_is_not_written(refused, model_file, molecule_file, monkeypatch):
    import dataclasses

    import les_viz.response.predict as facade

    real = facade.predict
    broken = lambda *a, **k: [dataclasses.replace(p, energy=float("nan")) for p in real(*a, **k)]  # noqa: E731
    monkeypatch.setattr(facade, "predict", broken)
    assert "not finite" in refused("predict", molecule_file, "--model", model_file)


@pytest.mark.shared
def test_a_published_checkpoint(les_viz, shared):
    water = shared / "data" / "water_pbe0" / "val.extxyz.gz"
    status, out, _ = les_viz("predict", water, "--index", "-1", "--model", shared / "published" / "water_v4.pth")
    result = json.loads(out)
    charges, elements = np.array(result["latent_charges"]), np.array(result["atomic_numbers"])
    assert status == 0
    assert np.shape(result["forces"]) == (192, 3)
    assert charges[elements == 8].mean() * charges[elements == 1].mean() < 0
