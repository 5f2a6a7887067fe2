"""The field: the largest control of the page, felt by the run at its next step; and how it changes with time."""

from dataclasses import replace

import numpy as np
import streamlit as st

from les_viz.md.protocols import FieldProtocol, Shape, period_of_wavenumber
from les_viz.plots import theme
from les_viz.plots.curves import Curve, curves
from les_viz.ui.dynamics import actions
from les_viz.ui.dynamics.plan import DIRECTIONS, LARGEST_AMPLITUDE, LINKED, change_plan, current_plan
from les_viz.ui.figures import show_figure
from les_viz.ui.links import write
from les_viz.ui.session import seeded, widget_value
from les_viz.units import KV_PER_CM, V_PER_NM, WAVENUMBER

_AMPLITUDE, _DIRECTION, _SHAPE = "field_amplitude", "field_direction", "field_shape"
_STEP = 0.01
_PREVIEW_POINTS = 400

_TIMES = {
    Shape.STEP: ("start_fs",),
    Shape.RAMP: ("start_fs", "duration_fs"),
    Shape.TRIANGLE: ("start_fs", "period_fs"),
    Shape.SINE: ("start_fs", "period_fs"),
    Shape.PULSE: ("center_fs", "width_fs"),
}
_LABELS = {
    "start_fs": "Starts at (fs)",
    "duration_fs": "Rises over (fs)",
    "period_fs": "Period (fs)",
    "center_fs": "Strongest at (fs)",
    "width_fs": "Width σ (fs)",
}


@st.fragment
def show_field() -> None:
    """Strength and direction; what is moving feels them at once."""
    protocol = current_plan().field
    amplitude = 0.0 if protocol.is_off else protocol.amplitude_V_per_A
    largest = max(LARGEST_AMPLITUDE, abs(amplitude))  # that of a run of the command line may be larger
    st.slider(
        "**Electric field (V/Å)**",
        -largest,
        largest,
        step=_STEP,
        format="%.2f",
        **seeded(_AMPLITUDE, amplitude),
        on_change=_take_amplitude,
        help="Drag it while the run moves: the next step feels it. For a protocol, this is its largest strength.",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Direction",
            list(DIRECTIONS),
            **seeded(_DIRECTION, direction_name(protocol)),
            required=True,
            label_visibility="collapsed",
            on_change=_take_direction,
            width="content",
        )
        st.button("Off", on_click=_switch_off, help="Set the field to zero.")
        st.caption(strength_in_words(protocol), width="content")
    write(LINKED)  # this part of the page runs alone


def strength_in_words(protocol: FieldProtocol) -> str:
    """The same strength in other units."""
    amplitude = 0.0 if protocol.is_off else protocol.amplitude_V_per_A
    text = f"{amplitude:.2f} V/Å = {amplitude / V_PER_NM:.3g} V/nm = {amplitude / KV_PER_CM:,.0f} kV/cm"
    shape = "" if protocol.shape in (Shape.CONSTANT, Shape.NONE) else f" · {protocol.shape}"
    return text.replace("-", "−") + shape


def direction_name(protocol: FieldProtocol) -> str | None:
    """The name of a direction that the buttons offer."""
    return next((name for name, vector in DIRECTIONS.items() if vector == tuple(protocol.direction)), None)


def show_protocol() -> None:
    """How the strength changes with time, with a preview."""
    controls, preview = st.columns([2, 3], gap="medium")
    with controls:
        st.segmented_control(
            "Shape",
            [shape.value for shape in Shape],
            **seeded(_SHAPE, current_plan().field.shape),
            required=True,
            wrap=True,
            on_change=_take_shape,
        )
        protocol = current_plan().field
        for name in _TIMES.get(Shape(protocol.shape), ()):
            key = f"field_{name}"
            lowest = min(0.0 if name in ("start_fs", "center_fs") else 0.1, getattr(protocol, name))
            st.number_input(
                _LABELS[name],
                min_value=lowest,
                step=10.0,
                format="%.4g",
                **seeded(key, getattr(protocol, name)),
                on_change=_take_time,
                args=(key, name),
            )
        if protocol.shape == Shape.SINE:
            wavenumber = 1 / (protocol.period_fs * WAVENUMBER)
            st.number_input(
                "The same as a wavenumber (cm⁻¹)",
                min_value=min(1.0, wavenumber),
                step=50.0,
                format="%.4g",
                **seeded("field_wavenumber", wavenumber),
                on_change=_take_wavenumber,
            )
        st.caption("Changed while a run moves, the protocol begins anew at its present step.")
    with preview:
        _show_preview(protocol)


def _show_preview(protocol: FieldProtocol) -> None:
    length = min(1000 * current_plan().length, _span(protocol))
    times = np.linspace(0, length, _PREVIEW_POINTS)
    figure = curves(
        [Curve(name="field", x=times, y=[protocol.strength(float(t)) for t in times], color=theme.SERIES[3])],
        x_label="time (fs)",
        y_label="field (V/Å)",
        height=240,
    )
    show_figure(figure, key="field_preview")


def _span(protocol: FieldProtocol) -> float:
    """How long a preview shows what the protocol does."""
    match Shape(protocol.shape):
        case Shape.TRIANGLE | Shape.SINE:
            return protocol.start_fs + 5 * protocol.period_fs
        case Shape.RAMP:
            return protocol.start_fs + 2 * protocol.duration_fs
        case Shape.PULSE:
            return protocol.center_fs + 6 * protocol.width_fs
        case Shape.STEP:
            return max(1000.0, 2 * protocol.start_fs)
        case _:
            return float("inf")


def _change(**changes: object) -> None:
    field = replace(current_plan().field, **changes)  # type: ignore[arg-type] # fields of a protocol
    change_plan(field=field)
    actions.steer(field, anew=not set(changes) <= {"amplitude_V_per_A", "direction"})


def _take_amplitude() -> None:
    amplitude = float(widget_value(_AMPLITUDE))
    if current_plan().field.shape == Shape.NONE:
        change_plan(field=replace(current_plan().field, shape=Shape.CONSTANT.value))
    _change(amplitude_V_per_A=amplitude)


def _switch_off() -> None:
    _change(amplitude_V_per_A=0.0)


def _take_direction() -> None:
    _change(direction=DIRECTIONS[widget_value(_DIRECTION)])


def _take_shape() -> None:
    _change(shape=widget_value(_SHAPE))


def _take_time(key: str, name: str) -> None:
    _change(**{name: float(widget_value(key))})


def _take_wavenumber() -> None:
    _change(period_fs=period_of_wavenumber(float(widget_value("field_wavenumber"))))
