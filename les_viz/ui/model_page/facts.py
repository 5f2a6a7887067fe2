"""What a model is: its parts and constants as a table, its card, its origin, its training, its file."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.errors import LesVizError
from les_viz.models.cards import TWIN_FILE, read_card, training_log
from les_viz.models.loading import WEIGHTS_FILE
from les_viz.models.native import write_native
from les_viz.plots import theme
from les_viz.plots.curves import Curve, curves
from les_viz.plots.text import signed
from les_viz.ui.figures import show_figure
from les_viz.ui.keys import sample_name
from les_viz.ui.session import ModelEntry
from les_viz.ui.wording import as_markdown, plain
from les_viz.units import COULOMB_CONSTANT

if TYPE_CHECKING:
    from les_viz.models.model import LESModel

_TRAINING_FIGURES = {
    "force_rmse_meV_per_A": "force RMSE, held out (meV/Å)",
    "energy_rmse_meV_per_atom": "energy RMSE, held out (meV/atom)",
}


def fact_table(model: "LESModel") -> pd.DataFrame:
    """Architecture, constants and scales, a row each."""
    config = model.config
    rows = [
        ("elements", ", ".join(SYMBOLS[number] for number in sorted(config.elements))),
        ("parameters", f"{sum(parameter.numel() for parameter in model.parameters()):,}"),
    ]
    for number, part in enumerate(config.representations, start=1):
        name = "representation" if len(config.representations) == 1 else f"representation {number}"
        steps = "no message passing" if part.message is None else "one message-passing step"
        rows.append((name, f"Cartesian ACE, l ≤ {part.l_max}, up to {part.nu_max} neighbours at once, {steps}"))
        rows.append(("cutoff (Å)", f"{part.cutoff:g}"))
        rows.append(("radial functions", f"{part.n_radial}, each a mixture of {part.n_radial_basis} Bessel functions"))
    rows.append(("energy heads", str(len(config.energy_heads))))
    rows += _charge_rows(model)
    if config.atomic_energies:
        energies = ", ".join(f"{SYMBOLS[z]} {signed(energy)}" for z, energy in sorted(config.atomic_energies.items()))
        rows.append(("atomic energies (eV)", energies))
    return pd.DataFrame(rows, columns=["property", "value"])


def show_facts(entry: ModelEntry) -> None:
    """Two tables: what the model is, and where its file says that it comes from."""
    parts, origin = st.columns(2)
    parts.markdown(as_markdown(fact_table(entry.model)))
    provenance = [(name.replace("_", " "), text) for name, text in entry.model.config.provenance.items()]
    if provenance:
        origin.dataframe(
            pd.DataFrame(provenance, columns=["origin", "as the file says"]), hide_index=True, height="content"
        )
    else:
        origin.info("The file does not say where the model comes from.")


def show_card(entry: ModelEntry) -> None:
    """What a bundled model teaches, how wrong it is and what it is not for."""
    card = card_of(entry)
    if "title" not in card:
        st.info("This model brings no card: what it was trained on, and how wrong it is, its author must say.")
        return
    st.markdown(f"**{plain(str(card['title']))}**")
    st.markdown(plain(str(card.get("teaches", ""))))
    training = card.get("training", {})
    if training:
        st.caption(plain(f"Trained on {training.get('frames', '?')} frames: {training.get('data', '')}"))
        st.caption(plain(f"Licence of the data: {training.get('data_licence', 'not stated')}"))
    limits = card.get("not_for", [])
    if limits:
        with st.expander(f"What it is not for ({len(limits)})"):
            st.caption("\n".join(f"- {plain(str(limit))}" for limit in limits))


def show_errors(entry: ModelEntry) -> None:
    """Measured errors as metrics."""
    held_out: dict[str, Any] = card_of(entry).get("held_out", {})
    first, second = st.columns(2)
    first.metric("Energy RMSE", _figure(held_out, "energy_rmse_meV_per_atom", "meV/atom"), help=held_out.get("frames"))
    second.metric("Force RMSE", _figure(held_out, "force_rmse_meV_per_A", "meV/Å"), help=held_out.get("frames"))


def show_training(entry: ModelEntry) -> None:
    """Held-out errors over the epochs, with the twin where there is one."""
    name = sample_name(entry.key)
    if name is None or not training_log(name):
        st.info("The log of the training is not bundled with this model.")
        return
    logs = {"long-range": (training_log(name, WEIGHTS_FILE), theme.LONG_RANGE)}
    if twin := training_log(name, TWIN_FILE):
        logs["short-range twin"] = (twin, theme.SHORT_RANGE)
    for column, (figure_name, label) in zip(st.columns(2), _TRAINING_FIGURES.items(), strict=True):
        lines = []
        for kind, (records, color) in logs.items():
            kept = [record for record in records if figure_name in record]
            x = [float(record.get("epoch", record.get("round", number))) for number, record in enumerate(kept)]
            lines.append(Curve(name=kind, x=x, y=[float(record[figure_name]) for record in kept], color=color))
        figure = curves(lines, x_label="epoch", y_label=label, is_logarithmic=True)
        show_figure(figure, key=f"training_{figure_name}", place=column)


def show_conversion(entry: ModelEntry) -> None:
    """Download in our format: what `les-viz convert` writes."""
    st.markdown(
        "Upload a published CACE-LES `.pth` file in the sidebar: it is read without executing anything in it. Here it "
        "comes back in the native format, one safetensors file whose header says what the model is."
    )
    st.download_button(
        "This model in the native format",
        lambda: native_bytes(entry.model),
        file_name="weights.safetensors",
        on_click="ignore",
    )
    st.caption("The same on the command line: `les-viz convert model.pth weights.safetensors`.")


def native_bytes(model: "LESModel") -> bytes:
    """The model's file; in single precision where that loses nothing."""
    weights = {name: value.detach().cpu().numpy() for name, value in model.named_parameters()}
    single = {name: value.astype(np.float32) for name, value in weights.items()}
    is_exact = all(np.array_equal(single[name], value) for name, value in weights.items())
    return write_native(model.config, single if is_exact else weights)


