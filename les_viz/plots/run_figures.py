"""The figures of runs: what `les-viz analyse` writes and the page Spectra shows, one run or several over each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from les_viz.analysis.literature import WATER_BANDS, WATER_BANDS_SOURCE
from les_viz.analysis.spectra import Spectrum, smoothed
from les_viz.plots.banded import Axes, Banded, banded, with_measured
from les_viz.plots.text import literal
from les_viz.plots.theme import SERIES
from les_viz.runs.report import Report

HIGHEST_WAVENUMBER = 4200.0
Table = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One run in a figure.

    Attributes:
        label: for the legend.
        report: its numbers and tables.
        color: of its curves.
    """

    label: str
    report: Report
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the reader of a figure chooses.

    Attributes:
        smoothing_per_cm: standard deviation of the Gaussian under which spectra are shown, cm⁻¹; 0 for none.
        pair: which distances, such as `H_O`.
    """

    smoothing_per_cm: float = 0.0
    pair: str = ""


def subjects_of(reports: dict[str, Report]) -> list[Subject]:
    """Reports by label, each with a colour."""
    return [
        Subject(label=literal(label), report=report, color=SERIES[number % len(SERIES)])
        for number, (label, report) in enumerate(reports.items())
    ]


def figures_of(subjects: Sequence[Subject], look: Look | None = None) -> dict[str, go.Figure]:
    """All figures for which some run has the table, by name."""
    chosen = look or Look()
    found = {}
    for name, draw in FIGURES.items():
        having = [subject for subject in subjects if name in subject.report.tables]
        if having:
            found[name] = draw(having, chosen)
    pairs = pairs_of(subjects)
    for pair in [chosen.pair] if chosen.pair in pairs else pairs:
        found[f"distances_{pair}"] = _distances(subjects, pair)
    return found


def pairs_of(subjects: Sequence[Subject]) -> list[str]:
    """Kinds of atoms whose distances some run tells, such as `H_O`."""
    names = {name for subject in subjects for name in subject.report.tables if name.startswith("distances_")}
    return sorted(name.removeprefix("distances_") for name in names)


def spectrum_of(table: Table, look: Look) -> Spectrum:
    """A spectrum from its table, smoothed as wanted."""
    wavenumber, value, error = (np.asarray(column, dtype=float) for column in list(table.values())[:3])
    found = Spectrum(wavenumber_per_cm=wavenumber, value=value, error=error, resolution_per_cm=0.0, unit="")
    return smoothed(found, look.smoothing_per_cm) if look.smoothing_per_cm > 0 else found


def is_water(report: Report) -> bool:
    """Whether a report tells of hydrogen and oxygen only, as the measured bands do."""
    pairs = {name.removeprefix("distances_") for name in report.tables if name.startswith("distances_")}
    return pairs == {"H_H", "H_O", "O_O"}


def _infrared(subjects: Sequence[Subject], look: Look) -> go.Figure:
    lines = [_spectrum_line(subject, "infrared", look, 1e-3) for subject in subjects]
    axes = Axes(x="wavenumber (cm⁻¹)", y="absorption n·α (10³ cm⁻¹)", x_range=_reach(lines))
    figure = banded(lines, axes, caption=_caption(subjects))
    if all(is_water(subject.report) for subject in subjects):
        figure = with_measured(figure, WATER_BANDS, WATER_BANDS_SOURCE)
    return figure


def _density_of_states(subjects: Sequence[Subject], look: Look) -> go.Figure:
    lines = [_spectrum_line(subject, "density_of_states", look, 1.0) for subject in subjects]
    return banded(lines, Axes(x="wavenumber (cm⁻¹)", y="modes (per cm⁻¹)", x_range=_reach(lines)))


def _reach(lines: Sequence[Banded]) -> tuple[float, float]:
    """Wavenumbers from 0 to a little beyond the last that is seen."""
    last = max(float(line.x[line.y >= 0.01 * line.y.max()][-1]) for line in lines)
    return 0.0, min(HIGHEST_WAVENUMBER, 1.25 * last)


def _spectrum_line(subject: Subject, name: str, look: Look, factor: float) -> Banded:
    found = spectrum_of(subject.report.tables[name], look)
    return Banded(
        name=subject.label,
        x=found.wavenumber_per_cm,
        y=found.value * factor,
        error=found.error * factor,
        color=subject.color,
    )


def _dielectric(subjects: Sequence[Subject], look: Look) -> go.Figure:
    axes = Axes(x="time (ps)", y="static dielectric constant so far (1)")
    lines = [_line(subject, "dielectric_running", ("dielectric_constant",), 1e-3) for subject in subjects]
    return banded(lines, axes, caption=_caption(subjects))


def _dielectric_of_fields(subjects: Sequence[Subject], look: Look) -> go.Figure:
    axes = Axes(x="time (ps)", y="static dielectric constant so far (1)")
    lines = [_line(subject, "dielectric_fields_running", ("dielectric_constant",), 1e-3) for subject in subjects]
    return banded(lines, axes, caption=_caption(subjects))


def _conductivity(subjects: Sequence[Subject], look: Look) -> go.Figure:
    axes = Axes(x="upper limit of the Green–Kubo integral (ps)", y="conductivity (S/m)")
    lines = [_line(subject, "conductivity_running", ("conductivity_S_per_m",), 1e-3) for subject in subjects]
    return banded(lines, axes, caption=_caption(subjects))


def _loop(subjects: Sequence[Subject], look: Look) -> go.Figure:
    axes = Axes(x="electric field (V/Å)", y="polarisation (e/Å²)")
    lines = [_line(subject, "loop", ("polarization_e_per_A2",), 1.0) for subject in subjects]
    return banded(lines, axes, caption=_caption(subjects))


def _displacements(subjects: Sequence[Subject], look: Look) -> go.Figure:
    axes = Axes(x="time between (ps)", y="mean squared displacement (Å²)")
    lines = []
    for subject in subjects:
        table = subject.report.tables["displacements"]
        for name in (name for name in table if name.startswith("msd_") and not name.endswith("_error")):
            symbol = name.removeprefix("msd_").removesuffix("_A2")
            label = symbol if len(subjects) == 1 else f"{symbol}, {subject.label}"
            lines.append(_line(subject, "displacements", (name, label), 1e-3, own_color=len(subjects) > 1))
    for number, line in enumerate(lines):
        lines[number] = _redashed(line, is_dashed=len(subjects) > 1 and number % 2 == 1)
    return banded(lines, axes)


def _orientation(subjects: Sequence[Subject], look: Look) -> go.Figure:
    axes = Axes(x="time (ps)", y="⟨cos θ⟩ of molecular dipoles with the field (1)")
    lines = []
    for subject in subjects:
        lines.append(_line(subject, "orientation", ("mean_cosine",), 1e-3))
        free = _line(subject, "orientation", ("mean_cosine_of_free_dipoles", f"free dipoles, {subject.label}"), 1e-3)
        lines.append(_redashed(free, is_dashed=True))
    return banded(lines, axes, caption=_caption(subjects))


def _orientation_against_field(subjects: Sequence[Subject], look: Look) -> go.Figure:
    axes = Axes(x="electric field (V/Å)", y="⟨cos θ⟩ of molecular dipoles with the field (1)")
    lines = []
    for subject in subjects:
        lines.append(_points(subject, "orientation_against_field", "mean_cosine"))
        size, temperature = (subject.report.numbers[name]["value"] for name in ("molecular_dipole", "temperature"))
        label = f"Langevin function: free dipoles of {size:.3g} e Å at {temperature:.0f} K"
        free = _line(subject, "orientation_of_free_dipoles", ("mean_cosine_of_free_dipoles", label), 1.0)
        lines.append(_redashed(free, is_dashed=True))
    return banded(lines, axes, caption=_caption(subjects))


def _polarization_against_field(subjects: Sequence[Subject], look: Look) -> go.Figure:
    axes = Axes(x="electric field (V/Å)", y="⟨P⟩ − P(start) along the field (e/Å²)")
    lines = [_points(subject, "polarization_against_field", "polarization_change_e_per_A2") for subject in subjects]
    return banded(lines, axes, caption=_caption(subjects))


def _points(subject: Subject, name: str, column: str) -> Banded:
    return replace(_line(subject, name, (column, subject.label.replace("_", " ")), 1.0), is_points=True)


def _distances(subjects: Sequence[Subject], pair: str) -> go.Figure:
    axes = Axes(x=f"distance {pair.replace('_', '–')} (Å)", y="g(r) (1)")
    name = f"distances_{pair}"
    having = [subject for subject in subjects if name in subject.report.tables]
    return banded([_line(subject, name, ("g",), 1.0) for subject in having], axes)


def _line(subject: Subject, name: str, columns: tuple[str, ...], x_factor: float, *, own_color: bool = True) -> Banded:
    """A column of a table over its first one; a second name is the label."""
    table = subject.report.tables[name]
    error = _error_of(table, columns[0])
    return Banded(
        name=columns[1] if len(columns) > 1 else subject.label,
        x=np.asarray(next(iter(table.values())), dtype=float) * x_factor,
        y=np.asarray(table[columns[0]], dtype=float),
        error=error,
        color=subject.color if own_color else None,
    )


def _error_of(table: Table, column: str) -> NDArray[np.float64] | None:
    for name in (f"{column}_error", column.replace("polarization_", "polarization_error_")):
        if name in table and name != column:
            return np.asarray(table[name], dtype=float)
    return None


def _redashed(line: Banded, *, is_dashed: bool) -> Banded:
    return replace(line, is_dashed=is_dashed)


def _caption(subjects: Sequence[Subject]) -> str:
    """The conventions of all runs, each once."""
    conventions = list(dict.fromkeys(subject.report.convention for subject in subjects))
    return "scaled with " + "; ".join(conventions)


FIGURES: dict[str, Callable[[Sequence[Subject], Look], go.Figure]] = {
    "infrared": _infrared,
    "density_of_states": _density_of_states,
    "dielectric_running": _dielectric,
    "dielectric_fields_running": _dielectric_of_fields,
    "conductivity_running": _conductivity,
    "loop": _loop,
    "displacements": _displacements,
    "orientation": _orientation,
    "orientation_against_field": _orientation_against_field,
    "polarization_against_field": _polarization_against_field,
}
"""By the table that they are of."""
