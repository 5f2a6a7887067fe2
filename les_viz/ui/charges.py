"""The instruments of the Charges page."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.io.writing import extxyz_bytes
from les_viz.plots import theme
from les_viz.plots.histogram import histogram_by_element, summary
from les_viz.plots.text import signed
from les_viz.response.prediction import UNITS, Prediction
from les_viz.ui.frame import panels
from les_viz.ui.session import Shown, current, remember, seed, widget_value
from les_viz.ui.viewer import mount_viewer, select_atom
from les_viz.ui.wording import number, plain
from les_viz.viewer.scene import Coloring, colorings, scene_of

_BY_ELEMENT = "element"
_COLOR_WIDGET = "color_choice"
_TABLE_WIDGET = "atom_table"

QUESTION = (
    "Which charge does the model give each atom? Latent charges are emergent: energies fix them only up to a common "
    "sign and scale."
)

CAUTION = (
    "Latent charges are what the model found useful to describe energies and forces; nobody told it what a charge is. "
    "Energies fix them only up to a common sign and, since electrons screen them, a common scale."
)


def show_structure(shown: Shown) -> None:
    """The viewer, with the choice of what colours the atoms."""
    choices = colorings(shown.prediction)
    coloring = _choose_coloring(choices)
    mount_viewer(scene_of(shown.prediction, coloring, selected=_selected(shown)), on_pick=select_atom)


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
        help="From each atom's surroundings, atomic energies included.",
    )
    second.metric(
        "Coulomb energy",
        f"{number(prediction.long_range_energy)} eV",
        help="E_LR: Coulomb energy of the latent charges, each a Gaussian of the model's width.",
    )
    st.markdown(_element_table(prediction))


def show_histogram(shown: Shown) -> None:
    """How the coloured value spreads over the atoms of each element."""
    choices = colorings(shown.prediction)
    coloring = choices.get(current().color_by, next(iter(choices.values())))
    figure = histogram_by_element(
        coloring.values,
        _symbols(shown.prediction),
        label=f"{coloring.label} ({coloring.unit})",
        limit=coloring.limit,
        marked=_selected(shown),
    )
    st.plotly_chart(figure, theme="streamlit", config=theme.toolbar(), key="charge_histogram")


def show_warnings(shown: Shown) -> None:
    """What belongs beside the numbers."""
    for warning in shown.prediction.warnings:
        sentence = warning[:1].upper() + warning[1:]
        st.warning(plain(sentence))


def show_details(shown: Shown) -> None:
    """Below: the table of atoms with downloads, and what the numbers mean."""
    panels(
        "charges_tabs",
        {"Atoms": lambda: _show_atoms(shown), "What these charges are": _show_notes},
    )


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
        "total_charge": prediction.total_charge,
        "charge_scale": prediction.charge_scale,
        "model": shown.model.label,
    }
    return extxyz_bytes(shown.atoms, arrays=arrays, info=info)


def _choose_coloring(choices: Mapping[str, Coloring]) -> Coloring | None:
    options = [*choices, _BY_ELEMENT]
    chosen = current().color_by if current().color_by in options else options[0]
    seed(_COLOR_WIDGET, chosen)
    st.segmented_control(
        "Colour by",
        options,
        key=_COLOR_WIDGET,
        required=True,
        wrap=True,
        label_visibility="collapsed",
        on_change=remember,
        args=(_COLOR_WIDGET, "color_by"),
    )
    return choices.get(chosen)


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
    rows = ["| element | atoms | charge, mean ± std (e) |", "|:--|--:|--:|"]
    for element in sorted(set(symbols)):
        own = prediction.partial_charges[symbols == element]
        rows.append(f"| {element} | {len(own)} | {summary(own)} |")
    return "\n".join(rows)


def _show_table(table: pd.DataFrame, shown: Shown) -> None:
    selected = _selected(shown)
    seed(_TABLE_WIDGET, {"selection": {"rows": [] if selected is None else [selected], "columns": []}})
    numeric = [name for name in table.columns if name.endswith(")")]
    st.dataframe(
        table,
        hide_index=True,
        height=300,
        key=_TABLE_WIDGET,
        selection_mode="single-row",
        on_select=_take_selection,
        column_config={name: st.column_config.NumberColumn(format="%.4f") for name in numeric},
    )


def _take_selection() -> None:
    rows = widget_value(_TABLE_WIDGET)["selection"]["rows"]
    select_atom(rows[0] if rows else None)


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


_NOTES = f"""
{CAUTION}

- **Latent charge**: what enters the Coulomb sum of the model, in units of the elementary charge e.
- **Partial charge**: the latent charges times the sign and the screening factor √ε∞ that the model carries; compare
  these with other charges.
- **Coulomb energy** of an atom: half its charge times the potential at its place; the sum over the atoms is E_LR.
- **Potential**: electrostatic potential of all other latent charges (and their periodic images) at the atom, smeared
  by the model's Gaussian width.
"""
