"""Two models on one structure: charges, forces, energies, Born effective charges, and the truth of the file."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.errors import LesVizError
from les_viz.plots import theme
from les_viz.plots.parity import agreement, parity
from les_viz.response.prediction import FloatArray, Prediction
from les_viz.ui import models
from les_viz.ui.prediction import predict_cached
from les_viz.ui.session import ModelEntry, Shown, current
from les_viz.ui.wording import plain

_OTHER_WIDGET = "other_model_choice"
_WHAT_WIDGET = "compared_quantity_choice"
_QUANTITIES = frozenset({"energy", "forces", "latent_charges", "dipole"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One quantity of both models.

    Attributes:
        label: with its unit in parentheses.
        first: (n,) of the model on the bench.
        second: (n,) of the other.
        kinds: (n,) element of each.
    """

    label: str
    first: FloatArray
    second: FloatArray
    kinds: list[str]


def choose_other(entry: ModelEntry) -> ModelEntry | None:
    """Another model: the twin, another sample, an upload."""
    name = entry.key.removeprefix("sample:")
    twin = models.load_twin(name) if entry.key.startswith("sample:") else None
    options: dict[str, str] = {} if twin is None else {twin.key: "its short-range twin"}
    options |= {models.sample_key(other): other for other in models.names() if models.sample_key(other) != entry.key}
    uploads = {other.key: other for other in current().uploaded_models if other.key != entry.key}
    options |= {key: other.label for key, other in uploads.items()}
    if not options:
        st.info("There is no other model yet: upload one in the sidebar to compare.")
        return None
    key = st.selectbox("Compare with", list(options), format_func=options.__getitem__, key=_OTHER_WIDGET)
    if twin is not None and key == twin.key:
        return twin
    return uploads[key] if key in uploads else models.load_sample(str(key).removeprefix("sample:"))


def show_comparison(shown: Shown) -> None:
    """Numbers of both models and of the file, and a parity plot of one quantity."""
    other = choose_other(shown.model)
    if other is None:
        return
    try:
        started = time.perf_counter()
        prediction = predict_cached(other, shown.atoms, _QUANTITIES, boundary=shown.boundary)
        seconds = time.perf_counter() - started
    except LesVizError as error:
        st.error(plain(str(error)))
        return
    left, right = st.columns([2, 3])
    with left:
        st.dataframe(number_table(shown, other, prediction), hide_index=True, height="content")
        st.caption(
            f"Prediction of the other model: {seconds * 1000:.0f} ms, from memory where it was made before. Energies "
            "of models that were trained on different methods have different zeros."
        )
    with right:
        _show_parity(shown, other, prediction)


def number_table(shown: Shown, other: ModelEntry, prediction: Prediction) -> pd.DataFrame:
    """One row a quantity, one column a model, and the deviations from the file's own values."""
    mine = shown.prediction
    rows = [
        ("energy (eV)", f"{mine.energy:.3f}", f"{prediction.energy:.3f}"),
        ("Coulomb energy (eV)", f"{mine.long_range_energy:.3f}", f"{prediction.long_range_energy:.3f}"),
        ("force RMS (eV/Å)", f"{_rms(mine.forces):.3f}", f"{_rms(prediction.forces):.3f}"),
        ("total charge (e)", f"{mine.total_charge:+.3f}", f"{prediction.total_charge:+.3f}"),
        ("dipole (e·Å)", f"{_size(mine.dipole):.3f}", f"{_size(prediction.dipole):.3f}"),
    ]
    truth = file_forces(shown)
    if truth is not None:
        errors = [agreement(truth, np.asarray(own.forces)).rmse for own in (mine, prediction)]
        rows.append(("force RMSE against the file (eV/Å)", f"{errors[0]:.4f}", f"{errors[1]:.4f}"))
    return pd.DataFrame(rows, columns=["quantity", shown.model.label, other.label])


def file_forces(shown: Shown) -> FloatArray | None:
    """Forces that came with the structure, if it was not changed since."""
    results = shown.atoms.calc.results if shown.atoms.calc is not None else {}
    forces = results.get("forces")
    return None if forces is None else np.asarray(forces, dtype=float)


def _show_parity(shown: Shown, other: ModelEntry, prediction: Prediction) -> None:
    options = ["forces", "charges", "Born effective charges"]
    truth = file_forces(shown)
    if truth is not None:
        options.insert(0, "forces against the file")
    what = st.segmented_control("Compare", options, default=options[0], key=_WHAT_WIDGET, required=True, wrap=True)
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
        x_label=f"{shown.model.label}: {pair.label}",
        y_label=f"{other.label}: {pair.label}",
    )
    st.plotly_chart(figure, theme="streamlit", config=theme.toolbar(), key="model_parity")
    fit = "" if compared.r_squared is None else f", R² {compared.r_squared:.3f}"
    st.caption(f"RMS difference {compared.rmse:.3g}{fit}.")


def _compared(shown: Shown, other: ModelEntry, prediction: Prediction, what: str) -> Compared:
    symbols = np.array([SYMBOLS[number] for number in prediction.atomic_numbers])
    mine = shown.prediction
    if what == "charges":
        label, first, second = "partial charge (e)", mine.partial_charges, prediction.partial_charges
    elif what == "forces":
        label, first, second = "force component (eV/Å)", np.asarray(mine.forces), np.asarray(prediction.forces)
    else:
        asked = frozenset({"born_effective_charges"})
        tensors = [
            np.asarray(predict_cached(entry, shown.atoms, asked, boundary=shown.boundary).born_effective_charges)
            for entry in (shown.model, other)
        ]
        label, first, second = "BEC (e)", tensors[0], tensors[1]
    per_atom = first.size // len(symbols)
    return Compared(
        label=label, first=first.ravel(), second=second.ravel(), kinds=np.repeat(symbols, per_atom).tolist()
    )


def _show_truth(shown: Shown, other: ModelEntry, prediction: Prediction, truth: FloatArray) -> None:
    values = np.concatenate([np.ravel(np.asarray(own.forces)) for own in (shown.prediction, prediction)])
    kinds = [shown.model.label] * truth.size + [other.label] * truth.size
    figure = parity(
        np.tile(truth.ravel(), 2),
        values,
        kinds,
        x_label="force in the file (eV/Å)",
        y_label="force of the model (eV/Å)",
    )
    figure.data[1].marker.color = theme.LONG_RANGE
    figure.data[2].marker.color = theme.SHORT_RANGE
    st.plotly_chart(figure, theme="streamlit", config=theme.toolbar(), key="truth_parity")


def _rms(forces: FloatArray | None) -> float:
    return float(np.sqrt(np.mean(np.square(np.asarray(forces)))))


def _size(vector: FloatArray | None) -> float:
    return float(np.linalg.norm(np.asarray(vector)))
