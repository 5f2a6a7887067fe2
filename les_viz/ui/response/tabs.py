"""The tabs of the Response page: elements, molecules, sum rule, truth, supercells and files."""

import numpy as np
import pandas as pd
import streamlit as st

from les_viz.elements import SYMBOLS, subscripted
from les_viz.io.born_file import born_file
from les_viz.io.writing import extxyz_bytes
from les_viz.plots.histogram import histogram_by_element
from les_viz.plots.spread import spread
from les_viz.plots.tensor import tensor_map
from les_viz.response.molecules import find_molecules, molecular_dipoles
from les_viz.response.tensors import isotropic_parts, symmetric_eigenvalues
from les_viz.ui.figures import show_figure
from les_viz.ui.frame import panels
from les_viz.ui.response.infrared import show_infrared
from les_viz.ui.response.overview import ROUNDING, picked, tensors_of
from les_viz.ui.response.supercell import show_supercells
from les_viz.ui.response.truth import show_truth
from les_viz.ui.session import Shown
from les_viz.ui.settings import bound, chosen
from les_viz.ui.tables import as_numbers
from les_viz.ui.wording import as_markdown
from les_viz.units import DEBYE
from les_viz.viewer.scene import Coloring


def show_details(shown: Shown) -> None:
    """Everything below the viewer."""
    panels(
        "response_tabs",
        {
            "By element": lambda: _show_elements(shown),
            "Molecules": lambda: _show_molecules(shown),
            "Sum rule": lambda: show_sum_rule(shown),
            "Beside truth": lambda: show_truth(shown),
            "Infrared": lambda: show_infrared(shown),
            "Supercells": lambda: show_supercells(shown),
            "Atoms and files": lambda: _show_files(shown),
        },
    )


def _show_elements(shown: Shown) -> None:
    prediction = shown.prediction
    isotropic = isotropic_parts(tensors_of(prediction))
    coloring = Coloring.of("isotropic BEC", "e", isotropic)
    symbols = [SYMBOLS[number] for number in prediction.atomic_numbers]
    figure = histogram_by_element(
        isotropic, symbols, label="isotropic BEC, tr Z / 3 (e)", limit=coloring.limit, marked=picked(shown)
    )
    plot, beside = st.columns(2)
    show_figure(figure, key="bec_by_element", place=plot)
    table = element_table(prediction.atomic_numbers, tensors_of(prediction), prediction.partial_charges)
    in_e = [name for name in table.columns if name.endswith("(e)")]
    beside.dataframe(**as_numbers(table, dict.fromkeys(in_e, 3)), hide_index=True)
    beside.caption(
        "The isotropic part says how much charge an atom seems to carry when it moves; the partial charge, how much it "
        "carries at rest. Anisotropy: mean width of the eigenvalues of the symmetric part."
    )


def element_table(atomic_numbers: np.ndarray, tensors: np.ndarray, charges: np.ndarray) -> pd.DataFrame:
    """Mean and spread of the isotropic part by element, beside the mean partial charge."""
    isotropic, eigenvalues = isotropic_parts(tensors), symmetric_eigenvalues(tensors)
    rows = []
    for number in np.unique(atomic_numbers):
        own = atomic_numbers == number
        rows.append(
            {
                "element": SYMBOLS[number],
                "atoms": int(own.sum()),
                "isotropic (e)": isotropic[own].mean(),
                "spread (e)": isotropic[own].std(),
                "anisotropy (e)": (eigenvalues[own, 2] - eigenvalues[own, 0]).mean(),
                "charge (e)": charges[own].mean(),
            }
        )
    return pd.DataFrame(rows)


def _show_molecules(shown: Shown) -> None:
    prediction = shown.prediction
    molecules = find_molecules(
        prediction.atomic_numbers, prediction.positions, prediction.cell, periodic=prediction.pbc
    )
    sizes = np.linalg.norm(molecular_dipoles(molecules, prediction.partial_charges), axis=1) / DEBYE
    kinds = pd.Series(molecules.formulas)[molecules.is_finite]
    if kinds.empty:
        st.info("All atoms belong to one network without end: there are no molecules here.")
        return
    counts = ", ".join(f"{count} {subscripted(formula)}" for formula, count in kinds.value_counts().items())
    st.caption(
        f"{counts}, found by bond lengths. Dipole of each about its own centre, from partial charges: in a liquid it "
        "is a property of the model, since no experiment cuts a liquid into molecules."
    )
    if kinds.is_unique:
        rows = [(subscripted(formula), f"{sizes[molecule]:.2f}") for molecule, formula in kinds.items()]
        st.markdown(as_markdown(pd.DataFrame(rows, columns=["molecule", "dipole (D)"]), align="--:"))
        return
    formula = kinds.value_counts().index[0]
    if kinds.nunique() > 1:
        names = kinds.value_counts().index.tolist()
        setting = bound("molecule_kind", "kind", chosen("kind", names), names[0])
        formula = st.selectbox("Molecules", names, format_func=subscripted, width=200, **setting)
    own = kinds.index[kinds == formula].to_numpy()
    figure = spread(sizes[own], label=f"dipole of {subscripted(formula)} (D)", counted="molecules")
    show_figure(figure, key="molecular_dipoles")


