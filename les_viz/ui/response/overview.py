"""The Response page above its tabs: the structure with its dipole and tensors, the numbers, one atom's tensor."""

from dataclasses import replace

import numpy as np
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.plots.tensor import tensor_map
from les_viz.plots.text import signed
from les_viz.response.molecules import find_molecules, molecular_dipoles
from les_viz.response.prediction import FloatArray, Prediction
from les_viz.response.tensors import axial_vectors, isotropic_parts, symmetric_eigenvalues
from les_viz.ui.figures import show_figure
from les_viz.ui.scale import choose_scale
from les_viz.ui.session import Shown, current, remember, seeded
from les_viz.ui.viewer import mount_viewer, select_atom
from les_viz.units import DEBYE
from les_viz.viewer.layers import Arrows
from les_viz.viewer.responses import born_charge_glyphs, dipole_arrow, molecule_dipole_arrows
from les_viz.viewer.scene import Coloring, scene_of

QUESTION = (
    "How do the charges answer? The dipole, and how it changes when an atom moves: Born effective charges (BEC). "
    "Pick an atom to see its tensor."
)

_METHOD_WIDGET = "bec_method_choice"
_GLYPH_WIDGET = "glyph_choice"
_ARROW_WIDGET = "arrow_choice"

ROUNDING = 1e-9
"""e below which a sum counts as zero."""

METHOD_HELP = (
    "**local**: each neighbour at its true displacement from the moved atom; independent of the cell. "
    "**wrapped**: the phase formula of the reference codes, in which displacements count as their sine in the cell; "
    "exact only as the cell grows."
)


def show_structure(shown: Shown) -> None:
    """The viewer: atoms coloured by the isotropic part, tensors as glyphs, dipoles as arrows."""
    prediction, atom = shown.prediction, picked(shown)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        glyphs = _choice("Tensors of", ("the picked atom", "all atoms", "none"), _GLYPH_WIDGET, "glyphs")
        arrows = _choice("Dipole of", ("the whole", "each molecule", "none"), _ARROW_WIDGET, "dipoles")
    tensors = tensors_of(prediction)
    coloring = Coloring.of("isotropic BEC", "e", isotropic_parts(tensors))
    scene = scene_of(prediction, coloring, selected=atom)
    if glyphs != "none":
        scene = replace(scene, tensors=born_charge_glyphs(prediction, atoms=None if glyphs == "all atoms" else [atom]))
    if arrows == "the whole":
        scene = replace(scene, arrows=(dipole_arrow(prediction),))
    if arrows == "each molecule":
        scene = replace(scene, arrows=_molecule_arrows(prediction))
    mount_viewer(scene, on_pick=select_atom)


def show_numbers(shown: Shown) -> None:
    """Dipole in two units, the sum rule, the scale."""
    prediction = shown.prediction
    size = float(np.linalg.norm(np.asarray(prediction.dipole)))
    residual = float(np.abs(np.asarray(prediction.acoustic_sum_residual)).max())
    first, second, third = st.columns([3, 3, 2])
    name = "Dipole per cell" if prediction.pbc else "Dipole"
    first.metric(name, f"{size:.3f} e Å", help=_dipole_help(prediction))
    first.caption(f"{size / DEBYE:.2f} D")
    is_kept = residual < ROUNDING
    second.metric("Sum rule", "0 e" if is_kept else f"{residual:.3g} e", help=_residual_help(prediction))
    each = residual / len(prediction.atomic_numbers)
    second.caption("kept, but for rounding" if is_kept else f"{each:.2g} e per atom")
    third.metric("Scale", signed(prediction.charge_scale, 2), help="charge_sign·√ε∞: already in dipole and BEC.")


def show_settings(shown: Shown) -> None:
    """Definition, sign and screening: choices that belong in view."""
    definition, scale = st.columns([2, 3])
    with definition:
        st.selectbox(
            "Definition",
            ("local", "wrapped"),
            **seeded(_METHOD_WIDGET, current().bec_method),
            help=METHOD_HELP,
            on_change=remember,
            args=(_METHOD_WIDGET, "bec_method"),
        )
    with scale:
        choose_scale(shown.model)


def show_tensor(shown: Shown) -> None:
    """The picked atom's tensor as a heat map, with its parts in words."""
    atom, tensors = picked(shown), tensors_of(shown.prediction)
    tensor = tensors[atom]
    symbol = SYMBOLS[shown.prediction.atomic_numbers[atom]]
    figure = tensor_map(tensor, label="BEC (e)", limit=Coloring.of("", "", np.ravel(tensors)).limit)
    st.markdown(f"**{symbol}, atom {atom}**: ∂P/∂r in e")
    show_figure(figure, key="tensor_map")
    values = ", ".join(signed(float(value)) for value in symmetric_eigenvalues(tensor))
    axial = float(np.linalg.norm(axial_vectors(tensor)))
    st.caption(
        f"Isotropic part {signed(float(isotropic_parts(tensor)))} e · eigenvalues of the symmetric part {values} e · "
        f"antisymmetric part {axial:.3f} e"
    )


def picked(shown: Shown) -> int:
    """The picked atom; the first one until there is one."""
    index = current().selected_atom
    return index if index is not None and index < len(shown.prediction.atomic_numbers) else 0


def tensors_of(prediction: Prediction) -> FloatArray:
    """The Born effective charges, which this page has asked for."""
    tensors: FloatArray = np.asarray(prediction.born_effective_charges)
    return tensors


def _choice(label: str, options: tuple[str, ...], widget: str, field: str) -> str:
    chosen: str = getattr(current(), field)
    st.selectbox(label, options, **seeded(widget, chosen), width=200, on_change=remember, args=(widget, field))
    return chosen


def _molecule_arrows(prediction: Prediction) -> tuple[Arrows, ...]:
    molecules = find_molecules(
        prediction.atomic_numbers, prediction.positions, prediction.cell, periodic=prediction.pbc
    )
    dipoles = molecular_dipoles(molecules, prediction.partial_charges)
    groups = [group for group in range(len(dipoles)) if molecules.is_finite[group]]
    if not groups:
        return ()
    members = [np.flatnonzero(molecules.owner == group) for group in groups]
    first = np.array([own[0] for own in members])
    # An arrow moves with the first atom of its molecule, which stays where the file has it.
    centres = np.array([molecules.positions[own].mean(axis=0) for own in members])
    return (molecule_dipole_arrows(centres, dipoles[groups], first),)


def _dipole_help(prediction: Prediction) -> str:
    if prediction.pbc:
        return (
            "Σ (q − q̄) r of the partial charges in one cell, molecules in one piece; defined up to the quantum of "
            "polarisation, a lattice vector times e."
        )
    return "Σ (q − q̄) r of the partial charges about the geometric centre of the atoms."


def _residual_help(prediction: Prediction) -> str:
    slopes = np.asarray(prediction.total_charge_derivative)
    return (
        "Largest entry of Σ_i Z_i, which vanishes in an exact theory: moving everything together moves no charge. "
        f"Where the model does not conserve the total charge Q, moving an atom changes it by up to "
        f"{np.abs(slopes).max():.3g} e/Å."
    )
