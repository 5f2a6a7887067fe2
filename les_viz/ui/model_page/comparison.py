"""Two models on one structure: charges, forces, energies, Born effective charges, and the truth of the file."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.errors import LesVizError
from les_viz.plots import theme
from les_viz.plots.parity import agreement, parity
from les_viz.plots.text import literal, signed
from les_viz.response.prediction import FloatArray, Prediction
from les_viz.ui import models, structures
from les_viz.ui.figures import show_figure
from les_viz.ui.keys import sample_key, sample_name
from les_viz.ui.prediction import predict_cached
from les_viz.ui.session import ModelEntry, Shown, current
from les_viz.ui.settings import bound, chosen
from les_viz.ui.wording import as_markdown, plain

if TYPE_CHECKING:
    import ase

    from les_viz.models.model import LESModel
    from les_viz.system import Boundary

_OTHER_WIDGET = "other_model_choice"
_WHAT_WIDGET = "compared_quantity_choice"
_QUANTITIES = frozenset({"energy", "forces", "latent_charges", "dipole"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One quantity of both models.

    Attributes:
        label: what it is.
        unit: its unit.
        first: (n,) of the model on the bench.
        second: (n,) of the other.
        kinds: (n,) element of each.
    """

    label: str
    unit: str
    first: FloatArray
    second: FloatArray
    kinds: list[str]


def choose_other(entry: ModelEntry) -> ModelEntry | None:
    """Another model: the twin, another sample, an upload."""
    name = sample_name(entry.key)
    twin = None if name is None else models.load_twin(name)
    options: dict[str, str] = {} if twin is None else {twin.key: "its short-range twin"}
    options |= {sample_key(other): other for other in models.names() if other != name}
    uploads = {other.key: other for other in current().uploaded_models if other.key != entry.key}
    options |= {key: other.label for key, other in uploads.items()}
    if not options:
        st.info("There is no other model yet: upload one in the sidebar to compare.")
        return None
    keys = list(options)
    key = st.selectbox(
        "Compare with",
        keys,
        format_func=options.__getitem__,
        **bound(_OTHER_WIDGET, "with", chosen("with", keys), keys[0]),
    )
    if twin is not None and key == twin.key:
        return twin
    return uploads[key] if key in uploads else models.load_sample(str(sample_name(key)))


def show_comparison(shown: Shown) -> None:
    """Numbers of both models and of the file, and a parity plot of one quantity."""
    other = choose_other(shown.model)
    if other is None:
        return
    try:
        prediction = predict_cached(other, shown.atoms, _QUANTITIES, boundary=shown.boundary)
        with st.spinner("Taking the time of both", show_time=True):
            seconds = [seconds_of(entry, shown) for entry in (shown.model, other)]
    except LesVizError as error:
        st.error(plain(str(error)))
        return
    left, right = st.columns(2)
    with left:
        st.markdown(as_markdown(number_table(shown, other, prediction, seconds), align="--:"))
        st.caption(
            "Energies of models that were trained on different methods have different zeros. Time: energy, forces and "
            "charges, once, on this machine while it does whatever else it does."
        )
    with right:
        _show_parity(shown, other, prediction)


def seconds_of(entry: ModelEntry, shown: Shown) -> float:
    """How long one prediction of energy, forces and charges takes here; measured once for each content."""
    return _measured_seconds(entry.key, structures.digest(shown.atoms), shown.boundary, entry.model, shown.atoms)


@st.cache_data(max_entries=64, ttl=3600, show_spinner=False)
def _measured_seconds(
    model_key: str, digest: str, boundary: "Boundary | None", _model: "LESModel", _atoms: "ase.Atoms"
) -> float:
    from les_viz.response.predict import predict

    started = time.perf_counter()
    predict(_model, _atoms, quantities=("energy", "forces", "latent_charges"), boundary=boundary)
    return time.perf_counter() - started


def number_table(
    shown: Shown, other: ModelEntry, prediction: Prediction, seconds: Sequence[float] | None = None
) -> pd.DataFrame:
    """One row a quantity, one column a model, and the deviations from the file's own values."""
    asked = ((shown.model, shown.prediction), (other, prediction))
    columns = [_numbers(entry, own) for entry, own in asked]
    rows = [(name, columns[0][name], columns[1][name]) for name in columns[0]]
    truth = file_forces(shown)
    if truth is not None:
        errors = [agreement(truth, np.asarray(own.forces)).rmse for _, own in asked]
        rows.append(("force RMSE against the file (eV/Å)", f"{errors[0]:.4f}", f"{errors[1]:.4f}"))
    if seconds is not None:
        rows.append(("time (ms)", f"{1e3 * seconds[0]:.0f}", f"{1e3 * seconds[1]:.0f}"))
    return pd.DataFrame(rows, columns=["quantity", shown.model.label, other.label])


