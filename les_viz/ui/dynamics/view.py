"""The Dynamics page, put together."""

from dataclasses import replace
from functools import partial

import streamlit as st

from les_viz.md.settings import Ensemble
from les_viz.runs.catalog import RunEntry
from les_viz.ui.dynamics.charts import show_charts
from les_viz.ui.dynamics.desk import leave_when_the_bench_changes, shown_run
from les_viz.ui.dynamics.field import show_field, show_protocol
from les_viz.ui.dynamics.files import show_files
from les_viz.ui.dynamics.plan import current_plan, planned
from les_viz.ui.dynamics.presets import show_presets as show_presets
from les_viz.ui.dynamics.runs_list import show_runs
from les_viz.ui.dynamics.stream import VIEWER_HEIGHT, field_arrow, show_stream
from les_viz.ui.dynamics.transport import show_problem, show_start, show_transport
from les_viz.ui.frame import Bench, panels
from les_viz.ui.session import Shown, current
from les_viz.ui.viewer import mount_viewer, select_atom
from les_viz.ui.wording import plain, sentence
from les_viz.viewer.scene import colorings, scene_of

QUESTION = "How do the atoms move, and what does an electric field do to them? Press play and drag the field."

_WAITING_HEIGHT = VIEWER_HEIGHT - 42
"""Pixels while no run is there: below the sentences on the presets, the field stays above the fold of 800."""

_ENSEMBLES = {
    Ensemble.NVE.value: "NVE: energy kept",
    Ensemble.BUSSI.value: "NVT: Bussi",
    Ensemble.NOSE_HOOVER.value: "NVT: Nosé-Hoover chain",
    Ensemble.LANGEVIN.value: "NVT: Langevin",
    Ensemble.NPT.value: "NPT: cell moves too (no field)",
}


_ENSEMBLES_HELP = (
    "What is kept: N the number of atoms, V the volume, E the energy, T the temperature, P the pressure. A thermostat "
    "(Bussi, Nosé-Hoover, Langevin) gives and takes heat; Bussi's and Nosé-Hoover's disturb motion least."
)


def open_run() -> RunEntry | None:
    """The run on the page."""
    leave_when_the_bench_changes()
    return shown_run()


def show_structure(shown: Shown | None, run: RunEntry | None) -> None:
    """The run as it moves; before there is one, the structure on the bench."""
    if run is not None:
        show_stream(run)
    elif shown is not None:
        prediction = shown.prediction
        coloring = next(iter(colorings(prediction).values()))
        scene = scene_of(prediction, coloring, selected=current().selected_atom)
        arrow = field_arrow(prediction.positions, scene.cell)
        scene = scene if arrow is None else replace(scene, arrows=(arrow,))
        mount_viewer(scene, on_pick=select_atom, height=_WAITING_HEIGHT)


def show_controls(bench: Bench, run: RunEntry | None) -> None:
    """Below the viewer: transport and the field."""
    if run is None:
        show_start(bench.structure, bench.model)
    else:
        show_transport(run, bench.structure, bench.model)
    show_problem()
    show_field()
    for note in [] if run is None else run.described.get("notes", []):
        st.caption(f":material/info: :orange[{plain(sentence(note))}]")


def show_plots(run: RunEntry | None) -> None:
    """Right of the viewer: what the run says of itself; before there is one, its settings."""
    if run is not None:
        show_charts(run)
        return
    st.markdown("**The next run**")
    show_settings()


def show_details(bench: Bench, run: RunEntry | None) -> None:
    """Below: settings, protocol, runs, files."""
    contents = {"Field over time": show_protocol, "Runs": show_runs}
    if run is not None:
        contents |= {"Files": partial(show_files, run), "The next run": show_settings}
    panels("dynamics_tabs", {**contents, "What is computed": _show_notes})


def show_settings() -> None:
    """Ensemble, temperature, time step, length."""
    st.selectbox(
        "Ensemble",
        list(_ENSEMBLES),
        format_func=_ENSEMBLES.__getitem__,
        help=_ENSEMBLES_HELP,
        **planned("run_ensemble", "ensemble"),
    )
    first, second = st.columns(2)
    first.number_input(
        "Temperature (K)", min_value=1.0, max_value=20_000.0, step=50.0, **planned("run_temperature", "temperature")
    )
    second.number_input(
        "Time step (fs)",
        min_value=0.05,
        max_value=10.0,
        step=0.25,
        help="0.25 to 0.5 fs keeps the energy of bonds to hydrogen; 1 fs is for looking.",
        **planned("run_timestep", "timestep"),
    )
    first.number_input("Length (ps)", min_value=0.001, max_value=100_000.0, step=1.0, **planned("run_length", "length"))
    second.number_input(
        "Steps from frame to frame", min_value=1, max_value=10_000, step=1, **planned("run_every", "every")
    )
    first.number_input(
        "Seed",
        min_value=0,
        max_value=2**31,
        step=1,
        help="Of the random velocities at the start: another seed, another run.",
        **planned("run_seed", "seed"),
    )
    second.toggle(
        "Relax first",
        help="Follow the forces downhill before the atoms get their velocities.",
        **planned("run_minimize", "is_minimized"),
    )
    plan = current_plan()
    st.caption(f"{plan.steps} steps, {plan.steps // plan.every + 1} frames; computed in single precision.")


def _show_notes() -> None:
    st.markdown(_NOTES)


_NOTES = """
Forces are those of the model plus Σ E·Z\\*, with Born effective charges Z\\* whose sum over the atoms is zero. A model
whose charges are transfers between neighbours (as the bundled water and organic models) has a polarisation P of its
own; for it the field is the energy −E·P.

**Conserved energy** is potential plus kinetic energy, less the work of the field, less what the thermostat gave. Its
drift is the error of the time step, and should be small beside the kinetic energy.

**ΔP** is the change of the dipole moment since the start. The full line adds up Z\\*·v over time (it is exact for
models with a polarisation of their own); the dashed line is the dipole of the latent charges at unwrapped positions.
Where the model keeps its total charge they agree; the difference shows where it does not.

A field of 1 V/Å is far beyond what water stands in a laboratory (it breaks down at about 0.01 V/Å; hydrogen bonds to an
ion feel about 1 V/Å): strong fields make the effect visible within a picosecond. Charges learned from energies are
screened by √ε∞, so the response to a field in vacuum is √ε∞ times larger than with ε∞ = 1; sign and ε∞ are set on the
page Response.
"""
