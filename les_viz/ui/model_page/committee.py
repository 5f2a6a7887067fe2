"""Several models on one structure: how far their charges, forces and energies spread, atom by atom."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.errors import LesVizError
from les_viz.plots.histogram import histogram_by_element
from les_viz.response.committee import Committee, committee_of
from les_viz.response.prediction import FloatArray
from les_viz.ui import models
from les_viz.ui.figures import show_figure
from les_viz.ui.prediction import predict_cached
from les_viz.ui.session import ModelEntry, Shown, current
from les_viz.ui.settings import bound, chosen, chosen_many
from les_viz.ui.viewer import mount_viewer, select_atom
from les_viz.ui.wording import plain
from les_viz.viewer.scene import Coloring, scene_of

_QUANTITIES = frozenset({"energy", "forces", "latent_charges", "dipole"})
_LARGEST_SPREAD = 1.0
"""eV an atom: models of one method do not differ by more."""

_MEMBERS_WIDGET, _WHAT_WIDGET = "committee_members", "committee_quantity"


def show_committee(shown: Shown) -> None:
    """Choose models, see where they disagree."""
    options = {entry.key: entry for entry in candidates(shown)}
    if len(options) < 2:
        st.info(
            "A committee needs two models or more that know all elements of the structure: upload others in the "
            "sidebar, such as the same model trained from other seeds."
        )
        return
    names, usual = list(options), usual_members(shown, options.values())
    keys = st.multiselect(
        "Models",
        names,
        format_func=lambda key: options[key].label,
        **bound(f"{_MEMBERS_WIDGET} {' '.join(names)}", "members", chosen_many("members", names, usual), usual),
    )
    if len(keys) < 2:
        treated = "periodic cells" if shown.prediction.pbc else "molecules and clusters in vacuum"
        st.caption(
            f"Choose two models or more. At first those are chosen that were trained on {treated}, as the structure is "
            "treated here: of others the spread says that they were trained on something else."
        )
        return
    try:
        with st.spinner("Asking each model", show_time=True):
            asked = [predict_cached(options[key], shown.atoms, _QUANTITIES, boundary=shown.boundary) for key in keys]
        found = committee_of(asked)
    except LesVizError as error:
        st.error(plain(str(error)))
        return
    _show(shown, found)


def candidates(shown: Shown) -> list[ModelEntry]:
    """The model on the bench, then bundled ones and uploads that know the elements and have charges."""
    bundled = [models.load_sample(name) for name in models.names()]
    entries = {entry.key: entry for entry in (shown.model, *bundled, *current().uploaded_models)}
    numbers = shown.atoms.numbers.tolist()
    return [
        entry
        for entry in entries.values()
        if entry.model.coulomb is not None and not models.unknown_elements(entry.model, numbers)
    ]


def usual_members(shown: Shown, entries: Iterable[ModelEntry]) -> list[str]:
    """Keys of the model on the bench and of those that, as far as cards tell, were trained on structures treated so."""
    is_periodic = shown.prediction.pbc
    return [
        entry.key
        for entry in entries
        if entry.key == shown.model.key or not models.unlike_training(entry, is_periodic=is_periodic)
    ]


def _show(shown: Shown, found: Committee) -> None:
    n_atoms = len(found.charges)
    first, second, third, fourth = st.columns(4)
    first.metric("Charges", f"{_rms(found.charges):.3g} e", help="Root mean square over the atoms of their spread.")
    second.metric("Forces", f"{_rms(found.forces):.3g} eV/Å", help="Root mean square over the atoms of their spread.")
    third.metric(
        "Energy",
        _energy_spread(found.energy / n_atoms),
        help="Spread of the energy of the whole. Models that were trained on different methods have different zeros of "
        "energy, eV apart: then it says nothing.",
    )
    fourth.metric("Dipole", f"{found.dipole:.3f} e Å", help="Spread of the dipole vector of the whole.")
    options = {
        "charges": Coloring.of("spread of partial charge", "e", found.charges),
        "forces": Coloring.of("spread of force", "eV/Å", found.forces),
    }
    setting = bound(_WHAT_WIDGET, "spread", chosen("spread", list(options)), "charges")
    what = str(st.segmented_control("Spread of", list(options), required=True, **setting))
    coloring = options[what]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        scene = scene_of(shown.prediction, coloring, selected=current().selected_atom)
        mount_viewer(replace(scene, viewer="committee"), on_pick=select_atom, height=420)
    with right:
        symbols = [SYMBOLS[number] for number in shown.prediction.atomic_numbers]
        figure = histogram_by_element(
            coloring.values,
            symbols,
            label=f"{coloring.label} ({coloring.unit})",
            limit=coloring.limit,
            marked=current().selected_atom,
        )
        show_figure(figure, key="committee_histogram")
        st.caption(
            f"Standard deviation over {found.n_models} models, each in its own scale. Where models from several seeds "
            "disagree, the training data did not decide; where they agree, they may still err together."
        )


def _energy_spread(per_atom: float) -> str:
    return "no common zero" if per_atom > _LARGEST_SPREAD else f"{1e3 * per_atom:.3g} meV/atom"


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
