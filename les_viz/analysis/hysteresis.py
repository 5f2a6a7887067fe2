"""Loops of polarisation against field: coercive field, remanence, area."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from les_viz.analysis.blocks import Estimate, jackknife
from les_viz.errors import SettingError

FloatArray = NDArray[np.float64]

_ROUNDING = 1e-9
"""Of a cycle, by which times may miss its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A loop and what is read off it.

    Attributes:
        field: (points,), V/Å, through one cycle.
        polarization: (points,), e/Å², centred between its extremes, mean over the cycles.
        error: (points,), e/Å², standard error over the cycles; NaN for a single one.
        n_cycles: how many cycles it is the mean of.
        coercive_field: V/Å, half the distance of the zeros of the polarisation; NaN if it has none.
        coercive_error: V/Å, standard error by leaving out one cycle at a time; NaN for a single one.
        remanence: e/Å², half the distance of the polarisations at zero field.
        remanence_error: e/Å², as that of the coercive field.
        area: e V/Å³, the work of one cycle per volume.
    """

    field: FloatArray
    polarization: FloatArray
    error: FloatArray
    n_cycles: int
    coercive_field: float
    coercive_error: float
    remanence: float
    remanence_error: float
    area: float


def loop(field: FloatArray, polarization: FloatArray, cycles: FloatArray, *, skip_cycles: int = 0) -> Loop:
    """Fold a run with a periodic field into one loop.

    Args:
        field: (points,), V/Å, the component along the direction of the field.
        polarization: (points,), e/Å², the same component; any constant may be missing.
        cycles: (points,), how many periods the field has gone through, evenly rising; before 0 it has not begun. Where
            a period is no whole number of points, values are interpolated between them.
        skip_cycles: cycles at the start that only settle.

    Raises:
        SettingError: less than one whole cycle is left.
    """
    duration = float(np.ptp(cycles)) if len(cycles) > 1 else 0.0
    per_cycle = round((len(cycles) - 1) / duration) if duration > 0 else 0
    first = (max(float(cycles[0]), 0.0) if len(cycles) else 0.0) + skip_cycles
    n_cycles = int(cycles[-1] - first + 1 / per_cycle + _ROUNDING) if per_cycle > 3 else 0
    if n_cycles < 1:
        raise SettingError(
            f"{len(field)} points of {per_cycle} a cycle hold no whole cycle of the field after skipping "
            f"{skip_cycles}: run longer, skip less or write frames more often"
        )
    at = first + np.arange(n_cycles * per_cycle).reshape(n_cycles, per_cycle) / per_cycle
    fields, values = np.interp(at, cycles, field), np.interp(at, cycles, polarization)
    values = values - 0.5 * (values.max(axis=1, keepdims=True) + values.min(axis=1, keepdims=True))
    mean_field, mean = fields.mean(axis=0), values.mean(axis=0)
    error = values.std(axis=0, ddof=1) / np.sqrt(n_cycles) if n_cycles > 1 else np.full(per_cycle, np.nan)
    coercive, remanent = _over_cycles(values, fields), _over_cycles(fields, values)
    return Loop(
        field=mean_field,
        polarization=mean,
        error=error,
        n_cycles=n_cycles,
        coercive_field=coercive.value,
        coercive_error=coercive.error,
        remanence=remanent.value,
        remanence_error=remanent.error,
        area=abs(float(_closed_integral(mean_field, mean))),
    )


def _over_cycles(zero_of: FloatArray, read_from: FloatArray) -> Estimate:
    """Half the distance of the crossings of the mean cycle, from (cycles, points) of each series."""
    found = _half_distance(zero_of.mean(axis=0), read_from.mean(axis=0))
    if len(zero_of) < 2:
        return Estimate(found, float("nan"))
    without = [
        _half_distance(np.delete(zero_of, n, axis=0).mean(axis=0), np.delete(read_from, n, axis=0).mean(axis=0))
        for n in range(len(zero_of))
    ]
    return jackknife(np.array(without), found)


def _half_distance(zero_of: FloatArray, read_from: FloatArray) -> float:
    """Half the distance of the values of one series where the other one crosses zero, upwards and downwards."""
    following = np.roll(zero_of, -1)
    up = _crossings(zero_of, following, read_from, (zero_of < 0) & (following >= 0))
    down = _crossings(zero_of, following, read_from, (zero_of >= 0) & (following < 0))
    if not len(up) or not len(down):
        return float("nan")
    return 0.5 * abs(float(up.mean() - down.mean()))


def _crossings(
    series: FloatArray, following: FloatArray, read_from: FloatArray, where: NDArray[np.bool_]
) -> FloatArray:
    part = series[where] / (series[where] - following[where])
    found: FloatArray = read_from[where] + part * (np.roll(read_from, -1)[where] - read_from[where])
    return found


def _closed_integral(field: FloatArray, polarization: FloatArray) -> float:
    """∮ E dP by the trapezoidal rule around the loop."""
    return float((0.5 * (field + np.roll(field, -1)) * (np.roll(polarization, -1) - polarization)).sum())
