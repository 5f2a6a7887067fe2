"""Latent charges beside other charges: those in the file, GFN2-xTB, EEQ, formal ones."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.plots.parity import R_SQUARED_HELP, agreement, parity
from les_viz.plots.text import signed
from les_viz.reference import equilibration, tight_binding
from les_viz.reference.formal_charges import formal_charges
from les_viz.reference.process import MOST_ATOMS, Order, compute_aside
from les_viz.response.prediction import FloatArray
from les_viz.ui import structures
from les_viz.ui.figures import show_figure
from les_viz.ui.jobs import Progress, run_aside
from les_viz.ui.session import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Charges that another method gives.

    Attributes:
        order: what its process is asked for.
        package: what must be installed.
        is_installed: whether it is.
        what: what these charges are.
    """

    order: Order
    package: str
    is_installed: Callable[[], bool]
    what: str


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


_OFFERS: Mapping[str, Offer] = {
    "GFN2-xTB, Mulliken": Offer(
        order="charges",
        package="tblite",
        is_installed=tight_binding.is_installed,
        what="Mulliken charges of GFN2-xTB, a semi-empirical quantum chemistry",
    ),
    "EEQ": Offer(
        order="equilibration_charges",
        package="dftd4",
        is_installed=equilibration.is_installed,
        what="charges by electronegativity equilibration (EEQ), the classical ones that D4 dispersion uses",
    ),
}
"""What can be computed on demand."""


def show_truth(shown: Shown) -> None:
    """Choose other charges and see both in one plot."""
    st.caption(NOT_UNIQUE)
    sources = file_charges(shown)
    formal = formal_charges(shown.prediction.atomic_numbers)
    if formal is not None:
        sources["formal charges"] = formal
    computed = _computed(shown)
    sources = computed | sources
    if not sources:
        return
    # Another key for each set: charges that were just computed are the ones to look at.
    key = f"beside_charges {len(computed)}"
    name = st.segmented_control("Beside", list(sources), default=next(iter(sources)), key=key, required=True, wrap=True)
    _show(shown, str(name), sources.get(str(name), next(iter(sources.values()))))


def file_charges(shown: Shown) -> dict[str, FloatArray]:
    """Charges that came with the structure, by the name of their column; none of one that the visitor changed."""
    found: dict[str, FloatArray] = {}
    for name, array in ({} if shown.edits else structures.columns_of_file(shown.atoms)).items():
        if name.lower() in _NAMES and array.ndim == 1 and array.dtype.kind == "f" and array.any():
            found[f"in the file: {name}"] = array.astype(float)
    return found


def _show(shown: Shown, name: str, reference: FloatArray) -> None:
    values = shown.prediction.partial_charges
    compared = agreement(reference, values)
    left, right = st.columns([3, 2])
    symbols = [SYMBOLS[number] for number in shown.prediction.atomic_numbers]
    figure = parity(reference, values, symbols, x_label=f"{name} (e)", y_label="partial charge of the model (e)")
    show_figure(figure, key="charge_parity", place=left)
    right.metric("RMS difference", f"{compared.rmse:.3f} e")
    right.metric("Slope through the origin", "–" if compared.slope is None else signed(compared.slope))
    right.metric("R²", "–" if compared.r_squared is None else f"{compared.r_squared:.3f}", help=R_SQUARED_HELP)


def _computed(shown: Shown) -> dict[str, FloatArray]:
    """Offers side by side; the charges of those that were taken."""
    if len(shown.atoms) > MOST_ATOMS:
        st.caption(f"GFN2-xTB and EEQ charges are offered for up to {MOST_ATOMS} atoms.")
        return {}
    found = {}
    for column, (name, offer) in zip(st.columns(len(_OFFERS)), _OFFERS.items(), strict=True):
        with column:
            charges = _offered(shown, name, offer)
        if charges is not None:
            found[name] = charges
    return found


def _offered(shown: Shown, name: str, offer: Offer) -> FloatArray | None:
    short = name.partition(",")[0]
    if not offer.is_installed():
        st.caption(f"With {offer.package} installed (`pip install {offer.package}`), {short} is one click away here.")
        return None
    is_slow = offer.order == "charges" and shown.prediction.pbc and len(shown.atoms) > 100
    return run_aside(
        f"{offer.order} {structures.digest(shown.atoms)} {shown.prediction.pbc}",
        f"Compute {short}",
        lambda: _compute(shown, offer.order),
        why=f"{offer.what[:1].upper()}{offer.what[1:]}: {'a minute or more' if is_slow else 'a few seconds'}.",
    )


def _compute(shown: Shown, order: Order) -> Generator[Progress, None, FloatArray]:
    cluster = tight_binding.Cluster(
        atomic_numbers=shown.atoms.numbers.astype(np.int64),
        positions=shown.atoms.positions.copy(),
        cell=np.array(shown.atoms.cell[:]) if shown.prediction.pbc else None,
    )
    found = yield from compute_aside(order, cluster)
    return np.array(found["charges"])
