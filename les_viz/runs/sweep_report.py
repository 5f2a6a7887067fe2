"""What a sweep says: one report for each field and temperature, the mean over its seeds, and how fields act."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from les_viz.analysis.blocks import Estimate, of_samples
from les_viz.errors import LesVizError, SettingError
from les_viz.runs.averages import dielectric_of_fields, mean_of, mean_table, running_dielectric_of_fields
from les_viz.runs.directory import RunDirectory
from les_viz.runs.field_response import response_to_fields
from les_viz.runs.report import Report, report_of
from les_viz.runs.results import RunResults, load_results

_Pair = tuple[RunResults, RunResults]


@dataclass(slots=True)
class SweepReport:
    """The result.

    Attributes:
        reports: by field and temperature, as the folders are called, without the seed.
        against_field: what the fields do to orientation and polarisation, by temperature.
        left_out: runs that could not be read, and why.
    """

    reports: dict[str, Report] = field(default_factory=dict)
    against_field: dict[str, Report] = field(default_factory=dict)
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
    everything = []
    for name, members in groups.items():
        reports = [report_of(results) for results in members.values()]
        everything += list(zip(members.values(), reports, strict=True))
        found.reports[name] = mean_of(reports) if len(reports) > 1 else reports[0]
    found.against_field = response_to_fields(everything)
    for name, pairs in _opposite(groups).items():
        estimates = [estimate for estimate, _ in pairs]
        several = of_samples(np.array([estimate.value for estimate in estimates]))
        found.reports[name].add("dielectric_constant_from_fields", estimates[0] if len(pairs) == 1 else several, "1")
        curves = [running_dielectric_of_fields(*pair) for _, pair in pairs]
        curve = curves[0] if len(pairs) == 1 else mean_table(curves)
        if curve is not None:
            found.reports[name].tables["dielectric_fields_running"] = curve
    return found


def _opposite(groups: dict[str, dict[str, RunResults]]) -> dict[str, list[tuple[Estimate, _Pair]]]:
    """ε and the runs in opposite constant fields with the same seed, by the name of those along the field."""
    found: dict[str, list[tuple[Estimate, _Pair]]] = {}
    for name, along in groups.items():
        if not name.startswith("E+"):
            continue
        against = groups.get(name.replace("E+", "E-", 1), {})
        for seed in along.keys() & against.keys():
            pair = along[seed], against[seed]
            with suppress(SettingError):  # fields that change with time, clusters
                constant = dielectric_of_fields(*pair)
                found.setdefault(name, []).append((constant, pair))
    return found
