"""What energies leave open about charges: their sign, and the screening factor √ε∞. Shown, and open to choice."""

import streamlit as st

from les_viz.ui.session import ModelEntry, current, remember, seeded, update, widget_value

_SIGN_WIDGET = "charge_sign_choice"
_EPSILON_WIDGET = "epsilon_choice"
_SIGNS = {1: "+", -1: "−"}

SCREENING_HELP = (
    "Charges learned from energies and forces come out screened by the electrons: they are smaller by √ε∞. The factor "
    "multiplies partial charges, dipole and Born effective charges, never an energy. Water has ε∞ of about 1.8."
)
SIGN_HELP = "Energies are even in the charges, so a model cannot know their common sign: it is a convention."


def choose_scale(model: ModelEntry) -> None:
    """Two controls, sign and ε∞; they hold on every page until another model is chosen."""
    session, config = current(), model.model.config
    sign, epsilon = st.columns([2, 3])
    with sign:
        st.selectbox(
            "Sign",
            list(_SIGNS),
            format_func=_SIGNS.__getitem__,
            **seeded(_SIGN_WIDGET, session.charge_sign or config.charge_sign),
            help=SIGN_HELP,
            on_change=remember,
            args=(_SIGN_WIDGET, "charge_sign"),
        )
    with epsilon:
        st.number_input(
            "Screening ε∞",
            min_value=1.0,
            max_value=100.0,
            step=0.1,
            format="%.3g",
            **seeded(_EPSILON_WIDGET, session.epsilon_infinity or config.epsilon_infinity),
            help=SCREENING_HELP,
            on_change=_take_epsilon,
        )


def _take_epsilon() -> None:
    update(epsilon_infinity=float(widget_value(_EPSILON_WIDGET)))
