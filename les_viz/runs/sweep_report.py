"""What a sweep says: one report for each field and temperature, the mean over its seeds, and ε of opposite fields."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from les_viz.analysis.blocks import Estimate, of_samples
from les_viz.errors import LesVizError, SettingError
from les_viz.runs.averages import dielectric_of_fields, mean_of
from les_viz.runs.directory import RunDirectory
from les_viz.runs.report import Report, report_of
from les_viz.runs.results import RunResults, load_results


@dataclass(slots=True)
class SweepReport:
    """The result.

    Attributes:
        reports: by field and temperature, as the folders are called, without the seed.
        left_out: runs that could not be read, and why.
    """

    reports: dict[str, Report] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def runs_of_sweep(folder: Path) -> list[Path]:
    """Folders of runs in a folder that is none itself."""
    if RunDirectory(folder).run.exists():
        return []
    return sorted(path.parent for path in folder.glob("*/run.json"))


def report_of_sweep(runs: list[Path], *, skip_fs: float = 0.0) -> SweepReport:
    """Analyse what there is by now.

    Args:
        runs: their folders, as `les-viz sweep` calls them.
        skip_fs: what to leave out at the start of each.

    Raises:
        SettingError: no run holds frames.
    """
    found = SweepReport()
    groups: dict[str, dict[str, RunResults]] = {}
    for run in runs:
        try:
            results = load_results(run, skip_fs=skip_fs)
        except LesVizError as caught:
            found.left_out[run.name] = str(caught)
            continue
        group, _, seed = run.name.rpartition("_s")
        groups.setdefault(group or run.name, {})[seed] = results
    if not groups:
        raise SettingError("; ".join(found.left_out.values()) or "there is no run in this folder")
    for name, members in groups.items():
        reports = [report_of(results) for results in members.values()]
        found.reports[name] = mean_of(reports) if len(reports) > 1 else reports[0]
    for name, estimate in _dielectrics(groups).items():
        found.reports[name].add("dielectric_constant_from_fields", estimate, "1")
    return found


def _dielectrics(groups: dict[str, dict[str, RunResults]]) -> dict[str, Estimate]:
    """ε by the name of the stronger field of each opposite pair; over several seeds, their mean and spread."""
    found = {}
    for name, along in groups.items():
        if not name.startswith("E+"):
            continue
        against = groups.get(name.replace("E+", "E-", 1), {})
        estimates = []
        for seed in along.keys() & against.keys():
            try:
                estimates.append(dielectric_of_fields(along[seed], against[seed]))
            except SettingError:  # fields that change with time, clusters
                continue
        if len(estimates) == 1:
            found[name] = estimates[0]
        elif estimates:
            found[name] = of_samples(np.array([estimate.value for estimate in estimates]))
    return found
