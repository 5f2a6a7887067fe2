"""The figures of liquid water from molecular dynamics: infrared spectrum, dielectric response; not part of CI.

    python benchmarks/water_spectra.py runs --out OUT --ps 20 --seeds 4     # many hours; go on with the same command
    python benchmarks/water_spectra.py runs --out OUT --only field --ps 10  # one of the two sweeps
    python benchmarks/water_spectra.py figures --out OUT                    # with whatever there is by now
    python benchmarks/water_spectra.py record --out OUT                     # the recorded run of the page Spectra

`runs` makes two sweeps by `les-viz sweep`: OUT/free (no field) and OUT/field (±0.02 V/Å). `figures` writes
OUT/water.html, OUT/infrared.csv and OUT/peaks.csv; the first picoseconds are left out.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

from les_viz.analysis.literature import WATER_BANDS, WATER_DIELECTRIC_CONSTANT
from les_viz.analysis.spectra import peak_between
from les_viz.errors import LesVizError
from les_viz.plots.document import document
from les_viz.plots.run_figures import Look, figures_of, spectrum_of, subjects_of
from les_viz.runs.averages import dielectric_of_fields, mean_of
from les_viz.runs.directory import RunDirectory
from les_viz.runs.report import Report, report_of
from les_viz.runs.report_files import csv_of, report_to_json
from les_viz.runs.results import RunResults, load_results
from les_viz.runs.states import State, read_status

TEMPERATURE = 300.0
STRENGTH = 0.02
SMOOTHING = 20.0
RECORDED = Path(__file__).resolve().parents[1] / "les_viz" / "ui" / "spectra" / "recorded.json"
HIGHEST = 4300.0

CONFIG = """[structure]
sample = "water"
[model]
name = "water"
dtype = "float32"
[dynamics]
ensemble = "bussi"
thermostat_time_fs = 500.0
timestep_fs = 0.5
steps = {steps}
temperature_K = {temperature}
[output]
every = 4
checkpoint_s = 120.0
{field}[sweep]
seeds = {seeds}
at_once = {at_once}
"""

FIELD = """[field]
shape = "constant"
direction = [0, 0, 1]
"""


def runs(options: argparse.Namespace) -> None:
    """Make or continue the sweeps."""
    for name, field, extra in (
        ("free", "", ""),
        ("field", FIELD, f"amplitudes_V_per_A = [{-STRENGTH}, {STRENGTH}]\n"),
    ):
        if options.only not in ("", name):
            continue
        folder = options.out / name
        folder.parent.mkdir(parents=True, exist_ok=True)
        config = options.out / f"{name}.toml"
        text = CONFIG.format(
            steps=round(options.ps * 2000),
            temperature=TEMPERATURE,
            field=field,
            seeds=list(range(1, options.seeds + 1)),
            at_once=options.at_once,
        )
        config.write_text(text + extra, encoding="utf-8")
        command = [sys.executable, "-m", "les_viz.cli.main", "sweep", str(config), "--out", str(folder)]
        subprocess.run(command, check=True)


def figures(options: argparse.Namespace) -> None:
    """Write what the runs say by now."""
    free = _results(options.out / "free", options.skip_ps)
    if not free:
        raise SystemExit(f"{options.out}/free holds no run with frames after {options.skip_ps} ps")
    reports = {name: report_of(results) for name, results in free.items()}
    report = mean_of(list(reports.values())) if len(reports) > 1 else next(iter(reports.values()))
    length = sum(results.interval_fs * len(results.positions) for results in free.values()) / 1000
    label = f"64 H2O, model water, {TEMPERATURE:g} K, {len(free)} run(s), {length:.1f} ps"
    drawn = figures_of(subjects_of({label: report}), Look(smoothing_per_cm=SMOOTHING))
    notes = [label, *report.notes, *_dielectric_notes(options), f"measured ε: {WATER_DIELECTRIC_CONSTANT} at 25 °C"]
    (options.out / "water.html").write_text(document("Liquid water", drawn, notes), encoding="utf-8")
    (options.out / "infrared.csv").write_text(csv_of(report.tables["infrared"]), encoding="utf-8")
    peaks = _peaks(report)
    (options.out / "peaks.csv").write_text(peaks, encoding="utf-8")
    print(label, *notes, peaks, sep="\n")


def record(options: argparse.Namespace) -> None:
    """Keep the report of the first run, short enough to be bundled, with where it comes from."""
    name, results = next(iter(_results(options.out / "free", options.skip_ps).items()))
    report = report_of(results)
    described = results.described
    del report.tables["thermo"]
    for table in report.tables.values():
        _shorten(table)
    first, last = results.thermo["time_fs"][[0, -1]] / 1000
    report.notes.append(
        f"recorded run {name}: {described['structure']['formula']} by the bundled model water, Bussi thermostat at "
        f"{results.config.dynamics.temperature_K:g} K, {results.config.dynamics.timestep_fs:g} fs a step in "
        f"{results.config.model.dtype}, {first:.2f} to {last:.2f} ps of a single run: enough to look at, not to cite"
    )
    report.notes.append(
        f"les_viz {described['versions']['les_viz']}, torch {described['versions']['torch']}, model "
        f"{described['model']['sha256'][:16]}, {described['created']}; made by benchmarks/water_spectra.py"
    )
    text = report_to_json(report, digits=5)
    RECORDED.write_text(text, encoding="utf-8")
    print(f"{RECORDED}: {len(text.encode())} bytes")


def _shorten(table: dict[str, np.ndarray]) -> None:
    """Spectra up to where something is, other curves at 400 points at most."""
    first = next(iter(table))
    kept = np.arange(len(table[first]))
    if first == "wavenumber_per_cm":
        kept = kept[table[first] < HIGHEST]
    stride = max(1, len(kept) // 400)
    for column, values in table.items():
        table[column] = values[kept][::stride]


def _results(folder: Path, skip_ps: float) -> dict[str, RunResults]:
    """Of all runs with frames, but those that broke."""
    found = {}
    for run in sorted(path.parent for path in folder.glob("*/run.json")):
        status = read_status(RunDirectory(run))
        if status.state == State.FAILED:
            print(f"without {run.name}: {status.message}")
            continue
        try:
            found[run.name] = load_results(run, skip_fs=1000 * skip_ps)
        except LesVizError as caught:
            print(f"without {run.name}: {caught}")
    return found


def _peaks(report: Report) -> str:
    spectrum = spectrum_of(report.tables["infrared"], Look(smoothing_per_cm=SMOOTHING))
    lines = ["band,measured_per_cm,computed_per_cm"]
    for band in WATER_BANDS:
        peak = peak_between(spectrum, 0.8 * band.low, 1.15 * band.high)
        lines.append(f"{band.name},{band.peak:.0f},{'' if peak is None else f'{peak:.0f}'}")
    return "\n".join(lines) + "\n"


def _dielectric_notes(options: argparse.Namespace) -> list[str]:
    runs_in_field = _results(options.out / "field", options.skip_ps)
    notes = []
    for name, along in runs_in_field.items():
        against = runs_in_field.get(name.replace("E+", "E-"))
        if name.startswith("E+") and against is not None:
            found = dielectric_of_fields(along, against)
            notes.append(f"ε from ±{STRENGTH:g} V/Å, {name}: {found.value:.1f} ± {found.error:.1f}")
    return notes


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["runs", "figures", "record"])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", choices=["free", "field"], default="")
    parser.add_argument("--ps", type=float, default=20.0)
    parser.add_argument("--skip-ps", type=float, default=0.5)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--at-once", type=int, default=1)
    options = parser.parse_args()
    {"runs": runs, "figures": figures, "record": record}[options.what](options)


if __name__ == "__main__":
    main()
