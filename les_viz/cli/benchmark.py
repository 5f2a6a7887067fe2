"""`les-viz benchmark`: speed on this machine."""

from argparse import Namespace
from pathlib import Path

from les_viz.benchmark.main import run as run_benchmarks
from les_viz.cli.parser import BENCHMARKS, nearest
from les_viz.errors import SettingError


def run(options: Namespace) -> None:
    """Run the benchmarks that were named, or all.

    Args:
        options: names, json, quick.

    Raises:
        SettingError: there is no such benchmark.
    """
    for name in options.names:
        if name not in BENCHMARKS:
            raise SettingError(f"benchmark {name[:40]!r} is not known{nearest(name, BENCHMARKS)}")
    names = list(options.names) or list(BENCHMARKS)
    run_benchmarks(names, quick=options.quick, json_path=Path(options.json) if options.json else None)
