"""`les-viz benchmark`: speed on this machine."""

from argparse import Namespace
from pathlib import Path

from les_viz.benchmark.main import SUITES
from les_viz.benchmark.main import run as run_benchmarks
from les_viz.cli.output import check_target
from les_viz.cli.parser import nearest
from les_viz.errors import SettingError


def run(options: Namespace) -> None:
    """Run the benchmarks that were named, or all.

    Args:
        options: names, json, quick.

    Raises:
        SettingError: there is no such benchmark, or its result cannot be written.
    """
    for name in options.names:
        if name not in SUITES:
            raise SettingError(f"benchmark {name[:40]!r} is not known{nearest(name, SUITES)}")
    target = Path(options.json) if options.json else None
    if target is not None and not target.is_dir():
        check_target(options.json)
    run_benchmarks(options.names, quick=options.quick, json_path=target)
