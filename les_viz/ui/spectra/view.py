"""One large figure of the chosen runs, its numbers beside experiment, and everything as files."""

from contextlib import suppress
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from les_viz.analysis.literature import WATER_BANDS, WATER_DIELECTRIC_CONSTANT
from les_viz.analysis.spectra import peak_between
from les_viz.errors import LesVizError
from les_viz.plots.document import document
from les_viz.plots.run_figures import Look, Subject, figures_of, is_water, pairs_of, spectrum_of, subjects_of
from les_viz.plots.text import measured
from les_viz.runs.averages import dielectric_of_fields, running_dielectric_of_fields
from les_viz.runs.field_response import response_to_fields
from les_viz.runs.report import Report, convention_of
from les_viz.runs.report_files import csv_of
from les_viz.runs.results import load_results
from les_viz.ui.figures import show_figure as draw
from les_viz.ui.frame import panels
from les_viz.ui.session import seeded, widget_value
from les_viz.ui.spectra.choice import MEAN_LABEL, TITLES, Chosen, change, report_of_run
from les_viz.ui.wording import plain

_RUNNING: Final = "dielectric_fields_running"

QUESTION: Final = "What a trajectory says of the matter: how it absorbs, screens, conducts and moves."

_PARTS: Final = {
    "dielectric_running": "dielectric",
    "conductivity_running": "conductivity",
    "displacements": "diffusion",
}
"""Names of the parts of a report where they differ from those of their tables."""

_WORDS: Final = {
    "infrared": "Absorption from the autocorrelation of the current ΣZ*v, classical nuclei.",
    "density_of_states": "How many vibrations there are at each wavenumber, whether they absorb or not. "
    "Its integral is three times the number of atoms.",
    "dielectric_running": "From the fluctuations of the dipole up to each time, without a field. Water needs about a "
    "nanosecond to settle: a short run tells a lower bound.",
    "conductivity_running": "Green and Kubo's integral of the current: it rises, rests at the conductivity, then "
    "drowns in noise. An insulator's comes back to zero, in water after ten picoseconds.",
    "loop": "Polarisation along the field through one cycle, mean over the cycles. A ferroelectric opens a loop; so "
    "does what conducts or lags behind a fast field.",
    "distances": "Radial distribution: neighbours at a distance, as a multiple of what particles without forces have.",
    "displacements": "How far atoms get. A liquid's grows for ever, by six times the diffusion coefficient; a "
    "solid's stops.",
    "orientation": "Mean cosine between the dipoles of molecules and the field; dashed: free dipoles of the same size.",
}

_SPECTRA: Final = ("infrared", "density_of_states")

_OF_DIRECTIONS: Final = ("dielectric_running", "conductivity_running", "displacements")
"""Figures whose bands tell how the three directions differ; others are of blocks or cycles."""

_ENDINGS = {" green kubo": " (Green–Kubo)", " einstein": " (Einstein)", " stacie": " (STACIE)"}
"""Of the names of numbers: the ways in which a conductivity is found."""


def show_figure(chosen: Chosen) -> None:
    """The choice of a figure, then the figure."""
    for problem in chosen.problems:
        st.warning(problem)
    if not chosen.reports:
        if not chosen.problems:
            st.info("Choose a run above. Runs are made on the page Dynamics, or by les-viz md.")
        return
    subjects = subjects_of(chosen.reports)
    name = _choose_figure(chosen)
    look = _choose_look(chosen, name, subjects)
    figures = figures_of(subjects, look)
    key = f"distances_{look.pair}" if name == "distances" else name
    if key not in figures:
        _explain_absence(chosen, name)
        return
    draw(figures[key], key="spectra_chart")
    st.caption(f"{_WORDS[name]} {_band_in_words(chosen, key)} {_resolution_in_words(chosen, name)}")
    absent = [plain(label) for label, report in chosen.reports.items() if key not in report.tables]
    if absent:
        st.caption(f"Not told of {', '.join(absent)}: see Notes.")
    with st.container(horizontal=True):
        st.download_button(
            "Data of this figure (CSV)",
            lambda: _long_table(chosen, key).to_csv(index=False).encode(),
            file_name=f"{key}.csv",
            on_click="ignore",
        )
        st.download_button(
            "All figures (HTML, offline)",
            lambda: _document(chosen, look),
            file_name="spectra.html",
            mime="text/html",
            on_click="ignore",
            help="The camera in the figure's own toolbar saves it as SVG.",
        )


def _band_in_words(chosen: Chosen, key: str) -> str:
    """What the band is, where there is one."""
    errors = [
        np.asarray(values, dtype=float)
        for report in chosen.reports.values()
        for column, values in report.tables.get(key, {}).items()
        if "_error" in column
    ]
    if not any(np.isfinite(error).any() for error in errors):
        return ""
    if any(label.startswith(f"{MEAN_LABEL} of ") for label in chosen.reports):
        return "Band: one standard error, from the spread of the runs."
    return "Band: how the three directions differ." if key in _OF_DIRECTIONS else "Band: one standard error."


