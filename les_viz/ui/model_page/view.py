"""The Models page: the model on the bench, all models in a table, and two of them side by side."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from les_viz.models.cards import read_card
from les_viz.ui import models
from les_viz.ui.frame import panels
from les_viz.ui.model_page import facts
from les_viz.ui.model_page.committee import show_committee
from les_viz.ui.model_page.comparison import show_comparison
from les_viz.ui.session import ModelEntry, Shown, current
from les_viz.ui.viewer import mount_viewer, select_atom
from les_viz.viewer.scene import colorings, scene_of

QUESTION = "What is inside the model on the bench, how wrong is it, and how does it differ from another?"


def show_structure(shown: Shown) -> None:
    """The structure, coloured by the model's charges."""
    coloring = next(iter(colorings(shown.prediction).values()))
    mount_viewer(scene_of(shown.prediction, coloring, selected=current().selected_atom), on_pick=select_atom)


def show_model(entry: ModelEntry) -> None:
    """Errors, the card, the file."""
    facts.show_errors(entry)
    facts.show_card(entry)


def show_details(shown: Shown) -> None:
    """Everything below."""
    panels(
        "model_tabs",
        {
            "Compare two": partial(show_comparison, shown),
            "Committee": partial(show_committee, shown),
            "Inside": partial(facts.show_facts, shown.model),
            "Training": partial(facts.show_training, shown.model),
            "All models": _show_all,
            "Convert and download": partial(facts.show_conversion, shown.model),
        },
    )


def model_table() -> pd.DataFrame:
    """The bundled models, from their cards, and this visitor's own."""
    rows = []
    for name in models.names():
        card = read_card(name)
        held_out, weights = card.get("held_out", {}), card.get("weights", {})
        rows.append(
            {
                "model": name,
                "what it is": card.get("title", ""),
                "licence": weights.get("licence", ""),
                "elements": ", ".join(card.get("elements", [])),
                "energy RMSE (meV/atom)": held_out.get("energy_rmse_meV_per_atom"),
                "force RMSE (meV/Å)": held_out.get("force_rmse_meV_per_A"),
                "parameters": card.get("parameters"),
            }
        )
    for entry in current().uploaded_models:
        parameters = sum(parameter.numel() for parameter in entry.model.parameters())
        rows.append({"model": entry.label, "what it is": models.describe(entry.model), "parameters": parameters})
    return pd.DataFrame(rows)


def _show_all() -> None:
    columns: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="%.3g") for name in ("energy RMSE (meV/atom)", "force RMSE (meV/Å)")
    }
    columns["parameters"] = st.column_config.NumberColumn(format="localized")
    st.dataframe(model_table(), hide_index=True, height="content", column_config=columns)
    st.caption("Errors on frames that the training has not seen, measured with the files as they are bundled.")
