"""The plots of a run on one time axis; a click on them moves the viewer (`plotclicks.ts`), and the other way round."""

from functools import lru_cache

import numpy as np
import streamlit as st

from les_viz.errors import LesVizError
from les_viz.plots.text import signed
from les_viz.plots.timeline import course_of, timeline
from les_viz.runs.catalog import RunEntry, entry_of
from les_viz.runs.directory import RunDirectory
from les_viz.runs.states import is_moving
from les_viz.runs.tail import ThermoTail
from les_viz.runs.thermo import check_columns
from les_viz.ui.dynamics.live_plot import show_live_plot
from les_viz.ui.dynamics.plan import current_plan
from les_viz.ui.dynamics.stream import trajectory_id
from les_viz.ui.figures import show_figure
from les_viz.ui.session import current
from les_viz.ui.wording import plain
from les_viz.units import DEBYE

DRAW_EVERY_S = 1.0

HEIGHT = 560


def show_charts(entry: RunEntry) -> None:
    """Metrics and plots; drawn again while the run moves."""
    moves = is_moving(entry.status)

    @st.fragment(run_every=DRAW_EVERY_S if moves else None)
    def charts() -> None:
        now = entry_of(entry.folder) or entry
        try:
            columns = columns_of(now)
        except LesVizError as error:
            st.error(plain(f"{now.name}: {error}"))
            return
        _show_metrics(columns)
        if not columns:
            st.caption("The plots begin with the first frame.")
            return
        run, cursor = trajectory_id(now.name), _cursor(columns)
        if moves:
            course = course_of(columns, direction())
            show_live_plot(course, key="live_timeline", run=run, mark_fs=cursor, height=HEIGHT)
        else:
            figure = timeline(columns, direction(), cursor_fs=cursor, run=run, height=HEIGHT)
            show_figure(figure, key="timeline")

    charts()


def direction() -> np.ndarray:
    """Along which vectors are shown."""
    return current_plan().field.unit


def columns_of(entry: RunEntry) -> dict[str, np.ndarray]:
    """The columns of the run by now."""
    found = _tail(entry.folder.as_posix(), current().run_turn).columns()
    check_columns(found)
    return found


@lru_cache(maxsize=16)
def _tail(folder: str, turn: int) -> ThermoTail:
    from pathlib import Path

    return ThermoTail(RunDirectory(Path(folder)).thermo)


def _show_metrics(columns: dict[str, np.ndarray]) -> None:
    first, second, third = st.columns(3)
    if not columns:
        first.metric("Temperature", "–")
        second.metric("ΔP along E", "–")
        third.metric("Drift", "–")
        return
    polarization = columns["polarization_change_eA"]
    moment = "–" if polarization.ndim == 1 else f"{signed(polarization[-1] @ direction() / DEBYE, 1)} D"
    conserved = columns["conserved_energy_eV"]
    first.metric("Temperature", f"{columns['temperature_K'][-1]:.0f} K")
    second.metric(
        "ΔP along E",
        moment,
        help="Change of the dipole moment since the start: ∫ Σ Z*·v dt, along the direction of the field.",
    )
    third.metric(
        "Drift",
        f"{signed(1000 * (conserved[-1] - conserved[0]), 0)} meV",
        help="Change of the conserved energy since the start: potential and kinetic energy, less the work of the field "
        "and what the thermostat gave. It would be zero for an infinitely short time step.",
    )


def _cursor(columns: dict[str, np.ndarray]) -> float | None:
    """Time of the frame at which the picture is held."""
    frame, times = current().cursor, columns.get("time_fs")
    if frame is None or times is None or len(times) == 0:
        return None
    return float(times[min(frame, len(times) - 1)])
