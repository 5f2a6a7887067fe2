"""The instruments of the Charges page."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.io.writing import extxyz_bytes
from les_viz.plots.histogram import atoms_in_bars, histogram_by_element, summary
from les_viz.plots.scatter import scatter_by_element
from les_viz.plots.text import signed
from les_viz.response.prediction import UNITS, Prediction
from les_viz.response.surroundings import coordination_numbers, nearest_distances
from les_viz.ui.ahead import go_ahead
from les_viz.ui.charge_truth import show_truth
from les_viz.ui.coloring import choices_of, choose_coloring, choose_range, chosen_coloring
from les_viz.ui.figures import show_figure
from les_viz.ui.frame import Bench, panels
from les_viz.ui.session import Shown, current, seed, seeded, update, widget_value
from les_viz.ui.settings import bound, chosen
from les_viz.ui.tables import as_numbers
from les_viz.ui.trajectory import offer_all_colours, trajectory_of
from les_viz.ui.viewer import mount_viewer, select_atom
from les_viz.ui.what_if import move_atom, show_what_if
from les_viz.ui.wording import number
from les_viz.viewer.html import standalone_html
from les_viz.viewer.scene import Coloring, Scene, colorings, scene_of

_TABLE_WIDGET = "atom_table"
_MOST_SELECTED = 5
"""Rows of selected atoms that are shown apart."""

_HISTOGRAM_WIDGET = "charge_histogram"
_ELEMENTS_WIDGET = "element_choice"
_SCATTER_WIDGET = "environment_scatter"

QUESTION = (
    "Which charge does the model give each atom? Latent charges are emergent: energies fix them only up to a common "
    "sign and scale."
)

CAUTION = (
    "Latent charges are what the model found useful to describe energies and forces; nobody told it what a charge is. "
    "Energies fix them only up to a common sign and, since electrons screen them, a common scale."
)


QUANTITIES = ("energy", "forces", "latent_charges")
"""What the page shows first; `server` has it computed before anybody asks."""


def predict(bench: Bench) -> Shown | None:
    """What the page needs."""
    return bench.predict(*QUANTITIES, also=_of_changes())


def _of_changes() -> tuple[str, ...]:
    """What is told of a changed structure too: in a prediction of its own it would take as long as all of it."""
    return ("dipole",) if current().edits else ()


def _quantities() -> tuple[str, ...]:
    return (*QUANTITIES, *_of_changes())


def show_structure(shown: Shown) -> None:
    """The viewer, with the choice of what colours the atoms; selected atoms light up."""
    choose_coloring(shown.prediction)
    coloring = chosen_coloring(shown.prediction)
    trajectory = trajectory_of(shown, coloring)
    if trajectory is not None:
        coloring = trajectory.coloring
    playback = None if trajectory is None else trajectory.playback
    with st.container(gap=None):
        mount_viewer(_scene(shown, coloring), on_pick=select_atom, on_select=select_atoms, playback=playback)
        _heed_moves(shown)
    choose_range(shown.prediction)
    if trajectory is not None:
        offer_all_colours(shown, trajectory)


@st.fragment
def _heed_moves(shown: Shown) -> None:
    """Atoms that are dragged in the viewer."""
    go_ahead(shown, _scene_ahead, _quantities, key="mover", on_move=move_atom)


def _what_if(shown: Shown) -> None:
    show_what_if(shown, _scene_ahead, _quantities)


def _scene_ahead(shown: Shown) -> Scene | None:
    """The scene that `show_structure` will draw; None where it plays a trajectory."""
    coloring = chosen_coloring(shown.prediction)
    return None if trajectory_of(shown, coloring) is not None else _scene(shown, coloring)


def _scene(shown: Shown, coloring: Coloring | None) -> Scene:
    scene = scene_of(shown.prediction, coloring, selected=_selected(shown))
    return replace(scene, selection=selected_atoms(shown), is_movable=True)


def selected_atoms(shown: Shown) -> tuple[int, ...]:
    """The atoms that light up: all of the selection, as long as the picked atom is one of them."""
    picked, n_atoms = _selected(shown), len(shown.prediction.atomic_numbers)
    chosen = tuple(index for index in current().selection if index < n_atoms)
    if picked is None or picked in chosen:
        return chosen
    return (picked,)


def select_atoms(indices: Sequence[int]) -> None:
    """Remember several selected atoms; the last is the picked one."""
    update(selection=tuple(indices), selected_atom=indices[-1] if indices else None)


def show_numbers(shown: Shown) -> None:
    """Total charge, the two parts of the energy, the forces; mean and spread of the charge of each element."""
    prediction = shown.prediction
    scale = f"Sum of the partial charges; scale {prediction.charge_scale:.3g} times the latent charges."
    first, second = st.columns(2)
    first.metric("Total charge", f"{signed(prediction.total_charge)} e", help=scale)
    second.metric("Force RMS", _force_rms(prediction), help="Root mean square of the force components over all atoms.")
    first.metric(
        "Short-range energy",
        f"{number(prediction.short_range_energy)} eV",
        help="E_SR: from each atom's surroundings, atomic energies included.",
    )
    second.metric(
        "Coulomb energy",
        f"{number(prediction.long_range_energy)} eV",
        help="E_LR: Coulomb energy of the latent charges, each a Gaussian of the model's width.",
    )
    st.markdown(_element_table(prediction))


def show_histogram(shown: Shown) -> None:
    """How the coloured value spreads over the atoms of each element; a click on a bar selects its atoms."""
    coloring = _shown_values(shown)
    figure = histogram_by_element(
        coloring.values,
        _symbols(shown.prediction),
        label=f"{coloring.label} ({coloring.unit})",
        limit=coloring.limit,
        marked=_selected(shown),
    )
    show_figure(
        figure,
        selects=True,
        key=_HISTOGRAM_WIDGET,
        on_select=partial(_take_bars, shown),
        selection_mode=("points", "box"),
    )
    _choose_elements(shown)


def _choose_elements(shown: Shown) -> None:
    """All atoms of an element with one click."""
    symbols, chosen = np.asarray(_symbols(shown.prediction)), np.zeros(len(shown.prediction.atomic_numbers), dtype=bool)
    chosen[list(selected_atoms(shown))] = True
    elements = sorted(set(symbols.tolist()))
    st.pills(
        "Select by element, a click on a bar, or a box",
        elements,
        selection_mode="multi",
        **seeded(_ELEMENTS_WIDGET, [element for element in elements if chosen[symbols == element].all()]),
        on_change=_take_elements,
        args=(symbols,),
        help="A bar takes a click. For a box, choose Box Select in the toolbar of the plot.",
    )


def _take_elements(symbols: np.ndarray) -> None:
    select_atoms(np.flatnonzero(np.isin(symbols, widget_value(_ELEMENTS_WIDGET))).tolist())


def show_details(shown: Shown) -> None:
    """Below: the table of atoms with downloads, and what the numbers mean."""
    panels(
        "charges_tabs",
        {
            "Atoms": partial(_show_atoms, shown),
            "Charge against environment": partial(_show_environment, shown),
            "Beside other charges": partial(show_truth, shown),
            "What if": partial(_what_if, shown),
            "What these charges are": _show_notes,
        },
    )


def _show_environment(shown: Shown) -> None:
    prediction, coloring = shown.prediction, _shown_values(shown)
    options = {
        "distance to the nearest neighbour (Å)": nearest_distances,
        "bonded neighbours": coordination_numbers,
    }
    names = list(options)
    setting = bound("environment_choice", "against", chosen("against", names), names[0])
    x_label = str(st.segmented_control("Against", names, required=True, **setting))
    figure = scatter_by_element(
        options[x_label](prediction),
        coloring.values,
        _symbols(prediction),
        x_label=x_label,
        y_label=f"{coloring.label} ({coloring.unit})",
        marked=selected_atoms(shown),
    )
    show_figure(
        figure,
        selects=True,
        key=_SCATTER_WIDGET,
        on_select=_take_points,
        selection_mode=("points", "box"),
    )
    st.caption("Charges follow the surroundings: where the points of an element lie on a line, one distance decides.")


def _show_notes() -> None:
    st.markdown(_NOTES)


def _show_atoms(shown: Shown) -> None:
    table = atom_table(shown.prediction)
    _show_table(table, shown)
    with st.container(horizontal=True):
        _offer_downloads(table, shown)


def atom_table(prediction: Prediction) -> pd.DataFrame:
    """One row an atom; every column carries its unit."""
    columns: dict[str, object] = {
        "atom": np.arange(len(prediction.atomic_numbers)),
        "element": _symbols(prediction),
    }
    for coloring in colorings(prediction).values():
        columns[f"{coloring.label} ({coloring.unit})"] = coloring.values
    columns[f"short-range energy ({UNITS['short_range_energies']})"] = prediction.short_range_energies
    if prediction.forces is not None:
        columns[f"force ({UNITS['forces']})"] = np.linalg.norm(prediction.forces, axis=1)
    for axis, name in enumerate("xyz"):
        columns[f"{name} (Å)"] = prediction.positions[:, axis]
    return pd.DataFrame(columns)


def extxyz_of(shown: Shown) -> bytes:
    """The structure with energies, forces and charges in it."""
    prediction = shown.prediction
    arrays: dict[str, np.ndarray] = {
        "latent_charges": prediction.latent_charges,
        "partial_charges": prediction.partial_charges,
        "potential": prediction.potential,
        "long_range_energies": prediction.long_range_energies,
    }
    if prediction.forces is not None:
        arrays["les_forces"] = prediction.forces
    info = {
        "les_energy": prediction.energy,
        "short_range_energy": prediction.short_range_energy,
        "long_range_energy": prediction.long_range_energy,
        "les_total_charge": prediction.total_charge,  # not what the structure is said to have
        "charge_scale": prediction.charge_scale,
        "model": shown.model.label,
    }
    return extxyz_bytes(shown.atoms, arrays=arrays, info=info)


def html_of(shown: Shown) -> bytes:
    """The picture as a web page of its own."""
    scene = scene_of(shown.prediction, chosen_coloring(shown.prediction))
    return standalone_html(scene, title=f"{shown.structure.label}, {shown.model.label}").encode()


def _shown_values(shown: Shown) -> Coloring:
    """The coloured value; the first there is where atoms are coloured by element."""
    coloring = chosen_coloring(shown.prediction)
    return next(iter(choices_of(shown.prediction).values())) if coloring is None else coloring


def _take_bars(shown: Shown) -> None:
    """Select the atoms of the bars that were clicked or boxed."""
    points = widget_value(_HISTOGRAM_WIDGET)["selection"]["points"]
    bars = [(int(point["curve_number"]), float(point["x"])) for point in points if "x" in point]
    select_atoms(atoms_in_bars(_shown_values(shown).values, _symbols(shown.prediction), bars))


def _take_points() -> None:
    """Select the atoms of the points that were clicked or boxed."""
    points = widget_value(_SCATTER_WIDGET)["selection"]["points"]
    select_atoms([int(np.ravel(point["customdata"])[0]) for point in points if "customdata" in point])


def _selected(shown: Shown) -> int | None:
    index = current().selected_atom
    return index if index is not None and index < len(shown.prediction.atomic_numbers) else None


def _symbols(prediction: Prediction) -> list[str]:
    return [SYMBOLS[number] for number in prediction.atomic_numbers]


def _force_rms(prediction: Prediction) -> str:
    if prediction.forces is None:
        return "not computed"
    return f"{np.sqrt(np.mean(prediction.forces**2)):.3f} eV/Å"


def _element_table(prediction: Prediction) -> str:
    symbols = np.asarray(_symbols(prediction))
    charges = {"latent": prediction.latent_charges, "partial": prediction.partial_charges}
    shown = {name: values for name, values in charges.items() if values.ndim == 1}  # not several channels at once
    rows = [
        "| ".join(["", "atoms", *(f"{name} charge, mean ± std (e)" for name in shown), ""]),
        "|:--|" + "--:|" * len(shown),
    ]
    for element in sorted(set(symbols)):
        own = symbols == element
        rows.append("| ".join(["", f"{own.sum()} {element}", *(summary(values[own]) for values in shown.values()), ""]))
    return "\n".join(rows)


def _show_table(table: pd.DataFrame, shown: Shown) -> None:
    selected = selected_atoms(shown)
    seed(_TABLE_WIDGET, {"selection": {"rows": list(selected), "columns": []}})
    numeric = [name for name in table.columns if name.endswith(")")]
    st.dataframe(
        **as_numbers(table, dict.fromkeys(numeric, 4)),
        hide_index=True,
        height=300,
        key=_TABLE_WIDGET,
        selection_mode="multi-row",
        on_select=_take_selection,
    )
    if selected:  # the table does not scroll to what was picked elsewhere
        st.caption("Selected:" if len(selected) <= _MOST_SELECTED else f"The last {_MOST_SELECTED} that were selected:")
        few = table.iloc[list(selected[-_MOST_SELECTED:])]
        st.dataframe(**as_numbers(few, dict.fromkeys(numeric, 4)), hide_index=True)


def _take_selection() -> None:
    select_atoms([int(row) for row in widget_value(_TABLE_WIDGET)["selection"]["rows"]])


def _offer_downloads(table: pd.DataFrame, shown: Shown) -> None:
    st.download_button(
        "Table as CSV",
        lambda: table.to_csv(index=False).encode(),
        file_name="charges.csv",
        mime="text/csv",
        on_click="ignore",
    )
    st.download_button(
        "Structure with charges (extxyz)",
        lambda: extxyz_of(shown),
        file_name="charges.extxyz",
        mime="chemical/x-xyz",
        on_click="ignore",
    )
    st.download_button(
        "Picture to turn (HTML)",
        lambda: html_of(shown),
        file_name="charges.html",
        mime="text/html",
        on_click="ignore",
        help="The viewer with this structure in one file: opens in any browser, without a network.",
    )


_NOTES = f"""
{CAUTION}

- **Latent charge**: what enters the Coulomb sum of the model, in units of the elementary charge e.
- **Partial charge**: the latent charges times the sign and the screening factor √ε∞ that the model carries; compare
  these with other charges.
- **Coulomb energy** of an atom: half its charge times the potential at its place; the sum over the atoms is E_LR.
- **Potential**: electrostatic potential of all other latent charges (and their periodic images) at the atom, smeared
  by the model's Gaussian width.
"""
