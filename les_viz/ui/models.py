"""The models a visitor can pick: bundled ones and uploads."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.errors import LesVizError
from les_viz.hosting import Hosting
from les_viz.io.names import display_name
from les_viz.models.cards import read_card, twin_path
from les_viz.models.loading import load_model, load_model_bytes, sample_names
from les_viz.ui.keys import sample_key, upload_key
from les_viz.ui.session import ModelEntry
from les_viz.ui.structures import FIRST_SAMPLE

if TYPE_CHECKING:
    from les_viz.models.model import LESModel

MAX_UPLOADS = 3
"""How many uploads a session keeps."""

SUFFIXES = ("safetensors", "pth", "model")


def device() -> str:
    """Where models compute, as `les-viz --device` told the app."""
    return Hosting.told_by(os.environ).device


@st.cache_resource(max_entries=16, show_spinner=False)
def load_sample(name: str) -> ModelEntry:
    """Load a bundled model; all visitors share it and none can change it."""
    model = load_model(name, device=device(), dtype="float64")
    return ModelEntry(
        key=sample_key(name),
        label=name,
        model=model,
        expression=f'les_viz.load_model("{name}")',
        trained_as=_boundary_of_training(name),
    )


@st.cache_resource(max_entries=8, show_spinner="Loading the model")
def load_twin(name: str) -> ModelEntry | None:
    """The short-range twin of a bundled model, if it has one."""
    path = twin_path(name)
    if path is None:
        return None
    model = load_model(path, device=device(), dtype="float64")
    expression = f'les_viz.load_model(SAMPLE_MODELS / "{name}/{path.name}")'
    label = f"{name}, short-range twin"
    return ModelEntry(
        key=f"twin:{name}", label=label, model=model, expression=expression, trained_as=_boundary_of_training(name)
    )


def read_upload(name: str, data: bytes) -> ModelEntry:
    """Load an uploaded model for this visitor alone; nothing in the file is executed.

    Args:
        name: as the browser sent it.
        data: content.

    Returns:
        The entry; its key says what is in it, not what it is called.

    Raises:
        ModelError: one sentence that says what is wrong.
    """
    model = load_model_bytes(name, data, device=device(), dtype="float64")
    shown = display_name(name)
    return ModelEntry(
        key=upload_key(data),
        label=f"{shown} (yours)",
        model=model,
        expression=f"les_viz.load_model({shown!r})",
    )


def describe(model: "LESModel") -> str:
    """One line: elements, reach, width of the charges."""
    config = model.config
    cutoff = max(part.cutoff for part in config.representations)
    parts = [f"knows {_symbols(config.elements)}", f"cutoff {cutoff:g} Å"]
    if config.electrostatics is None:
        parts.append("no charges")
    else:
        parts.append(f"charge width σ = {config.electrostatics.smearing:g} Å")
    return " · ".join(parts)


def has_response(model: "LESModel") -> bool:
    """Whether Born effective charges are defined: of one channel of charges."""
    head = model.config.charge_head
    return head is not None and head.n_out == 1


def unlike_training(entry: ModelEntry, *, is_periodic: bool) -> str:
    """What is new to a model in how a structure is treated; empty where nothing is, or no card says it."""
    if entry.trained_as == "periodic" and not is_periodic:
        return "The model was trained on periodic cells only: molecules and clusters alone in vacuum are new to it."
    if entry.trained_as == "open" and is_periodic:
        return "The model was trained on molecules and clusters in vacuum only: periodic cells are new to it."
    return ""


def names() -> list[str]:
    """The bundled models, in the order in which they are offered: that of the first structure first."""
    return sorted(sample_names(), key=lambda name: (name != FIRST_SAMPLE, name))


def unknown_elements(model: "LESModel", atomic_numbers: Iterable[int]) -> str:
    """Symbols of the elements that the model does not know; empty if it knows all."""
    return _symbols(set(atomic_numbers) - set(model.config.elements))


def _boundary_of_training(name: str) -> str | None:
    """As the card says it."""
    try:
        boundary = read_card(name).get("training", {}).get("boundary")
    except LesVizError:  # a damaged card: the pages that show cards say so
        return None
    return None if boundary is None else str(boundary)


def _symbols(atomic_numbers: Iterable[int]) -> str:
    return ", ".join(SYMBOLS[number] for number in sorted(atomic_numbers))
