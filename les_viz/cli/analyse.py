"""`les-viz analyse`: numbers and tables of a run."""

import csv
import io
import json
from argparse import Namespace
from pathlib import Path

from les_viz.cli.output import write_text
from les_viz.errors import SettingError
from les_viz.runs.report import Report, Table, report_of
from les_viz.runs.results import load_results


def run(options: Namespace) -> None:
    """Analyse a run: one .csv a table, report.json, and the numbers on standard output.

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
        write_text(str(target / f"{name}.csv"), _csv(table))
    content = {"numbers": report.numbers, "notes": report.notes, "left_out": report.left_out}
    write_text(str(target / "report.json"), json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    _print(report, target)


def _csv(table: Table) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))
    return stream.getvalue()


def _print(report: Report, target: Path) -> None:
    for name, number in report.numbers.items():
        error = "" if number["error"] is None else f" ± {number['error']:.2g}"
        unit = "" if number["unit"] == "1" else f" {number['unit']}"
        print(f"{name.replace('_', ' ')}: {number['value']:.5g}{error}{unit}")
    for note in report.notes:
        print(f"note: {note}")
    for name, reason in report.left_out.items():
        print(f"without {name.replace('_', ' ')}: {reason}")
    print(f"{len(report.tables)} tables: {target}")