def show_sum_rule(shown: Shown) -> None:
    """What all tensors add up to, and how the total charge changes as an atom moves."""
    prediction = shown.prediction
    residual = np.asarray(prediction.acoustic_sum_residual)
    residual = np.where(np.abs(residual) < ROUNDING, 0.0, residual)  # or colours would show what digits do not
    slopes = np.linalg.norm(np.asarray(prediction.total_charge_derivative), axis=1)
    left, right = st.columns([2, 3])
    with left:
        st.markdown("**Σ Z over all atoms**, zero in an exact theory")
        figure = tensor_map(residual, label="Σ Z (e)", limit=Coloring.of("", "", residual.ravel()).limit)
        show_figure(figure, key="sum_rule")
    with right:
        st.markdown("**∂Q/∂r**, how the total charge changes as an atom moves")
        if slopes.max() < ROUNDING:
            st.markdown("Zero for every atom, but for rounding: this model conserves the total charge.")
        else:
            figure = spread(slopes, label="size of ∂Q/∂r of an atom (e/Å)", counted="atoms")
            show_figure(figure, key="charge_slopes")
    st.caption(
        "Moving all atoms together moves no charge relative to another, so the tensors of a neutral system add up to "
        "zero. A model whose charges do not add up to a constant breaks this rule by as much as it breaks charge "
        "conservation; dynamics in a field removes the mean, so that the whole does not drift."
    )


def _show_files(shown: Shown) -> None:
    prediction, tensors = shown.prediction, tensors_of(shown.prediction)
    table = atom_table(prediction.atomic_numbers, tensors, np.asarray(prediction.total_charge_derivative))
    numeric = [name for name in table.columns if name.endswith(")")]
    st.dataframe(**as_numbers(table, dict.fromkeys(numeric, 4)), hide_index=True, height=300)
    with st.container(horizontal=True):
        st.download_button(
            "Table as CSV", lambda: table.to_csv(index=False).encode(), file_name="bec.csv", on_click="ignore"
        )
        st.download_button(
            "Structure with BEC (extxyz)", lambda: extxyz_of(shown), file_name="bec.extxyz", on_click="ignore"
        )
        if prediction.pbc:
            st.download_button(
                "BORN file for phonopy",
                lambda: born_file(shown.atoms, tensors, abs(prediction.charge_scale) ** 2).encode(),
                file_name="BORN",
                on_click="ignore",
                help="For the cell on the bench as phonopy's primitive cell; ε∞ is the square of the scale.",
            )


def atom_table(atomic_numbers: np.ndarray, tensors: np.ndarray, slopes: np.ndarray) -> pd.DataFrame:
    """One row an atom: isotropic part, eigenvalues, all nine entries, ∂Q/∂r."""
    columns: dict[str, object] = {
        "atom": np.arange(len(atomic_numbers)),
        "element": [SYMBOLS[number] for number in atomic_numbers],
        "isotropic (e)": isotropic_parts(tensors),
    }
    for index, values in enumerate(symmetric_eigenvalues(tensors).T, start=1):
        columns[f"eigenvalue {index} (e)"] = values
    for a, field in enumerate("xyz"):
        for b, displacement in enumerate("xyz"):
            columns[f"∂P{field}/∂{displacement} (e)"] = tensors[:, a, b]
    for b, displacement in enumerate("xyz"):
        columns[f"∂Q/∂{displacement} (e/Å)"] = slopes[:, b]
    return pd.DataFrame(columns)


def extxyz_of(shown: Shown) -> bytes:
    """The structure with its charges and tensors, nine columns an atom, field direction first."""
    prediction = shown.prediction
    arrays = {
        "partial_charges": prediction.partial_charges,
        "born_effective_charges": tensors_of(prediction),
        "total_charge_derivative": np.asarray(prediction.total_charge_derivative),
    }
    info = {
        "dipole": np.asarray(prediction.dipole),
        "charge_scale": prediction.charge_scale,
        "bec_method": str(prediction.bec_method),
        "bec_index_order": "field displacement",
        "model": shown.model.label,
    }
    return extxyz_bytes(shown.atoms, arrays=arrays, info=info)
