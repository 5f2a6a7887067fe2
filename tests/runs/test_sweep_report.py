"""The analysis of a sweep: means over seeds, opposite fields put together, broken runs left out with their reason."""

import json
import shutil

import numpy as np
import pytest

from les_viz.cli.main import main
from les_viz.errors import SettingError
from les_viz.runs.execution import execute
from les_viz.runs.report import report_of
from les_viz.runs.results import load_results
from les_viz.runs.setup import create_run
from les_viz.runs.sweep import sweep_of
from les_viz.runs.sweep_report import report_of_sweep, runs_of_sweep


@pytest.fixture(scope="module")
def folder(tables, tmp_path_factory):
    """Two fields, two seeds; a third seed has no frames yet."""
    folder = tmp_path_factory.mktemp("sweep")
    content = tables(field={"shape": "constant", "amplitude_V_per_A": 0.1}, steps=60, every=1, timestep_fs=0.1)
    sweep = sweep_of(content | {"sweep": {"amplitudes_V_per_A": [-0.1, 0.1], "seeds": [1, 2]}})
    for name, config in sweep.runs.items():
        create_run(config, folder / name)
        execute(folder / name, resume=False)
    create_run(next(iter(sweep.runs.values())), folder / "E+0.1_T300_s3")
    return folder


def test_runs_are_put_together_by_seed_and_by_field(folder):
    found = report_of_sweep(runs_of_sweep(folder))
    assert set(found.reports) == {"E-0.1_T300", "E+0.1_T300"}
    assert set(found.left_out) == {"E+0.1_T300_s3"}
    single = [report_of(load_results(folder / f"E+0.1_T300_s{seed}")).numbers["temperature"] for seed in (1, 2)]
    together = found.reports["E+0.1_T300"].numbers
    assert together["temperature"]["value"] == pytest.approx(sum(number["value"] for number in single) / 2)
    assert together["dielectric_constant_from_fields"]["error"] > 0
    curve = found.reports["E+0.1_T300"].tables["dielectric_fields_running"]
    assert curve["time_fs"][-1] == pytest.approx(6.0)
    assert curve["dielectric_constant"][-1] == pytest.approx(together["dielectric_constant_from_fields"]["value"])
    assert np.diff(curve["time_fs"])[:-1] == pytest.approx(0.6)  # a whole number of blocks before the end
    assert (curve["dielectric_constant_error"] >= 0).all()
    assert "dielectric_constant_from_fields" not in found.reports["E-0.1_T300"].numbers


def test_command(folder, tmp_path, capsys):
    assert main(["analyse", str(folder), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "E+0.1_T300:\n" in printed
    assert "dielectric constant from fields: " in printed
    assert "without run E+0.1_T300_s3: " in printed
    report = json.loads((tmp_path / "E-0.1_T300" / "report.json").read_text())
    assert report["notes"][0] == "mean of 2 runs, errors from their spread"
    assert (tmp_path / "E+0.1_T300" / "infrared.csv").is_file()
    assert (tmp_path / "E+0.1_T300" / "dielectric_fields_running.csv").is_file()
    assert "polarization against field, -0.1 V/Å: " in printed
    rows = (tmp_path / "T300_against_field" / "polarization_against_field.csv").read_text().splitlines()
    assert rows[0] == "field_V_per_A,polarization_change_e_per_A2,polarization_change_e_per_A2_error"
    assert [row.split(",")[0] for row in rows[1:]] == ["-0.1", "0.1"]
    assert "<h2>dielectric fields running</h2>" in (tmp_path / "figures.html").read_text()
    assert "E-0.1_T300: mean of 2 runs" in (tmp_path / "figures.html").read_text()


def test_a_run_is_no_sweep_and_nothing_is_refused(folder, tmp_path):
    assert runs_of_sweep(folder / "E+0.1_T300_s1") == []
    with pytest.raises(SettingError, match="no run in this folder"):
        report_of_sweep(runs_of_sweep(tmp_path))


def test_opposite_fields_on_clusters_tell_no_dielectric_constant(tables, tmp_path):
    content = tables(pbc=False, field={"shape": "constant", "amplitude_V_per_A": 0.1}, steps=4, every=1)
    sweep = sweep_of(content | {"sweep": {"amplitudes_V_per_A": [-0.1, 0.1], "seeds": [1]}})
    for name, config in sweep.runs.items():
        create_run(config, tmp_path / name)
        execute(tmp_path / name, resume=False)
    found = report_of_sweep(runs_of_sweep(tmp_path))
    assert set(found.reports) == {"E-0.1_T300", "E+0.1_T300"}
    assert "dielectric_constant_from_fields" not in found.reports["E+0.1_T300"].numbers


@pytest.mark.parametrize(
    ("name", "content"),
    [("trajectory.h5", b"junk"), ("run.json", b"{}"), ("start.npz", b""), ("thermo.jsonl", b"NaN\n")],
)
def test_a_damaged_run_is_left_out(folder, tmp_path, name, content):
    for run in folder.glob("E*0.1_T300_s[12]"):
        shutil.copytree(run, tmp_path / run.name)
    (tmp_path / "E+0.1_T300_s1" / name).write_bytes(content)
    found = report_of_sweep(runs_of_sweep(tmp_path))
    assert set(found.left_out) == {"E+0.1_T300_s1"}
    assert set(found.reports) == {"E-0.1_T300", "E+0.1_T300"}
