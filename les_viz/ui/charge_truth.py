"""Latent charges beside other charges: those in the file, GFN2-xTB, formal ones."""

from collections.abc import Generator

import numpy as np
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.plots import theme
from les_viz.plots.parity import agreement, parity
from les_viz.plots.text import signed
from les_viz.reference import tight_binding
from les_viz.reference.formal_charges import formal_charges
from les_viz.reference.process import MOST_ATOMS, compute_aside
from les_viz.response.prediction import FloatArray
from les_viz.ui import structures
from les_viz.ui.jobs import Progress, run_aside
from les_viz.ui.session import Shown
from les_viz.ui.wording import plain

_NAMES = (
    "charges",
    "initial_charges",
    "partial_charges",
    "charge",
    "q",
    "mulliken",
    "hirshfeld",
    "mbis",
    "resp",
    "ddec",
)
"""Names under which files carry charges, in lower case."""

NOT_UNIQUE = (
    "Partial charges are not unique: no measurement gives them, and each method divides the electrons in its own way. "
    "Expect the same signs and order, often another size; latent charges may also differ by the screening factor √ε∞."
)


def show_truth(shown: Shown) -> None:
    """Choose other charges and see both in one plot."""
    st.caption(NOT_UNIQUE)
    sources = file_charges(shown)
    formal = formal_charges(shown.prediction.atomic_numbers)
    if formal is not None:
        sources["formal charges"] = formal
    tight = _tight_binding_charges(shown)
    if tight is not None:
        sources = {"GFN2-xTB, Mulliken": tight, **sources}
    if not sources:
        return
    name = st.segmented_control(
        "Beside", list(sources), default=next(iter(sources)), key="beside_charges", required=True, wrap=True
    )
    _show(shown, str(name), sources.get(str(name), next(iter(sources.values()))))


def file_charges(shown: Shown) -> dict[str, FloatArray]:
    """Charges that came with the structure, by the name of their column."""
    found: dict[str, FloatArray] = {}
    results = shown.atoms.calc.results if shown.atoms.calc is not None else {}
    for name, values in {**shown.atoms.arrays, **results}.items():
        array = np.asarray(values)
        if name.lower() in _NAMES and array.shape == (len(shown.atoms),) and array.dtype.kind == "f" and array.any():
            found[f"in the file: {name}"] = array.astype(float)
    return found


def _show(shown: Shown, name: str, reference: FloatArray) -> None:
    values = shown.prediction.partial_charges
    compared = agreement(reference, values)
    left, right = st.columns([3, 2])
    symbols = [SYMBOLS[number] for number in shown.prediction.atomic_numbers]
    figure = parity(reference, values, symbols, x_label=f"{plain(name)} (e)", y_label="partial charge of the model (e)")
    left.plotly_chart(figure, theme="streamlit", config=theme.toolbar(), key="charge_parity")
    right.metric("RMS difference", f"{compared.rmse:.3f} e")
    right.metric("Slope through the origin", "–" if compared.slope is None else signed(compared.slope))
    right.metric("R²", "–" if compared.r_squared is None else f"{compared.r_squared:.3f}")


def _tight_binding_charges(shown: Shown) -> FloatArray | None:
    if not tight_binding.is_installed():
        st.caption("With tblite installed (`pip install tblite`), GFN2-xTB charges are one click away here.")
        return None
    if len(shown.atoms) > MOST_ATOMS:
        st.caption(f"GFN2-xTB is offered for up to {MOST_ATOMS} atoms.")
        return None
    long = "a minute or more" if shown.prediction.pbc and len(shown.atoms) > 100 else "a few seconds"
    return run_aside(
        f"xtb charges {structures.digest(shown.atoms)} {shown.prediction.pbc}",
        "Compute GFN2-xTB",
        lambda: _compute(shown),
        why=f"Mulliken charges of GFN2-xTB, a semi-empirical quantum chemistry: {long}.",
    )


def _compute(shown: Shown) -> Generator[Progress, None, FloatArray]:
    cluster = tight_binding.Cluster(
        atomic_numbers=shown.atoms.numbers.astype(np.int64),
        positions=shown.atoms.positions.copy(),
        cell=np.array(shown.atoms.cell[:]) if shown.prediction.pbc else None,
    )
    found = yield from compute_aside("charges", cluster)
    return np.array(found["charges"])
