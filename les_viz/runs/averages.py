"""What several runs say together: the mean of their tables and numbers, and the answer to two opposite fields."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from les_viz.analysis.blocks import Estimate, of_samples
from les_viz.analysis.dielectric import dielectric_from_fields
from les_viz.errors import SettingError
from les_viz.md.protocols import Shape
from les_viz.md.settings import Minimizer
from les_viz.runs.report import N_BLOCKS, Report, Table
from les_viz.runs.results import RunResults

FloatArray = NDArray[np.float64]

MOST_POINTS = 200
"""Of a running estimate."""

_NO_CURVES = ("thermo",)
"""Tables whose mean over runs would mean nothing."""


def mean_of(reports: Sequence[Report]) -> Report:
    """The mean over runs that differ in their seed; its errors are the spread of the runs.

    Args:
        reports: at least two, of runs of the same kind; the shortest sets how long a curve is.

    Raises:
        SettingError: there are fewer than two.
    """
    if len(reports) < 2:
        raise SettingError("a mean over runs needs two of them: choose more")
    conventions = list(dict.fromkeys(report.convention for report in reports))
    found = Report(notes=[f"mean of {len(reports)} runs, errors from their spread"], convention="; ".join(conventions))
    found.notes += _common([report.notes for report in reports])
    for name in _common([list(report.numbers) for report in reports]):
        numbers = [report.numbers[name] for report in reports]
        found.add(name, of_samples(np.array([number["value"] for number in numbers])), numbers[0]["unit"])
    for name in _common([list(report.tables) for report in reports]):
        table = None if name in _NO_CURVES else mean_table([report.tables[name] for report in reports])
        if table is not None:
            found.tables[name] = table
    return found


def dielectric_of_fields(along: RunResults, against: RunResults, points: int | None = None) -> Estimate:
    """ε from two runs in constant fields of the same strength and opposite directions.

    Args:
        along: one of them.
        against: the other.
        points: how many of their lines are looked at; None for all.

    Raises:
        SettingError: they are no such pair, or too short.
    """
    for results in (along, against):
        if results.config.field.shape != Shape.CONSTANT or not results.periodic:
            raise SettingError("the dielectric constant from fields needs periodic runs in constant fields")
        if results.protocol != results.config.field:
            raise SettingError("the field of one of the runs was changed while it moved")
        if results.config.dynamics.minimize != Minimizer.NONE:
            raise SettingError("the runs were minimised in their fields and start at different dipoles: set 'none'")
    unit, strength = along.config.field.unit, along.config.field.amplitude_V_per_A
    opposite = against.config.field.amplitude_V_per_A * against.config.field.unit
    same_start = along.described["structure"]["sha256"] == against.described["structure"]["sha256"]
    if not same_start or not np.allclose(strength * unit, -opposite, rtol=1e-9, atol=0) or strength == 0:
        raise SettingError("the fields of the two runs are not opposite, or their starts differ")
    sign = float(np.sign(strength))
    return dielectric_from_fields(
        sign * along.thermo["polarization_change_eA"][:points] @ unit,
        sign * against.thermo["polarization_change_eA"][:points] @ unit,
        strength=abs(strength),
        volume=along.volume,
        epsilon_infinity=float(along.described["model"]["epsilon_infinity"]),
        n_blocks=N_BLOCKS,
    )


def running_dielectric_of_fields(along: RunResults, against: RunResults) -> Table:
    """The same with the lines up to each time: settled, or still climbing?

    Raises:
        SettingError: they are no such pair, or too short.
    """
    n_points = min(len(along.thermo["time_fs"]), len(against.thermo["time_fs"]))
    # whole blocks before the end: points that are left out at the start would make it a saw
    whole = N_BLOCKS * np.linspace(min(2, n_points // N_BLOCKS), n_points // N_BLOCKS, MOST_POINTS).astype(int)
    ends = np.unique(np.append(whole, n_points))
    estimates = [dielectric_of_fields(along, against, int(end)) for end in ends]
    return {
        "time_fs": along.thermo["time_fs"][ends - 1],
        "dielectric_constant": np.array([estimate.value for estimate in estimates]),
        "dielectric_constant_error": np.array([estimate.error for estimate in estimates]),
    }


def _common(names: Sequence[list[str]]) -> list[str]:
    return [name for name in names[0] if all(name in others for others in names)]


def mean_table(tables: Sequence[Table]) -> Table | None:
    """On the abscissa of the shortest table, as far as all reach; None where they have nothing in common."""
    shortest = min(tables, key=lambda table: len(next(iter(table.values()))))
    first = next(iter(shortest))
    axes = [np.asarray(table[first], dtype=float) for table in tables]
    margin = 1e-9 * float(np.ptp(axes[0]))
    low, high = max(axis[0] for axis in axes) - margin, min(axis[-1] for axis in axes) + margin
    axis = np.asarray([x for x in shortest[first] if low <= x <= high], dtype=float)
    if len(axis) == 0:
        return None
    found: Table = {first: axis}
    for column in [name for name in shortest if name != first and "_error" not in name]:
        rows = zip(axes, tables, strict=True)
        values = np.array([np.interp(axis, other, np.asarray(table[column], dtype=float)) for other, table in rows])
        found[column] = values.mean(axis=0)
        found[f"{column}_error"] = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return found