def _numbers(entry: ModelEntry, prediction: Prediction) -> dict[str, str]:
    has_charges = entry.model.coulomb is not None
    return {
        "energy (eV)": signed(prediction.energy),
        "Coulomb energy (eV)": signed(prediction.long_range_energy) if has_charges else "none",
        "force RMS (eV/Å)": f"{_rms(prediction.forces):.3f}",
        "total charge (e)": signed(prediction.total_charge) if has_charges else "none",
        "dipole (e Å)": f"{_size(prediction.dipole):.3f}" if has_charges else "none",
    }


def file_forces(shown: Shown) -> FloatArray | None:
    """Forces that came with the structure, if it was not changed since."""
    results = shown.atoms.calc.results if shown.atoms.calc is not None else {}
    forces = results.get("forces")
    return None if forces is None else np.asarray(forces, dtype=float)


def _show_parity(shown: Shown, other: ModelEntry, prediction: Prediction) -> None:
    options = ["forces"]
    if all(entry.model.coulomb is not None for entry in (shown.model, other)):
        options += ["charges", "Born effective charges"]
    truth = file_forces(shown)
    if truth is not None:
        options.insert(0, "forces against the file")
    setting = bound(_WHAT_WIDGET, "compare", chosen("compare", options), options[0])
    what = st.segmented_control("Compare", options, required=True, wrap=True, **setting)
    try:
        if what == "forces against the file" and truth is not None:
            _show_truth(shown, other, prediction, truth)
            return
        pair = _compared(shown, other, prediction, str(what))
    except LesVizError as error:
        st.info(plain(str(error)))
        return
    compared = agreement(pair.first, pair.second)
    figure = parity(
        pair.first,
        pair.second,
        pair.kinds,
        x_label=f"{literal(shown.model.label)}: {pair.label} ({pair.unit})",
        y_label=f"{literal(other.label)}: {pair.label} ({pair.unit})",
    )
    show_figure(figure, key="model_parity")
    fit = "" if compared.r_squared is None else f", R² {compared.r_squared:.3f}"
    st.caption(f"RMS difference {compared.rmse:.3g} {pair.unit}{fit}.")


def _compared(shown: Shown, other: ModelEntry, prediction: Prediction, what: str) -> Compared:
    symbols = np.array([SYMBOLS[number] for number in prediction.atomic_numbers])
    mine = shown.prediction
    if what == "charges":
        label, unit, first, second = "partial charge", "e", mine.partial_charges, prediction.partial_charges
    elif what == "forces":
        label, unit = "force component", "eV/Å"
        first, second = np.asarray(mine.forces), np.asarray(prediction.forces)
    else:
        asked = frozenset({"born_effective_charges"})
        tensors = [
            np.asarray(predict_cached(entry, shown.atoms, asked, boundary=shown.boundary).born_effective_charges)
            for entry in (shown.model, other)
        ]
        label, unit, first, second = "BEC", "e", tensors[0], tensors[1]
    per_atom = first.size // len(symbols)
    return Compared(
        label=label,
        unit=unit,
        first=first.ravel(),
        second=second.ravel(),
        kinds=np.repeat(symbols, per_atom).tolist(),
    )


def _show_truth(shown: Shown, other: ModelEntry, prediction: Prediction, truth: FloatArray) -> None:
    values = np.concatenate([np.ravel(np.asarray(own.forces)) for own in (shown.prediction, prediction)])
    kinds = [literal(shown.model.label)] * truth.size + [literal(other.label)] * truth.size
    figure = parity(
        np.tile(truth.ravel(), 2),
        values,
        kinds,
        x_label="force in the file (eV/Å)",
        y_label="force of the model (eV/Å)",
    )
    for trace, color in zip(figure.data[1:], _colors(shown.model, other), strict=True):
        trace.marker.color = color
    show_figure(figure, key="truth_parity")
    errors = [agreement(truth, np.asarray(own.forces)).rmse for own in (shown.prediction, prediction)]
    st.caption(
        plain(f"RMSE {1e3 * errors[0]:.3g} meV/Å of {shown.model.label}, {1e3 * errors[1]:.3g} meV/Å of {other.label}.")
    )


def _colors(first: ModelEntry, second: ModelEntry) -> tuple[str, str]:
    """Those that models with and without charges have everywhere; another one where both are of one kind."""
    mine, others = (theme.SHORT_RANGE if e.model.coulomb is None else theme.LONG_RANGE for e in (first, second))
    return mine, theme.SERIES[0] if others == mine else others


def _rms(forces: FloatArray | None) -> float:
    return float(np.sqrt(np.mean(np.square(np.asarray(forces)))))


def _size(vector: FloatArray | None) -> float:
    return float(np.linalg.norm(np.asarray(vector)))
