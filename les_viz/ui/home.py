"""The first page: what LES is, a picture of it at work, and the samples to start from."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.errors import StreamlitAPIException

from les_viz.elements import SYMBOLS
from les_viz.errors import LesVizError
from les_viz.models.cards import read_card
from les_viz.plots.histogram import histogram_by_element
from les_viz.plots.thumbnail import thumbnail
from les_viz.ui import models, structures
from les_viz.ui.figures import show_figure
from les_viz.ui.session import Shown, current
from les_viz.ui.viewer import mount_viewer, select_atom
from les_viz.ui.wording import plain
from les_viz.viewer.scene import colorings, scene_of

QUESTION = "See the charges that a machine-learned potential found by itself, and what they do."

_PAGES = {"charges": "Charges", "response": "Response", "potential": "Potential", "models": "Model"}
_CARDS_A_ROW = 3
_OUTSIDE = 0.05
"""Of an edge of the cell by which an atom may lie before it: a crystal that shakes stays in one piece."""

SENTENCES = """
A machine-learned potential gives the energy of atoms from their surroundings, up to a cutoff of a few Å.
**Latent Ewald Summation** (LES) adds what lies beyond: from the same surroundings it reads a *latent charge* of each
atom and adds the Coulomb energy of all of them. Nobody tells it a charge: it learns from energies and forces alone.
What comes out can be tested, for these charges have dipoles, answer to fields, and can be held against quantum
chemistry. This app shows them, next to the truth where there is one.
"""

_PICTURE_IN_WORDS = (
    "From the surroundings of each atom come a short-range energy and a latent charge; Ewald summation turns charges "
    "into the Coulomb energy; both energies add up."
)

# An image does not inherit the colour of the page's text: this grey is readable on white and on black.
_PICTURE = """
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 216" width="360" height="216" font-size="14.5"
 font-family="sans-serif">
 <g fill="none" stroke="#8a8f98" stroke-width="1.5">
  <rect x="120" y="3" width="120" height="42" rx="8"/>
  <rect x="3" y="86" width="122" height="42" rx="8" stroke="#d97b29"/>
  <rect x="145" y="86" width="92" height="42" rx="8" stroke="#0b8f86"/>
  <rect x="257" y="86" width="100" height="42" rx="8" stroke="#0b8f86"/>
  <rect x="120" y="171" width="120" height="42" rx="8"/>
  <path d="M150 45 L90 86 M180 45 L188 86 M237 107 L257 107 M64 128 L140 171 M300 128 L222 171"/>
 </g>
 <g fill="#808690" text-anchor="middle">
  <text x="180" y="21">surroundings</text><text x="180" y="38">of each atom</text>
  <text x="64" y="104">short-range</text><text x="64" y="121">energy</text>
  <text x="191" y="104">latent</text><text x="191" y="121">charges q</text>
  <text x="307" y="104">Ewald sum:</text><text x="307" y="121">Coulomb</text>
  <text x="180" y="197">energy</text>
 </g>
</svg>
"""


def show_structure(shown: Shown) -> None:
    """What lies on the bench, coloured by its latent charges."""
    coloring = next(iter(colorings(shown.prediction).values()))
    mount_viewer(scene_of(shown.prediction, coloring, selected=current().selected_atom), on_pick=select_atom)


def show_idea(shown: Shown) -> None:
    """LES in a picture and five sentences, and the charges of the elements on the bench."""
    st.image(_PICTURE.strip(), width="stretch", alt=_PICTURE_IN_WORDS)
    st.markdown(SENTENCES)
    coloring = next(iter(colorings(shown.prediction).values()))
    figure = histogram_by_element(
        coloring.values,
        [SYMBOLS[number] for number in shown.prediction.atomic_numbers],
        label=f"{coloring.label} ({coloring.unit})",
        limit=coloring.limit,
    )
    show_figure(figure, key="home_histogram")


def show_cards() -> None:
    """The bundled samples: picture, what they teach, how wrong they are, and a link to each page with them in place."""
    st.subheader("Samples to start from", anchor=False)
    st.caption("Or drop your own structure and model into the sidebar; nothing leaves this machine.")
    names = models.names()
    for start in range(0, len(names), _CARDS_A_ROW):
        columns = st.columns(_CARDS_A_ROW, border=True)
        for column, name in zip(columns, names[start : start + _CARDS_A_ROW], strict=False):
            with column:
                _show_card(name)


def picture_of(name: str, card: dict[str, Any]) -> tuple[Path, str] | None:
    """The sample's first structure, and its thumbnail by the card's mean charges; None if it has no structure."""
    own = [path for path in structures.sample_paths() if path.parent.name == name]
    if not own:
        return None
    atoms = structures.load_sample(own[0]).frames[0]
    means = card.get("charges", {}).get("mean_e", {})
    charges = [float(means.get(symbol, 0.0)) for symbol in atoms.symbols]
    title = f"{structures.sample_label(own[0])}, atoms coloured by the mean latent charge of their element"
    positions = atoms.get_positions(wrap=True, eps=_OUTSIDE)  # which leaves open directions alone
    return own[0], thumbnail(atoms.numbers, positions, charges, title=title)


def _show_card(name: str) -> None:
    try:
        card = read_card(name)
        picture = picture_of(name, card)
    except LesVizError as error:
        st.error(plain(str(error)))
        return
    if picture is not None:
        st.image(picture[1], width="stretch")
    st.markdown(f"**{plain(str(card.get('title', name)))}**")
    st.caption(plain(str(card.get("teaches", ""))))
    training, held_out = card.get("training", {}), card.get("held_out", {})
    if training:
        st.caption(plain(f"Training data: {training.get('frames')} frames, {training.get('level_of_theory', '')}"))
    errors = [
        f"{held_out[key]:.3g} {unit}"
        for key, unit in (("force_rmse_meV_per_A", "meV/Å"), ("energy_rmse_meV_per_atom", "meV/atom"))
        if key in held_out
    ]
    if errors:
        st.caption("Errors on unseen frames: " + " in forces, ".join(errors) + " in energy")
    query = {"model": name}
    if picture is not None:
        query["structure"] = f"{name}/{picture[0].name}"
    with st.container(horizontal=True):
        for page, label in _PAGES.items():
            _link(page, label, query)


def _link(page: str, label: str, query: dict[str, str]) -> None:
    """A link that stays in the session where the menu is there, and an address where a page stands alone."""
    try:
        st.page_link(f"pages/{page}.py", label=label, query_params=query)
    except (StreamlitAPIException, KeyError):
        st.markdown(f"[{label}](/{page}?{urlencode(query)})")
