"""Which runs the page is about: those of the app's folder, and a recorded one for a first look."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import streamlit as st

from les_viz.errors import LesVizError
from les_viz.runs.averages import mean_of
from les_viz.runs.catalog import RunEntry, entry_of
from les_viz.runs.report import Report, report_of
from les_viz.runs.report_files import report_from_json
from les_viz.runs.results import load_results
from les_viz.ui.links import Linked, one_of, within
from les_viz.ui.session import current, seeded, update, widget_value
from les_viz.ui.visitor import own_runs
from les_viz.ui.wording import plain

RECORDED: Final = "recorded"
RECORDED_LABEL: Final = "Recorded: 64 H₂O, model water, 300 K"
RECORDED_FILE: Final = Path(__file__).with_name("recorded.json")
MEAN_LABEL: Final = "mean"
MOST_CHOSEN: Final = 8
TITLES: Final = {
    "infrared": "Infrared",
    "density_of_states": "Vibrations",
    "dielectric_running": "Dielectric constant",
    "conductivity_running": "Conductivity",
    "loop": "P(E) loop",
    "distances": "Distances",
    "displacements": "Displacements",
    "orientation": "Orientation",
}
"""Figures by the table that they are of."""

FRAMES_OF_A_SPECTRUM: Final = 60
LOOK_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the visitor chose on this page; None where nothing was chosen yet.

    Attributes:
        runs: names, or `RECORDED`.
        figure: name of the figure.
        pair: kinds of atoms of the distances.
        smoothing_per_cm: of spectra.
        skip_fs: left out at the start of each run.
        is_mean: whether the mean over the runs is shown in their place.
    """

    runs: tuple[str, ...] | None = None
    figure: str = "infrared"
    pair: str = ""
    smoothing_per_cm: float = 20.0
    skip_fs: float = 0.0
    is_mean: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The runs and what they say.

    Attributes:
        choice: what was chosen.
        entries: the runs among them that are in the app's folder.
        reports: by label.
        problems: runs that say nothing, and why.
    """

    choice: Choice
    entries: tuple[RunEntry, ...]
    reports: dict[str, Report]
    problems: tuple[str, ...]

    @property
    def has_live(self) -> bool:
        """Whether a run still moves."""
        return any(entry.status.state.is_live for entry in self.entries)


LINKED: Final = Linked(
    field="spectra",
    fresh=Choice,
    readers={
        "runs": ("runs", lambda text: tuple(text.split(",")[:MOST_CHOSEN]) if text else ()),
        "figure": ("figure", one_of(*TITLES)),
        "pair": ("pair", str),
        "smoothing": ("smoothing_per_cm", within(0, 100)),
        "skip": ("skip_fs", within(0, 1e9)),
        "mean": ("is_mean", lambda text: one_of("1")(text) == "1"),
    },
)
"""What a link to the page holds: runs are those of this server, by name."""


def now() -> Choice:
    """The visitor's choice."""
    return current().spectra or Choice()


def change(**changes: object) -> None:
    """Choose otherwise."""
    update(spectra=replace(now(), **changes))  # type: ignore[arg-type] # fields of Choice


def choose_runs() -> Chosen:
    """The picker of runs; then their reports."""
    choice = now()
    entries = {entry.name: entry for entry in own_runs(named=choice.runs or ()) if entry.has_frames}
    names = _names(choice, entries)
    left, middle, right = st.columns([6, 2, 2], vertical_alignment="bottom")
    with left:
        st.multiselect(
            "Runs",
            [*entries, RECORDED],
            **seeded("spectra_runs", list(names)),
            format_func=lambda name: RECORDED_LABEL if name == RECORDED else entries[name].label,
            max_selections=MOST_CHOSEN,
            on_change=lambda: change(runs=tuple(widget_value("spectra_runs"))),
            help="Runs of the page Dynamics, finished or still moving. Several are drawn over each other.",
        )
    with middle:
        st.number_input(
            "Leave out the first (fs)",
            min_value=0.0,
            step=100.0,
            **seeded("spectra_skip", choice.skip_fs),
            on_change=lambda: change(skip_fs=float(widget_value("spectra_skip"))),
            help="While a run settles, it does not yet say what it will say.",
        )
    with right:
        st.toggle(
            "Mean of the runs",
            **seeded("spectra_mean", choice.is_mean and len(names) > 1),
            disabled=len(names) < 2,
            on_change=lambda: change(is_mean=bool(widget_value("spectra_mean"))),
            help="For runs that differ in their seed only: the error band is then the spread of the runs.",
        )
    return _reports(choice, [name for name in names if name == RECORDED or name in entries], entries)


def keep_up(chosen: Chosen) -> None:
    """While a chosen run moves, draw the page again each time it has got noticeably longer."""
    if chosen.has_live:
        _look_again(tuple((entry.folder, entry.status.step) for entry in chosen.entries))


@st.fragment(run_every=LOOK_EVERY_S)
def _look_again(seen: tuple[tuple[Path, int], ...]) -> None:
    st.caption("A run still moves: the figure follows.")
    for folder, step in seen:
        entry = entry_of(folder)
        if entry is not None and entry.status.step > 1.1 * step + 10:
            st.rerun()


def _names(choice: Choice, entries: dict[str, RunEntry]) -> tuple[str, ...]:
    """What was chosen and still exists; at first the newest run that is long enough, else the recorded one."""
    if choice.runs is not None:
        return tuple(name for name in choice.runs if name == RECORDED or name in entries)
    long_enough = [
        name for name, entry in entries.items() if entry.status.step >= FRAMES_OF_A_SPECTRUM * entry.config.output.every
    ]
    return (long_enough[0],) if long_enough else (RECORDED,)


def _reports(choice: Choice, names: Sequence[str], entries: dict[str, RunEntry]) -> Chosen:
    gone = [name for name in choice.runs or () if name not in names]
    reports, problems = {}, [f"{plain(name)} is not among the runs of this server" for name in gone]
    for name in names:
        try:
            if name == RECORDED:
                reports[RECORDED_LABEL] = recorded()
            else:
                step = entries[name].status.step
                reports[_short(entries[name])] = report_of_run(str(entries[name].folder), step, choice.skip_fs)
        except (LesVizError, OSError) as caught:
            problems.append(plain(f"{name}: {caught}"))
    if choice.is_mean and len(reports) > 1:
        reports = {f"{MEAN_LABEL} of {len(reports)} runs": mean_of(list(reports.values()))}
    own = tuple(entries[name] for name in names if name in entries)
    return Chosen(choice=choice, entries=own, reports=reports, problems=tuple(problems))


def _short(entry: RunEntry) -> str:
    """A label for legends: name of the run, temperature, field."""
    strength = "" if entry.field.is_off else f", {entry.field.amplitude_V_per_A:+g} V/Å".replace("-", "−")
    return f"{entry.name} ({entry.config.dynamics.temperature_K:g} K{strength})"


@st.cache_data(max_entries=32, show_spinner="Analysing the run")
def report_of_run(folder: str, step: int, skip_fs: float) -> Report:
    """What a run says up to a step, which is only there to tell the cache that the run has grown."""
    return report_of(load_results(Path(folder), skip_fs=skip_fs))


@st.cache_data(max_entries=1, show_spinner=False)
def recorded() -> Report:
    """What the bundled run says; made by `benchmarks/water_spectra.py`."""
    return report_from_json(RECORDED_FILE.read_text(encoding="utf-8"))
