"""`les-viz analyse`: numbers, tables and figures of a run, or of all runs of a sweep."""

from argparse import Namespace
from pathlib import Path

from les_viz.cli.output import write_text
from les_viz.errors import SettingError
from les_viz.runs.report import Report, report_of
from les_viz.runs.report_files import csv_of, numbers_json
from les_viz.runs.results import load_results
from les_viz.runs.sweep_report import report_of_sweep, runs_of_sweep


def run(options: Namespace) -> None:
    """Analyse a run: one .csv a table, report.json, figures.html, and the numbers on standard output.

    The folder of a sweep gives a folder for each field and temperature, means over the seeds, and one for each
    temperature with what several constant fields do, in one figures.html.

    Args:
        options: run, out, skip_fs.

    Raises:
        SettingError: there is no run, or the tables cannot be written.
    """
    folder = Path(options.run)
    target = Path(options.out) if options.out else folder / "analysis"
    name = folder.resolve().name
    if runs := runs_of_sweep(folder):
        found = report_of_sweep(runs, skip_fs=options.skip_fs)
        everything = {**found.reports, **found.against_field}
        for group, report in everything.items():
            _write_tables(report, target / group)
            print(f"{group}:")
            _print(report)
            _print_points(report)
        for run_name, reason in found.left_out.items():
            print(f"without run {run_name}: {reason}")
        n_figures = _write_figures(everything, f"Sweep {name}", target)
    else:
        report = report_of(load_results(folder, skip_fs=options.skip_fs))
        _write_tables(report, target)
        _print(report)
        n_figures = _write_figures({name: report}, f"Run {name}", target)
    print(f"tables and {n_figures} figures (figures.html): {target}")


def _write_tables(report: Report, target: Path) -> None:
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as caught:
        raise SettingError(f"cannot write {target} ({caught.strerror}): choose another folder with --out") from None
    for name, table in report.tables.items():
        write_text(str(target / f"{name}.csv"), csv_of(table))
    write_text(str(target / "report.json"), numbers_json(report))


def _write_figures(reports: dict[str, Report], title: str, target: Path) -> int:
    from les_viz.plots.document import document
    from les_viz.plots.run_figures import figures_of, subjects_of

    figures = figures_of(subjects_of(reports))
    titled = {key.replace("_", " "): figure for key, figure in figures.items()}
    write_text(str(target / "figures.html"), document(title, titled, _notes(reports)))
    return len(figures)


def _notes(reports: dict[str, Report]) -> list[str]:
    if len(reports) == 1:
        return next(iter(reports.values())).notes
    return [f"{name}: {note}" for name, report in reports.items() for note in report.notes]


def _print(report: Report) -> None:
    for name, number in report.numbers.items():
        error = "" if number["error"] is None else f" ± {number['error']:.2g}"
        unit = "" if number["unit"] == "1" else f" {number['unit']}"
        print(f"{name.replace('_', ' ')}: {number['value']:.5g}{error}{unit}")
    for note in report.notes:
        print(f"note: {note}")
    for name, reason in report.left_out.items():
        print(f"without {name.replace('_', ' ')}: {reason}")


def _print_points(report: Report) -> None:
    """The tables against the field, which have a line for each."""
    for name in ("orientation_against_field", "polarization_against_field"):
        for row in zip(*report.tables.get(name, {}).values(), strict=True):
            field, value, error, *free = row
            text = f"{name.replace('_', ' ')}, {field:+g} V/Å: {value:.4g}"
            text += f" ± {error:.2g}" if error == error else ""  # noqa: PLR0124 - no error is NaN
            text += f" (free dipoles: {free[0]:.4g})" if free else " e/Å²"
            print(text)
