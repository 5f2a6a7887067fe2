"""`les-viz analyse`: numbers, tables and figures of a run."""

from argparse import Namespace
from pathlib import Path

from les_viz.cli.output import write_text
from les_viz.errors import SettingError
from les_viz.runs.report import Report, report_of
from les_viz.runs.report_files import csv_of, numbers_json
from les_viz.runs.results import load_results


def run(options: Namespace) -> None:
    """Analyse a run: one .csv a table, report.json, figures.html, and the numbers on standard output.

    Args:
        options: run, out, skip_fs.

    Raises:
        SettingError: there is no run, or the tables cannot be written.
    """
    folder = Path(options.run)
    report = report_of(load_results(folder, skip_fs=options.skip_fs))
    target = Path(options.out) if options.out else folder / "analysis"
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as caught:
        raise SettingError(f"cannot write {target} ({caught.strerror}): choose another folder with --out") from None
    for name, table in report.tables.items():
        write_text(str(target / f"{name}.csv"), csv_of(table))
    write_text(str(target / "report.json"), numbers_json(report))
    n_figures = _write_figures(report, folder.resolve().name, target)
    _print(report, target, n_figures)


def _write_figures(report: Report, name: str, target: Path) -> int:
    from les_viz.plots.document import document
    from les_viz.plots.run_figures import figures_of, subjects_of

    figures = figures_of(subjects_of({name: report}))
    titled = {key.replace("_", " "): figure for key, figure in figures.items()}
    write_text(str(target / "figures.html"), document(f"Run {name}", titled, report.notes))
    return len(figures)


def _print(report: Report, target: Path, n_figures: int) -> None:
    for name, number in report.numbers.items():
        error = "" if number["error"] is None else f" ± {number['error']:.2g}"
        unit = "" if number["unit"] == "1" else f" {number['unit']}"
        print(f"{name.replace('_', ' ')}: {number['value']:.5g}{error}{unit}")
    for note in report.notes:
        print(f"note: {note}")
    for name, reason in report.left_out.items():
        print(f"without {name.replace('_', ' ')}: {reason}")
    print(f"{len(report.tables)} tables, {n_figures} figures (figures.html): {target}")
