"""Born effective charges beside others: those in the user's file, and those of GFN2-xTB in a finite field."""

from collections.abc import Generator

import numpy as np
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.plots.parity import R_SQUARED_HELP, agreement, parity
from les_viz.plots.text import signed
from les_viz.reference import tight_binding
from les_viz.reference.born_tensors import FoundTensors, ordered_like, tensors_in
from les_viz.reference.process import MOST_ATOMS, compute_aside
from les_viz.response.prediction import FloatArray
from les_viz.ui import structures
from les_viz.ui.figures import show_figure
from les_viz.ui.jobs import Progress, run_aside
from les_viz.ui.response.overview import tensors_of
from les_viz.ui.session import Shown
from les_viz.ui.wording import plain

SECONDS_PER_ATOM_SQUARED = 3e-3
"""Of six single points on one core: for a hint only."""


def show_truth(shown: Shown) -> None:
    """Tensors of the file if it has any; tight binding on demand for finite systems."""
    found = tensors_in(structures.columns_of_file(shown.structure.frames[shown.frame]))
    if found is not None and shown.edits:
        st.caption("You changed the structure: the Born effective charges in its file are not those of what is shown.")
    elif found is not None:
        show_file_tensors(shown, ordered_like(*found, tensors_of(shown.prediction)))
    else:
        st.caption(
            "The structure file carries no Born effective charges. An extxyz file with a column `bec:R:9`, or "
            "`born_effective_charges`, is compared here."
        )
    if shown.prediction.pbc:
        st.caption("GFN2-xTB in a finite field is offered for finite systems: a periodic cell has no finite field.")
    elif not tight_binding.is_installed():
        st.caption("With tblite installed (`pip install tblite`), GFN2-xTB in a finite field is one click away here.")
    elif len(shown.atoms) > MOST_ATOMS:
        st.caption(f"GFN2-xTB is offered for up to {MOST_ATOMS} atoms.")
    else:
        _show_tight_binding(shown)


def show_file_tensors(shown: Shown, found: FoundTensors) -> None:
    """Parity plot against the file's own tensors, and what was found out about the order of their indices."""
    as_it_is, transposed = found.deviations
    order = "(displacement, field)" if found.is_transposed else "(field, displacement)"
    how = "detected" if found.is_told_apart else "assumed, as the tensors are nearly symmetric"
    st.caption(
        plain(
            f"The file's column {found.name}: index order {order}, {how} "
            f"(deviation {as_it_is:.3f} e as it is, {transposed:.3f} e transposed, at the best common scale)."
        )
    )
    show_parity(shown, found.tensors, f"BEC in the file, column {found.name} (e)", key="file")


def show_parity(shown: Shown, reference: FloatArray, x_label: str, *, key: str) -> None:
    """Entry by entry against a reference, with the numbers of their agreement."""
    values = tensors_of(shown.prediction)
    compared = agreement(reference, values)
    plot, numbers = st.columns([3, 2])
    numbers.metric("RMS difference", f"{compared.rmse:.3f} e", help="Over all nine entries of all atoms.")
    slope = "–" if compared.slope is None else signed(compared.slope)
    numbers.metric("Slope", slope, help="Of the line through the origin; far from 1, think of the scale √ε∞ above.")
    r_squared = "–" if compared.r_squared is None else f"{compared.r_squared:.3f}"
    numbers.metric("R²", r_squared, help=R_SQUARED_HELP)
    symbols = np.array([SYMBOLS[number] for number in shown.prediction.atomic_numbers])
    is_diagonal = np.broadcast_to(np.eye(3, dtype=bool), values.shape)
    kinds = np.where(is_diagonal, symbols[:, None, None] + " diagonal", symbols[:, None, None] + " off-diagonal")
    figure = parity(
        reference.ravel(), values.ravel(), kinds.ravel().tolist(), x_label=x_label, y_label="BEC of the model (e)"
    )
    show_figure(figure, key=f"bec_parity_{key}", place=plot)


def _show_tight_binding(shown: Shown) -> None:
    result = run_aside(
        f"xtb born {structures.digest(shown.atoms)}",
        "Compute GFN2-xTB",
        lambda: _tight_binding(shown),
        why=f"GFN2-xTB in a finite field: six single points, {_guess(len(shown.atoms))}. A semi-empirical method, not "
        "the one that the model learned from: expect the same signs and sizes, not the same digits.",
    )
    if result is not None:
        show_parity(shown, result, "BEC of GFN2-xTB (e)", key="xtb")


def _tight_binding(shown: Shown) -> Generator[Progress, None, FloatArray]:
    cluster = tight_binding.Cluster(
        atomic_numbers=shown.atoms.numbers.astype(np.int64), positions=shown.atoms.positions.copy()
    )
    found = yield from compute_aside("born_charges", cluster)
    return np.array(found["born_effective_charges"])


def _guess(n_atoms: int) -> str:
    seconds = SECONDS_PER_ATOM_SQUARED * n_atoms**2
    return "a second or two" if seconds < 3 else f"about {seconds:.0f} s"
