"""What colours the atoms on the Charges page, and on which range."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from les_viz.response.prediction import UNITS, Prediction
from les_viz.ui.session import current, remember, seeded, update, widget_value
from les_viz.viewer.scene import Coloring, colorings

BY_ELEMENT = "element"
_SHORT = {"Coulomb energy": "E_LR", "short-range energy": "E_SR"}
"""Names that are too long for one row; the bar in the viewer has the whole."""
_MOST_BUTTONS = 8
"""Of a row; more choices, as those of several charge channels, are a menu."""
_COLOR_WIDGET, _COLOR_MENU = "color_choice", "color_menu"
_LOCK_WIDGET = "lock_choice"
_LIMIT_WIDGET = "limit_choice"


def choices_of(prediction: Prediction) -> Mapping[str, Coloring]:
    """Everything that can colour the atoms: charges, potential, energies, force."""
    found = dict(colorings(prediction))
    short = prediction.short_range_energies
    # Atoms of an element differ by little about a large value: the difference is what can be seen.
    centred = np.array(short)
    for number in np.unique(prediction.atomic_numbers):
        own = prediction.atomic_numbers == number
        centred[own] -= short[own].mean()
    unit = UNITS["short_range_energies"]
    found["short-range energy"] = Coloring.of("short-range energy, from the element's mean", unit, centred)
    if prediction.forces is not None:
        found["force"] = Coloring.of("force", UNITS["forces"], np.linalg.norm(prediction.forces, axis=1))
    return found


def chosen_coloring(prediction: Prediction) -> Coloring | None:
    """What the visitor chose, on a locked range if there is one; None for elements."""
    choices = choices_of(prediction)
    name = current().color_by
    if name == BY_ELEMENT:
        return None
    coloring = choices.get(name, next(iter(choices.values())))
    limit = current().locked_limit
    return coloring if limit is None else replace(coloring, limit=limit)


def choose_coloring(prediction: Prediction) -> None:
    """The row above the viewer: what colours the atoms, and a lock on its range."""
    choices = choices_of(prediction)
    options = [*choices, BY_ELEMENT]
    chosen = current().color_by if current().color_by in options else options[0]
    is_row = len(options) <= _MOST_BUTTONS
    widget = _COLOR_WIDGET if is_row else _COLOR_MENU
    setting: dict[str, Any] = {
        **seeded(widget, chosen),
        "label_visibility": "collapsed",
        "on_change": remember,
        "args": (widget, "color_by"),
        "kwargs": {"locked_limit": None},
    }
    if is_row:
        st.segmented_control(
            "Colour by", options, format_func=lambda name: _SHORT.get(name, name), required=True, wrap=True, **setting
        )
    else:
        st.selectbox("Colour by", options, width=260, **setting)


def choose_range(prediction: Prediction) -> None:
    """Lock the range of the colours, so that pictures of several structures can be compared."""
    coloring = chosen_coloring(prediction)
    if coloring is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.toggle(
            "Lock the range",
            **seeded(_LOCK_WIDGET, current().locked_limit is not None),
            on_change=_take_lock,
            args=(coloring.limit,),
            help="Keep the same colours for the same values when structure, frame or model change.",
        )
        if current().locked_limit is not None:
            st.number_input(
                f"± ({coloring.unit})",
                min_value=1e-4,
                step=0.1,
                format="%.4g",
                **seeded(_LIMIT_WIDGET, current().locked_limit),
                width=140,
                on_change=remember,
                args=(_LIMIT_WIDGET, "locked_limit"),
            )


def _take_lock(limit: float) -> None:
    update(locked_limit=limit if widget_value(_LOCK_WIDGET) else None)