def _resolution_in_words(chosen: Chosen, name: str) -> str:
    """How sharp a spectrum is at best, or a short run passes for one of broad bands."""
    if name not in _SPECTRA:
        return ""
    having = [report for report in chosen.reports.values() if name in report.tables]
    widest = max(report.numbers["spectral_resolution"]["value"] for report in having)
    return f"The length of the run makes a sharp line {widest:.0f} cm⁻¹ wide, before any smoothing."


def show_details(chosen: Chosen) -> None:
    """Below the figure: numbers, peaks beside experiment, opposite fields, notes."""
    if chosen.reports:
        panels(
            "spectra_tabs",
            {
                "Numbers": lambda: _show_numbers(chosen),
                "Peaks beside experiment": lambda: _show_peaks(chosen),
                "Opposite fields": lambda: _show_fields(chosen),
                "Against the field": lambda: _show_against_field(chosen),
                "Notes": lambda: _show_notes(chosen),
            },
        )


def _choose_figure(chosen: Chosen) -> str:
    st.segmented_control(
        "Figure",
        list(TITLES),
        **seeded("spectra_figure", chosen.choice.figure),
        format_func=lambda name: TITLES[name],
        label_visibility="collapsed",
        on_change=lambda: change(figure=widget_value("spectra_figure") or chosen.choice.figure),
    )
    return chosen.choice.figure


def _choose_look(chosen: Chosen, name: str, subjects: list[Subject]) -> Look:
    choice = chosen.choice
    pairs = pairs_of(subjects)
    pair = choice.pair if choice.pair in pairs else (pairs[-1] if pairs else "")
    if name == "distances" and pairs:
        st.segmented_control(
            "Pair",
            pairs,
            **seeded("spectra_pair", pair),
            format_func=lambda text: text.replace("_", "–"),
            label_visibility="collapsed",
            on_change=lambda: change(pair=widget_value("spectra_pair") or pair),
        )
    if name in ("infrared", "density_of_states"):
        st.slider(
            "Smoothing (cm⁻¹)",
            0.0,
            100.0,
            step=5.0,
            format="%d",
            **seeded("spectra_smoothing", choice.smoothing_per_cm),
            width=320,
            on_change=lambda: change(smoothing_per_cm=float(widget_value("spectra_smoothing"))),
            help="Standard deviation of the Gaussian under which the spectrum is shown; 0 shows it as it is.",
        )
    return Look(smoothing_per_cm=choice.smoothing_per_cm, pair=pair)


def _explain_absence(chosen: Chosen, name: str) -> None:
    part = _PARTS.get(name, name)
    reasons = [
        f"{plain(label)}: {plain(report.left_out.get(part, 'the run is too short for it'))}"
        for label, report in chosen.reports.items()
    ]
    st.info(f"{TITLES[name]} cannot be told from what is chosen.  \n" + "  \n".join(reasons))


def _show_numbers(chosen: Chosen) -> None:
    rows = [
        {"run": label, "quantity": name.replace("_", " "), **number}
        for label, report in chosen.reports.items()
        for name, number in report.numbers.items()
    ]
    table = pd.DataFrame(rows, columns=["quantity", "value", "error", "unit", "run"])
    shown = [
        {
            **row,
            "quantity": quantity_in_words(str(row["quantity"])),
            "value": measured(row["value"], row["error"]),
            "unit": "–" if row["unit"] == "1" else row["unit"],
        }
        for row in rows
    ]
    st.dataframe(pd.DataFrame(shown, columns=["quantity", "value", "unit", "run"]), hide_index=True)
    st.caption("± one standard error. What limits these numbers is said under Notes.")
    st.download_button(
        "Numbers (CSV)", lambda: table.to_csv(index=False).encode(), file_name="numbers.csv", on_click="ignore"
    )


def quantity_in_words(name: str) -> str:
    """As people write it: how it was found in parentheses, elements behind "of"."""
    for ending, words in _ENDINGS.items():
        name = name.replace(ending, words)
    kind, _, element = name.partition("diffusion ")
    return f"diffusion of {element}" if element and not kind else name


def _show_peaks(chosen: Chosen) -> None:
    having = {label: report for label, report in chosen.reports.items() if "infrared" in report.tables}
    if not having or not all(is_water(report) for report in having.values()):
        st.info("Measured bands are at hand for liquid water only: choose runs of water, long enough for a spectrum.")
        return
    smoothing = max(chosen.choice.smoothing_per_cm, 20.0)
    table = peak_table(chosen, smoothing)
    st.dataframe(
        table,
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.0f") for name in table.columns if name != "band"},
    )
    st.caption(
        f"Highest point within each band, under a Gaussian of {smoothing:.0f} cm⁻¹; empty where the spectrum has no "
        "maximum there. Measured: Bertie & Lan 1996, 25 °C. Classical nuclei put the O–H stretch too high by some "
        "100–200 cm⁻¹; the rest of a difference is the model's and that of the theory it was trained on."
    )


