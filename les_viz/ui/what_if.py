"""What if: move an atom, turn a molecule, strain the cell, swap an element; charges and energies follow at once."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.errors import LesVizError
from les_viz.plots.text import signed
from les_viz.response.molecules import find_molecules
from les_viz.ui.ahead import go_ahead
from les_viz.ui.edits import Edit, MoveAtom, RotateGroup, StrainCell, SwapElement
from les_viz.ui.prediction import predict_cached, undo
from les_viz.ui.session import Shown, current, update, widget_value
from les_viz.ui.wording import plain
from les_viz.viewer.scene import Scene

_OTHER_ATOMS = (
    "With an element swapped, the energy change compares different atoms, whose own energies are in it: it does not "
    "say what the swap costs."
)
_TO_DRAW_S = 0.12
"""Seconds for the browser to draw the picture: what came meanwhile it would lay out first, and the picture be late."""

_QUANTITIES = frozenset({"energy", "forces", "latent_charges", "dipole"})


@st.fragment
def show_what_if(
    shown: Shown, draw: Callable[[Shown], Scene | None], quantities: Callable[[], tuple[str, ...]]
) -> None:
    """Controls for each kind of change, undo, and what changed.

    Args:
        shown: what the page showed when it ran last.
        draw: makes the scene of it, as for `go_ahead`.
        quantities: what the page asks for.
    """
    on_page, shown = shown, go_ahead(shown, draw, quantities, key="what_if")
    if shown is not on_page:
        time.sleep(_TO_DRAW_S)
    index = current().selected_atom or 0
    index = min(index, len(shown.atoms) - 1)
    move, turn, strain, swap = st.columns(4, border=True)
    with move:
        _offer_move(shown, index)
    with turn:
        _offer_turn(shown, index)
    with strain:
        _offer_strain(shown)
    with swap:
        _offer_swap(shown, index)
    _show_changes(shown)


def move_atom(index: int, by: tuple[float, float, float]) -> None:
    """Move an atom that was dragged in the viewer."""
    shown = current().shown
    if shown is not None and 0 <= index < len(shown.atoms) and np.isfinite(by).all():
        _add(MoveAtom(index, by))


def _offer_move(shown: Shown, index: int) -> None:
    st.markdown(f"**Move** {_named(shown, index)}")
    for axis in "xyz":
        st.number_input(f"{axis} (Å)", -5.0, 5.0, 0.0, 0.05, format="%.2f", key=f"move_{axis}")
    st.button("Move", key="do_move", on_click=_move, args=(index,))


def _offer_turn(shown: Shown, index: int) -> None:
    prediction = shown.prediction
    molecules = find_molecules(
        prediction.atomic_numbers, prediction.positions, prediction.cell, periodic=prediction.pbc
    )
    group = int(molecules.owner[index])
    members = tuple(np.flatnonzero(molecules.owner == group).tolist())
    st.markdown(f"**Turn** the molecule of {_named(shown, index)}")
    if not molecules.is_finite[group] or len(members) < 2:
        st.caption("This atom belongs to no molecule of two atoms or more.")
        return
    st.selectbox("About", ("x", "y", "z"), key="turn_axis")
    st.slider("Angle (°)", -180, 180, 90, key="turn_angle")
    st.button("Turn", key="do_turn", on_click=_turn, args=(members,))


def _offer_strain(shown: Shown) -> None:
    st.markdown("**Strain** the cell")
    if not shown.prediction.pbc:
        st.caption("An open system has no cell to strain.")
        return
    for axis in "abc":
        st.number_input(f"{axis} (%)", -20.0, 20.0, 0.0, 0.5, format="%.1f", key=f"strain_{axis}")
    st.button("Strain", key="do_strain", on_click=_strain)


def _offer_swap(shown: Shown, index: int) -> None:
    own = int(shown.atoms.numbers[index])
    options = [number for number in sorted(shown.model.model.config.elements) if number != own]
    st.markdown(f"**Swap** {_named(shown, index)}")
    if not options:
        st.caption("The model knows this element only.")
        return
    st.selectbox("Make it", options, format_func=SYMBOLS.__getitem__, key="swap_element")
    st.button("Swap", key="do_swap", on_click=_swap, args=(index,))
    st.caption("The model has seen no such thing: a question, not an answer.")


def _show_changes(shown: Shown) -> None:
    edits = current().edits
    if not edits:
        st.caption(
            "Pick an atom in the viewer and change it here, or drag it there (Move, or with Alt held): charges follow."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Undo", key="undo", on_click=_undo)
        st.button("Undo all", key="undo_all", on_click=_undo_all)
        st.caption(plain("; ".join(edit.name for edit in edits)))
    try:
        before = predict_cached(shown.model, shown.structure.frames[shown.frame], _QUANTITIES, boundary=shown.boundary)
    except LesVizError as error:
        st.caption(plain(f"The structure before the changes cannot be compared: {error}"))
        return
    after = shown.prediction
    first, second, third, fourth, fifth = st.columns(5)
    first.metric("Energy change", f"{signed(after.energy - before.energy)} eV")
    second.metric("of it Coulomb", f"{signed(after.long_range_energy - before.long_range_energy)} eV")
    scale = after.charge_scale / before.charge_scale
    changes = after.partial_charges - scale * before.partial_charges
    most = int(np.argmax(np.abs(changes)))
    third.metric("Largest charge change", f"{signed(float(changes[most]))} e", help=_named(shown, most))
    fourth.metric("Total charge change", f"{signed(float(changes.sum()))} e")
    if after.dipole is not None and before.dipole is not None:
        change = float(np.linalg.norm(after.dipole - scale * before.dipole))
        fifth.metric("Dipole change", f"{change:.3f} e Å", help="Length of the difference.")
    if any(isinstance(edit, SwapElement) for edit in edits):
        st.caption(_OTHER_ATOMS)


def _named(shown: Shown, index: int) -> str:
    return f"{SYMBOLS[int(shown.atoms.numbers[index])]}, atom {index}"


def _add(edit: Edit) -> None:
    update(edits=(*current().edits, edit), is_ahead=True)


def _add_unless_nothing(edit: Edit, by: Sequence[float]) -> None:
    """A button that a number just typed switched on would miss the click that takes the number: it says so instead."""
    if any(by):
        _add(edit)
    else:
        st.toast("Nothing changed: by zero. Give a number first.", icon=":material/info:")


def _move(index: int) -> None:
    x, y, z = (float(widget_value(f"move_{axis}")) for axis in "xyz")
    _add_unless_nothing(MoveAtom(index, (x, y, z)), (x, y, z))


def _turn(members: tuple[int, ...]) -> None:
    angle = float(widget_value("turn_angle"))
    _add_unless_nothing(RotateGroup(members, str(widget_value("turn_axis")), angle), (angle,))


def _strain() -> None:
    a, b, c = (float(widget_value(f"strain_{axis}")) for axis in "abc")
    _add_unless_nothing(StrainCell((a, b, c)), (a, b, c))


def _swap(index: int) -> None:
    _add(SwapElement(index, int(widget_value("swap_element"))))


def _undo() -> None:
    undo()
    update(is_ahead=True)


def _undo_all() -> None:
    update(edits=(), is_ahead=True)
