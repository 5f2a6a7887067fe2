"""Runs as numbers, tables and files, by the command line and by functions."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest
from model_files import model_of_kind, write_model

import les_viz
from les_viz.cli.main import main
from les_viz.errors import SettingError
from les_viz.md.protocols import FieldProtocol
from les_viz.models.config import HeadConfig
from les_viz.runs import export
from les_viz.runs.averages import dielectric_of_fields
from les_viz.runs.config import run_config
from les_viz.runs.directory import RunDirectory
from les_viz.runs.execution import Watch, execute
from les_viz.runs.export import csv_text, script, write_extxyz, write_h5md
from les_viz.runs.report import report_of
from les_viz.runs.report_files import report_from_json, report_to_json
from les_viz.runs.results import load_results
from les_viz.runs.setup import create_run


@pytest.fixture(scope="module")
def run_folder(tables, tmp_path_factory):
    """Long enough for spectra: 130 frames, the field off."""
    folder = tmp_path_factory.mktemp("run") / "run"
    create_run(run_config(tables(steps=130, every=1, timestep_fs=0.1, checkpoint_s=1e9)), folder)
    execute(folder, resume=False)
    return folder


@pytest.fixture(scope="module")
def results(run_folder):
    return load_results(run_folder)


def rows_of(path):
    return list(csv.reader(path.read_text().splitlines()))


def test_tables_and_numbers(run_folder, tmp_path, capsys):
    assert main(["analyse", str(run_folder), "--out", str(tmp_path / "tables"), "--skip-fs", "1.0"]) == 0
    printed = capsys.readouterr().out
    assert "temperature: " in printed
    assert "charge sign −1, ε∞ 1.69" in printed
    report = json.loads((tmp_path / "tables" / "report.json").read_text())
    assert report["numbers"]["dielectric_constant"]["value"] >= 1.69
    assert set(report["left_out"]) == {"loop", "orientation"}
    for name in ("thermo", "infrared", "density_of_states", "distances_H_O", "displacements", "conductivity_running"):
        rows = rows_of(tmp_path / "tables" / f"{name}.csv")
        assert len(rows) > 10
        assert np.isfinite(np.array(rows[1:], dtype=float)[:, :2]).all()
    times = np.array([row[1] for row in rows_of(tmp_path / "tables" / "thermo.csv")][1:], dtype=float)
    assert times[0] == 1.0
    page = (tmp_path / "tables" / "figures.html").read_text()
    assert page.count("<h2>") == 8
    assert "wavenumber (cm" in page
    assert "charge sign −1, ε∞ 1.69" in page or "charge sign \\u22121, \\u03b5\\u221e 1.69" in page
    outside = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(https?:[^"]*)"', page)
    assert outside == []


def test_reports_can_be_read_again(results):
    report = report_of(results)
    again = report_from_json(report_to_json(report))
    assert (again.numbers, again.notes, again.convention) == (report.numbers, report.notes, report.convention)
    assert again.tables.keys() == report.tables.keys()
    for name, table in report.tables.items():
        for column, values in table.items():
            assert np.array_equal(again.tables[name][column], values, equal_nan=True)
    assert len(report_to_json(report, digits=3)) < 0.7 * len(report_to_json(report))
    with pytest.raises(SettingError, match="this is no report"):
        report_from_json("{}")


def test_drift_of_the_report_is_the_slope(results):
    report = report_of(results)
    energy = results.thermo["conserved_energy_eV"]
    slope = np.polyfit(results.thermo["time_fs"], energy, 1)[0] * 1000 / 7
    assert report.numbers["conserved_energy_drift"]["value"] == pytest.approx(slope)


def test_exports(run_folder, results, tmp_path):
    write_extxyz(results, tmp_path / "run.extxyz")
    last = les_viz.read(tmp_path / "run.extxyz")
    assert last.positions == pytest.approx(results.positions[-1], abs=1e-7)
    assert last.arrays["latent_charges"] == pytest.approx(results.latent_charges[-1], abs=1e-7)
    rows = list(csv.DictReader(csv_text(RunDirectory(run_folder)).splitlines()))
    assert float(rows[-1]["conserved_energy_eV"]) == results.thermo["conserved_energy_eV"][-1]


H5MD_PARTS = {
    "position": ("positions", "Angstrom"),
    "velocity": ("velocities", "Angstrom fs-1"),
    "charge": ("latent_charges", "e"),
    "box/edges": ("cells", "Angstrom"),
}
"""Where each quantity of a run lies, and its unit."""


def test_h5md_holds_all_frames_with_units(results, tmp_path):
    write_h5md(results, tmp_path / "run.h5md")
    with h5py.File(tmp_path / "run.h5md") as file:
        assert file["h5md"].attrs["version"].tolist() == [1, 1]
        everyone = file["particles/all"]
        assert np.array_equal(everyone["species"], results.atomic_numbers)
        assert list(everyone["box"].attrs["boundary"]) == ["periodic"] * 3
        for name, (field, unit) in H5MD_PARTS.items():
            part = everyone[name]
            assert np.array_equal(part["value"], getattr(results, field)), name
            assert part["value"].attrs["unit"] == unit
            assert part["time"].attrs["unit"] == "fs"
            assert part["time"][-1] == pytest.approx(13.0)
            assert np.array_equal(part["step"], np.arange(131))
        seconds = np.array(everyone["position/time"])
        moved = np.diff(everyone["position/value"], axis=0)[60] / np.diff(seconds)[60]
        halfway = np.mean(everyone["velocity/value"][60:62], axis=0)
        np.testing.assert_allclose(moved, halfway, atol=0.02 * np.abs(halfway).max())


def test_mdanalysis_reads_h5md(results, tmp_path):
    universe = pytest.importorskip("MDAnalysis").Universe
    write_h5md(results, tmp_path / "run.h5md")
    read = universe.empty(len(results.atomic_numbers), trajectory=True)
    read.load_new(str(tmp_path / "run.h5md"))
    last = read.trajectory[-1]
    assert last.time == pytest.approx(0.013)  # its unit is the picosecond
    np.testing.assert_allclose(last.positions, results.positions[-1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(last.velocities, 1000 * results.velocities[-1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(last.dimensions[:3], np.linalg.norm(results.cells[-1], axis=1), rtol=1e-5)


@pytest.mark.parametrize("name", ["run.extxyz", "run.h5md", "run.H5", "run.csv", "run.py"])
def test_command_writes_the_same(run_folder, results, tmp_path, capsys, name):
    assert main(["export", str(run_folder), str(tmp_path / name)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / name}\n"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    made, expected = tmp_path / name, tmp_path / "expected"
    if name == "run.extxyz":
        write_extxyz(results, expected)
        assert made.read_bytes() == expected.read_bytes()
    elif name in ("run.h5md", "run.H5"):
        with h5py.File(made) as file:
            assert np.array_equal(file["particles/all/velocity/value"][:], results.velocities)
    else:
        write = csv_text if name == "run.csv" else script
        assert made.read_text() == write(RunDirectory(run_folder))


@pytest.mark.parametrize(
    ("run", "name", "message"),
    [
        (True, "run.xyz", "does not say by its ending what to write: did you mean '.extxyz'?"),
        (True, "run", "choose from .extxyz, .h5md, .h5, .csv, .py"),
        (True, "gone/run.csv", "is missing or not writable"),
        (False, "run.py", "holds no run"),
        (False, "run.h5md", "holds no run"),
    ],
)
def test_command_refuses_in_a_sentence(run_folder, tmp_path, capsys, run, name, message):
    folder = run_folder if run else tmp_path
    assert main(["export", str(folder), str(tmp_path / name)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_command_without_frames(tables, tmp_path, capsys):
    create_run(run_config(tables()), tmp_path / "run")
    for name in ("run.csv", "run.extxyz"):
        assert main(["export", str(tmp_path / "run"), str(tmp_path / name)]) == 2
        assert "yet: run it first" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full disk")
@pytest.mark.parametrize("name", ["run.extxyz", "run.h5md"])
def test_a_full_disk_leaves_nothing_behind(run_folder, tmp_path, capsys, monkeypatch, name):
    def full(results, path):
        path.write_bytes(b"half")
        with open("/dev/full", "wb") as stream:
            stream.write(b"x")

    monkeypatch.setattr(export, "write_extxyz", full)
    monkeypatch.setattr(export, "write_h5md", full)
    assert main(["export", str(run_folder), str(tmp_path / name)]) == 2
    assert "No space left on device): choose another place" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_script_runs_it_again(tables, tmp_path):
    create_run(run_config(tables(steps=4)), tmp_path / "run")
    execute(tmp_path / "run", resume=False)
    (tmp_path / "again.py").write_text(script(RunDirectory(tmp_path / "run")))
    subprocess.run([sys.executable, "again.py"], cwd=tmp_path, check=True)
    again = (tmp_path / "run_again" / "thermo.jsonl").read_bytes()
    assert again == (tmp_path / "run" / "thermo.jsonl").read_bytes()


def test_script_turns_the_field_as_it_was_turned(tables, tmp_path, monkeypatch):
    """A run that was steered, and stopped before its end."""
    create_run(run_config(tables(steps=9, every=1)), tmp_path / "run")
    changed = [None, None, replace(FieldProtocol(shape="constant"), amplitude_V_per_A=0.3), None, None, None]
    fields = iter(changed)
    watch = Watch(new_field=lambda: next(fields), should_stop=lambda: fields.__length_hint__() == 0)
    execute(tmp_path / "run", resume=False, watch=watch)
    text = script(RunDirectory(tmp_path / "run"))
    monkeypatch.chdir(tmp_path)
    exec(compile(text, "again.py", "exec"), {"__name__": "__main__"})
    lines = (tmp_path / "run" / "thermo.jsonl").read_text()
    assert (tmp_path / "run_again" / "thermo.jsonl").read_text() == lines
    felt = [json.loads(line)["electric_field_V_per_A"][2] for line in lines.splitlines()]
    assert felt == [0, 0, 0, 0.3, 0.3, 0.3]


def steered(content, folder, changes):
    """A run whose field is changed after some of its steps."""
    create_run(run_config(content), folder)
    fields = iter(range(10**6))
    execute(folder, resume=False, watch=Watch(new_field=lambda: changes.get(next(fields))))
    return load_results(folder)


def test_a_single_frame_has_no_displacements(tables, tmp_path):
    create_run(run_config(tables(steps=1, every=2)), tmp_path / "run")
    execute(tmp_path / "run", resume=False)
    report = report_of(load_results(tmp_path / "run"))
    assert "displacements" not in report.tables
    assert "the run has 1" in report.left_out["diffusion"]


def test_what_is_told_is_of_the_field_that_there_was(tables, tmp_path):
    """Not of the one that the run began with: off, and along z."""
    turned = FieldProtocol(shape="constant", amplitude_V_per_A=0.3, direction=(1.0, 0.0, 0.0))
    off = {"shape": "constant", "amplitude_V_per_A": 0.0}
    found = steered(tables(steps=130, every=1, timestep_fs=0.1, field=off), tmp_path / "run", {40: turned})
    assert found.protocol == turned
    assert found.field[[40, 41]] == pytest.approx([0.0, 0.3])
    report = report_of(found)
    assert {"infrared", "dielectric", "conductivity", "loop"} <= set(report.left_out)
    assert "drives the current" in report.left_out["infrared"]
    assert "no field" not in report.left_out.get("orientation", "")
    rested = report_of(load_results(tmp_path / "run", skip_fs=4.1))
    assert "infrared" not in rested.left_out
    with pytest.raises(SettingError, match="changed while it moved"):
        dielectric_of_fields(found, found)


def test_a_loop_begins_with_its_field(tables, tmp_path):
    """Whether that begins late, or was asked for while the run moved."""
    loop = {"shape": "sine", "amplitude_V_per_A": 0.2, "start_fs": 1.5, "period_fs": 2.05}
    create_run(run_config(tables(steps=100, every=1, timestep_fs=0.1, field=loop)), tmp_path / "late")
    execute(tmp_path / "late", resume=False)
    late = load_results(tmp_path / "late")
    asked = steered(tables(steps=100, every=1, timestep_fs=0.1), tmp_path / "asked", {15: FieldProtocol(**loop)})
    for results in (late, asked):
        field = report_of(results).tables["loop"]["field_V_per_A"]
        assert np.ptp(field) == pytest.approx(0.4, rel=0.02)


def test_no_run(tmp_path, capsys):
    assert main(["analyse", str(tmp_path)]) == 2
    assert "holds no run" in capsys.readouterr().err


def test_skip_everything(run_folder, capsys):
    assert main(["analyse", str(run_folder), "--skip-fs", "1000"]) == 2
    assert "skip less than 1000 fs" in capsys.readouterr().err


@pytest.mark.parametrize(
    "changes", [{"charge_head": None, "electrostatics": None}, {"charge_head": HeadConfig(n_out=4, hidden=(5,))}]
)
def test_a_model_without_one_polarisation_is_analysed(tables, tmp_path, changes):
    """Four output lines: as many as a vector has parts would have passed by luck."""
    content = tables(steps=3, every=1)
    content["model"]["name"] = str(write_model(tmp_path / "model.safetensors", model_of_kind("atomic", **changes)))
    create_run(run_config(content), tmp_path / "run")
    execute(tmp_path / "run", resume=False)
    assert main(["analyse", str(tmp_path / "run")]) == 0