def peak_table(chosen: Chosen, smoothing_per_cm: float) -> pd.DataFrame:
    """Measured and computed peaks of each band, cm⁻¹."""
    columns: dict[str, object] = {
        "band": [band.name for band in WATER_BANDS],
        "measured (cm⁻¹)": [band.peak for band in WATER_BANDS],
    }
    for label, report in chosen.reports.items():
        if "infrared" in report.tables:
            spectrum = spectrum_of(report.tables["infrared"], Look(smoothing_per_cm=smoothing_per_cm))
            columns[f"{label} (cm⁻¹)"] = [peak_between(spectrum, 0.8 * b.low, 1.15 * b.high) for b in WATER_BANDS]
    return pd.DataFrame(columns)


def _show_fields(chosen: Chosen) -> None:
    st.caption(
        "Two runs from the same start, one along a constant field and one against it: half the difference of their "
        "polarisations tells the dielectric constant without waiting for rare fluctuations."
    )
    rows, curves = [], {}
    for pair in combinations(chosen.entries, 2):
        try:
            first, second = (load_results(entry.folder, skip_fs=chosen.choice.skip_fs) for entry in pair)
            found = dielectric_of_fields(first, second)
            table = running_dielectric_of_fields(first, second)
        except LesVizError:
            continue
        name = ", ".join(entry.name for entry in pair)
        rows.append({"runs": name, "ε": measured(found.value, found.error)})
        curves[name] = Report(tables={_RUNNING: table}, convention=convention_of(first))
    if not rows:
        st.info("Choose two runs in opposite constant fields, such as ±0.02 V/Å; les-viz sweep makes them in pairs.")
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    figure = figures_of(subjects_of(curves))[_RUNNING]
    draw(figure, key="spectra_fields_chart")
    st.caption(
        "The mean up to each time, with its standard error from blocks. Leave out the beginning (above), in which the "
        f"molecules still turn. Liquid water, measured at 25 °C: {WATER_DIELECTRIC_CONSTANT}."
    )


def _show_against_field(chosen: Chosen) -> None:
    st.caption(
        "Runs in constant fields of different strength, from the same start: how far molecules turn, and how the "
        "polarisation grows. Runs that differ in their seed only are averaged, and bars are then their spread."
    )
    runs = []
    for entry in chosen.entries:
        with suppress(LesVizError):
            results = load_results(entry.folder, skip_fs=chosen.choice.skip_fs)
            runs.append((results, report_of_run(str(entry.folder), entry.status.step, chosen.choice.skip_fs)))
    found = response_to_fields(runs)
    if not found:
        st.info("Choose two runs or more in constant fields of different strength; les-viz sweep makes them.")
        return
    for name, figure in figures_of(subjects_of(found)).items():
        draw(figure, key=f"spectra_{name}")
    notes = [note for report in found.values() for note in (*report.notes, *report.left_out.values())]
    for note in dict.fromkeys(notes):
        st.caption(plain(note))
    with st.container(horizontal=True):
        for label, name, table in ((label, *item) for label, report in found.items() for item in report.tables.items()):
            st.download_button(
                f"{label}: {name} (CSV)".replace("_", " "),
                csv_of(table).encode(),
                file_name=f"{label}_{name}.csv",
                on_click="ignore",
                key=f"spectra_csv_{label}_{name}",
            )


def _show_notes(chosen: Chosen) -> None:
    for label, report in chosen.reports.items():
        st.markdown(f"**{plain(label)}**")
        for note in report.notes:
            st.markdown(f"- {plain(note)}")
        for name, reason in report.left_out.items():
            st.markdown(f"- without {plain(name)}: {plain(reason)}")


def _long_table(chosen: Chosen, name: str) -> pd.DataFrame:
    parts = [
        pd.DataFrame({column: np.asarray(values) for column, values in report.tables[name].items()}).assign(run=label)
        for label, report in chosen.reports.items()
        if name in report.tables
    ]
    return pd.concat(parts)


def _document(chosen: Chosen, look: Look) -> bytes:
    everything = figures_of(subjects_of(chosen.reports), Look(smoothing_per_cm=look.smoothing_per_cm))
    titled = {TITLES.get(name, name.replace("_", " ")): figure for name, figure in everything.items()}
    notes = [note for report in chosen.reports.values() for note in report.notes]
    return document(", ".join(chosen.reports), titled, notes).encode()
