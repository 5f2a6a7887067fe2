"""Three runs with something to see within half a minute, each with a sentence on what to watch."""

from dataclasses import dataclass, replace

import streamlit as st

from les_viz import resources
from les_viz.errors import LesVizError
from les_viz.md.protocols import FieldProtocol, period_of_wavenumber
from les_viz.ui import models, structures
from les_viz.ui.dynamics import actions
from les_viz.ui.dynamics.plan import Plan
from les_viz.ui.keys import sample_key
from les_viz.ui.session import update


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A run that is one click away.

    Attributes:
        title: on the button.
        watch: what there is to see.
        sample: name of the model, and of the folder of the structure.
        file: the structure.
        plan: settings.
    """

    title: str
    watch: str
    sample: str
    file: str
    plan: Plan


def _field(shape: str, amplitude: float, **times: float) -> FieldProtocol:
    return replace(FieldProtocol(shape=shape, amplitude_V_per_A=amplitude), **times)  # type: ignore[arg-type]


PRESETS = (
    Preset(
        title="Turn on the field",
        watch="Watch red hydrogens turn along the arrow while ΔP climbs; then drag the field.",
        sample="water",
        file="water_64.extxyz",
        plan=Plan(timestep=1.0, length=2.0, every=2, field=_field("constant", 1.0)),
    ),
    Preset(
        title="Shake at an infrared frequency",
        watch="Watch ΔP swing with a field of 600 cm⁻¹, where water rocks and grows hot.",
        sample="water",
        file="water_64.extxyz",
        plan=Plan(
            ensemble="nve",
            timestep=1.0,
            length=2.0,
            every=2,
            field=_field("sine", 1.0, period_fs=period_of_wavenumber(600)),
        ),
    ),
    Preset(
        title="Let ions drift",
        watch="Watch red ions go along the arrow, blue ones against it, ΔP grow and grow.",
        sample="point-ions",
        file="ions_64.extxyz",
        plan=Plan(temperature=2500.0, timestep=2.0, length=4.0, every=2, field=_field("constant", 0.3)),
    ),
)


def show_presets(*, is_compact: bool) -> None:
    """A button for each that has its files; compact, the sentences are tooltips, to leave the room to the viewer."""
    found = [preset for preset in PRESETS if (resources.SAMPLE_MODELS / preset.sample / preset.file).is_file()]
    if not found:
        return
    with st.container(key="presets"):
        columns = st.columns(len(found))
    for column, preset in zip(columns, found, strict=True):
        with column, st.container(gap="xsmall"):
            st.button(
                preset.title,
                icon=":material/play_circle:",
                key=f"preset {preset.title}",
                on_click=start_preset,
                args=(preset,),
                width="stretch",
                help=preset.watch if is_compact else None,
            )
            if not is_compact:
                st.caption(preset.watch)


def start_preset(preset: Preset) -> None:
    """Put structure and model onto the bench, plan the run, start it."""
    path = resources.SAMPLE_MODELS / preset.sample / preset.file
    update(
        structure_key=structures.sample_key(path),
        model_key=sample_key(preset.sample),
        frame=0,
        edits=(),
        boundary=None,
        selected_atom=None,
        selection=(),
        charge_sign=None,
        epsilon_infinity=None,
        plan=preset.plan,
    )
    try:
        structure, model = structures.load_sample(path), models.load_sample(preset.sample)
    except LesVizError as error:
        update(run_problem=str(error))
        return
    actions.start(structure, model)
