"""`les-viz benchmark`: runs suites, prints their tables, keeps the numbers with the machine they were taken on."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from les_viz.benchmark.timing import machine
from les_viz.errors import SettingError

SUITES = ("accuracy", "ewald", "md", "model", "open_boundary", "response", "startup", "train")


def run(names: Sequence[str] = (), *, quick: bool = False, json_path: str | Path | None = None) -> dict[str, object]:
    """Run suites one after the other and print a table of each.

    Args:
        names: of `SUITES`; all of them if empty.
        quick: small sizes and few repeats.
        json_path: where the numbers go; a folder gets a file named by the processor.

    Returns:
        The numbers by suite, and the machine.

    Raises:
        SettingError: an unknown suite.
    """
    for name in names:
        if name not in SUITES:
            raise SettingError(f"there is no benchmark {name!r}: choose from {', '.join(SUITES)}")
    numbers: dict[str, object] = {"machine": machine(), "date": datetime.now(UTC).date().isoformat(), "quick": quick}
    print("  ".join(f"{key}: {value}" for key, value in machine().items()))
    for name in names or SUITES:
        suite = import_module(f"les_viz.benchmark.{name}")
        print(f"\n{name}\n")
        result = suite.measure(quick=quick)
        print(suite.table(result), flush=True)
        numbers[name] = result
    if json_path is not None:
        print(f"\nwritten: {_write(numbers, Path(json_path))}")
    return numbers


def _write(numbers: dict[str, object], path: Path) -> Path:
    target = path / f"{_file_name()}.json" if path.is_dir() else path
    target.write_text(json.dumps(numbers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return target


def _file_name() -> str:
    """The processor and its cores, as a file name."""
    here = machine()
    return re.sub(r"[^a-z0-9]+", "-", f"{here['processor']} {here['cores']} cores".lower()).strip("-")
