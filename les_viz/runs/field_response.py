r"""What runs in different constant fields say together: how molecules turn, and how the polarisation grows.

    ⟨cos θ⟩(E)              beside L(x) = coth x - 1/x, x = μE/k_BT, of free dipoles as large as those of the molecules
    ⟨P⟩(E) - P(start)       along the field

The second one is there where all runs start from the same place.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from les_viz.analysis.blocks import Estimate
from les_viz.analysis.dielectric import langevin_function
from les_viz.analysis.thermal import thermal_energy
from les_viz.md.protocols import Shape
from les_viz.md.settings import Minimizer
from les_viz.runs.averages import mean_of
from les_viz.runs.report import Report, Table
from les_viz.runs.results import RunResults

FloatArray = NDArray[np.float64]

POINTS = 201
"""Of the curve of free dipoles."""

FREE_DIPOLES = (
    "free dipoles (the Langevin function) have the mean size of the molecules' own dipoles, and feel the macroscopic "
    "field alone: where the molecules differ, they feel each other, or have not yet come to rest in the field"
)

_Runs = list[tuple[RunResults, Report]]


def response_to_fields(runs: Sequence[tuple[RunResults, Report]]) -> dict[str, Report]:
    """Tables against the field, one report for each temperature (and start, model and direction, where these differ).

    Args:
        runs: with their reports; runs that differ in their seed only are averaged, errors are then their spread.

    Returns:
        By name, such as `T300_against_field`; nothing where there is only one constant field.
    """
    series: dict[tuple[object, ...], dict[float, _Runs]] = {}
    for results, report in runs:
        field = results.config.field
        if field.shape != Shape.CONSTANT or results.protocol != field:  # changed while it moved
            continue
        sources = [results.described[part]["sha256"] for part in ("structure", "model")]
        key = (results.config.dynamics.temperature_K, *sources, field.direction, field.sum_rule)
        series.setdefault(key, {}).setdefault(field.amplitude_V_per_A, []).append((results, report))
    found: dict[str, Report] = {}
    for (temperature, *_), by_field in series.items():
        report = _against_field(dict(sorted(by_field.items()))) if len(by_field) > 1 else Report()
        if report.tables:
            name = f"T{temperature:g}_against_field"
            others = sum(other.startswith(name) for other in found)
            found[f"{name}_{others + 1}" if others else name] = report
    return found


def _against_field(by_field: Mapping[float, _Runs]) -> Report:
    means = {
        strength: mean_of([report for _, report in runs]) if len(runs) > 1 else runs[0][1]
        for strength, runs in by_field.items()
    }
    report = Report(convention=next(iter(means.values())).convention)
    turned = {strength: mean for strength, mean in means.items() if "mean_cosine" in mean.numbers}
    if len(turned) > 1:
        _add_orientation(report, turned)
    from_one_start = all(
        results.config.dynamics.minimize == Minimizer.NONE for runs in by_field.values() for results, _ in runs
    )
    moved = {strength: mean for strength, mean in means.items() if "mean_polarization_change" in mean.numbers}
    if len(moved) > 1 and from_one_start:
        report.tables["polarization_against_field"] = {
            "field_V_per_A": np.array(list(moved)),
            **_column(moved, "mean_polarization_change", "polarization_change_e_per_A2"),
        }
        report.notes.append("polarisations are means over each run, counted from the start that all runs share")
    elif len(moved) > 1:
        report.left_out["polarization_against_field"] = (
            "the runs were minimised in their fields and start at different dipoles: set minimize = 'none'"
        )
    return report


def _add_orientation(report: Report, means: Mapping[float, Report]) -> None:
    fields = np.array(list(means))
    sizes = np.array([mean.numbers["molecular_dipole"]["value"] for mean in means.values()])
    temperatures = np.array([mean.numbers["temperature"]["value"] for mean in means.values()])
    report.add("molecular_dipole", Estimate(float(sizes.mean()), np.nan), "e Å")
    report.add("temperature", Estimate(float(temperatures.mean()), np.nan), "K")
    report.tables["orientation_against_field"] = {
        "field_V_per_A": fields,
        **_column(means, "mean_cosine", "mean_cosine"),
        "mean_cosine_of_free_dipoles": _free(sizes, fields, temperatures),
    }
    grid = np.linspace(min(0.0, fields[0]), max(0.0, fields[-1]), POINTS)
    report.tables["orientation_of_free_dipoles"] = {
        "field_V_per_A": grid,
        "mean_cosine_of_free_dipoles": _free(sizes.mean(), grid, temperatures.mean()),
    }
    report.notes.append(FREE_DIPOLES)


def _free(size: FloatArray, field: FloatArray, temperature: FloatArray) -> FloatArray:
    energies = np.array([thermal_energy(float(value)) for value in np.atleast_1d(temperature)])
    return langevin_function(size * field / energies)


def _column(means: Mapping[float, Report], name: str, column: str) -> Table:
    """Values and errors; NaN where a single run was too short for an error."""
    numbers = [mean.numbers[name] for mean in means.values()]
    errors = [np.nan if number["error"] is None else number["error"] for number in numbers]
    return {column: np.array([number["value"] for number in numbers]), f"{column}_error": np.array(errors)}
