"""The bar below the viewer: start, pause, stop, go on, and where the run is."""

import streamlit as st

from les_viz.runs.catalog import RunEntry, entry_of
from les_viz.runs.states import State, is_moving
from les_viz.ui.dynamics import actions
from les_viz.ui.session import ModelEntry, StructureEntry, current
from les_viz.ui.wording import plain, sentence

LOOK_EVERY_S = 1.0
_DAY_S = 86_400


def show_start(structure: StructureEntry | None, model: ModelEntry | None) -> None:
    """The bar while no run is on the page."""
    if structure is None or model is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Start", icon=":material/play_arrow:", type="primary", on_click=actions.start, args=(structure, model)
        )
        st.caption("Starts a run of what is shown, in a process of its own.")


def show_transport(entry: RunEntry, structure: StructureEntry | None, model: ModelEntry | None) -> None:
    """The bar of a run."""
    moves = is_moving(entry.status)

    @st.fragment(run_every=LOOK_EVERY_S if moves else None)
    def bar() -> None:
        now = entry_of(entry.folder)
        if now is None or is_moving(now.status) != moves:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", key="transport"):
            _show_buttons(now, structure, model)
            st.caption(state_in_words(now), width="content")  # in larger letters it may need a line of its own
        if now.status.message:
            (st.error if now.status.state == State.FAILED else st.caption)(plain(sentence(now.status.message)))

    bar()


def _show_buttons(entry: RunEntry, structure: StructureEntry | None, model: ModelEntry | None) -> None:
    state, name = entry.status.state, entry.name
    if is_moving(entry.status):
        _show_pause(entry)
        _button("Stop", "stop", actions.stop, name)
        return
    if state.can_resume:
        _button("Resume", "resume", actions.resume, name, is_primary=True)
    if structure is not None and model is not None:
        st.button(
            "Start anew",
            icon=":material/replay:",
            on_click=actions.start,
            args=(structure, model),
            help="A new run of what lies on the bench, with the settings below.",
        )


def _show_pause(entry: RunEntry) -> None:
    """One button while a run moves.

    Where it came, went or was replaced, *Stop* would slip aside while a mouse button is down on it: a lost click.
    """
    rests = entry.status.state == State.PAUSED
    st.button(
        "Go on" if rests else "Pause run",
        icon=":material/play_arrow:" if rests else ":material/pause:",
        key="pause",
        on_click=actions.pause,
        args=(entry.name,),
        kwargs={"paused": not rests},
        disabled=not (rests or entry.status.state == State.RUNNING),
    )


def _button(label: str, icon: str, action: object, name: str, *, is_primary: bool = False) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        type="primary" if is_primary else "secondary",
        on_click=action,  # type: ignore[arg-type] # a function of a name
        args=(name,),
    )


def state_in_words(entry: RunEntry) -> str:
    """State, time, speed."""
    status, dynamics = entry.status, entry.config.dynamics
    done = status.step * dynamics.timestep_fs / 1000
    parts = [f"**{status.state.value}**", f"{done:.3f} of {dynamics.steps * dynamics.timestep_fs / 1000:g} ps"]
    if status.steps_per_s > 0:
        parts.append(f"{status.steps_per_s * dynamics.timestep_fs * _DAY_S * 1e-6:.2g} ns/day")
    return " · ".join(parts)


def show_problem() -> None:
    """What went wrong with the last button."""
    problem = current().run_problem
    if problem is not None:
        st.error(plain(sentence(problem)))
