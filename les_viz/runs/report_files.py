"""A report as text: JSON that can be read again, and tables as CSV."""

import csv
import io
import json
from typing import Any

import numpy as np

from les_viz.errors import SettingError
from les_viz.runs.report import Report, Table

FORMAT = "les_viz report 1"


def csv_of(table: Table) -> str:
    """A table; the first line holds the names with their units."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))
    return stream.getvalue()


def numbers_json(report: Report) -> str:
    """Everything but the tables."""
    return json.dumps(_head(report), ensure_ascii=False, indent=1) + "\n"


def report_to_json(report: Report, *, digits: int = 17) -> str:
    """Everything, tables included; fewer digits make a smaller file.

    Args:
        report: what to write; numbers that are not finite become null.
        digits: significant ones.
    """
    tables = {
        name: {column: [_short(value, digits) for value in values.tolist()] for column, values in table.items()}
        for name, table in report.tables.items()
    }
    return json.dumps({"format": FORMAT, **_head(report), "tables": tables}, ensure_ascii=False) + "\n"


def report_from_json(text: str) -> Report:
    """What `report_to_json` wrote.

    Raises:
        SettingError: it is no such text.
    """
    content = json.loads(text)
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise SettingError(f"this is no report of les_viz: expected JSON with format '{FORMAT}'")
    tables = content.pop("tables")
    return Report(
        **content,
        tables={
            name: {column: np.array(values, dtype=float) for column, values in table.items()}
            for name, table in tables.items()
        },
    )


def _head(report: Report) -> dict[str, Any]:
    return {
        "numbers": report.numbers,
        "notes": report.notes,
        "left_out": report.left_out,
        "convention": report.convention,
    }


def _short(value: float, digits: int) -> float | None:
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None