def card_of(entry: ModelEntry) -> dict[str, Any]:
    """The card of a bundled model; empty for others, and for a damaged one, which is said."""
    name = sample_name(entry.key)
    if name is None:
        return {}
    try:
        return read_card(name)
    except LesVizError as error:
        st.error(plain(str(error)))
        return {}


def _charge_rows(model: "LESModel") -> list[tuple[str, str]]:
    config = model.config
    if config.charge_head is None or config.electrostatics is None:
        return [("charges", "none: a short-range model")]
    head = type(config.charge_head).__name__
    kind = "transfers between neighbours, total conserved" if head == "BondHeadConfig" else "read off each atom"
    kept = "kept" if config.electrostatics.self_interaction else "removed"
    if config.electrostatics.removed_self_terms > 1 and kept == "removed":
        kept += f" {config.electrostatics.removed_self_terms} times in periodic cells, as published"
    channels = "1 channel" if config.charge_head.n_out == 1 else f"{config.charge_head.n_out} channels"
    return [
        ("charges", f"{channels}, {kind}"),
        ("smearing σ (Å)", f"{config.electrostatics.smearing:g}"),
        ("k cutoff (1/Å)", f"{config.electrostatics.k_cutoff:.4g}"),
        ("self-interaction", kept),
        ("Coulomb constant (eV Å)", f"{COULOMB_CONSTANT:.6f}, CODATA"),
        ("charge sign", signed(config.charge_sign, 0)),
        (
            "ε∞",
            f"{config.epsilon_infinity:g}" + (", none or unknown" if config.epsilon_infinity == 1 else ""),
        ),
        ("charge scale", signed(model.charge_scale)),
    ]


def _figure(table: dict[str, Any], name: str, unit: str) -> str:
    value = table.get(name)
    return "not measured" if value is None else f"{value:.3g} {unit}"
