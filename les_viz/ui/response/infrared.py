"""Infrared absorption of a molecule on the Response page: sticks and curve, GFN2-xTB beside, the motion of a mode."""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from les_viz.elements import subscripted
from les_viz.plots import theme
from les_viz.plots.infrared import Absorption, infrared_spectrum
from les_viz.reference import tight_binding
from les_viz.reference.process import compute_aside
from les_viz.response.molecules import find_molecules
from les_viz.response.prediction import FloatArray
from les_viz.ui import models, structures
from les_viz.ui.figures import show_figure
from les_viz.ui.jobs import Progress, run_aside
from les_viz.ui.prediction import predict_cached
from les_viz.ui.response.overview import picked
from les_viz.ui.session import Shown
from les_viz.ui.settings import bound, chosen
from les_viz.ui.tables import as_numbers
from les_viz.ui.viewer import LOWEST, Playback, mount_viewer
from les_viz.ui.wording import plain, sentence
from les_viz.units import INFRARED_KM_PER_MOL
from les_viz.viewer.frames import Frames
from les_viz.viewer.layers import Arrows
from les_viz.viewer.scene import Look, Scene

if TYPE_CHECKING:
    import ase

    from les_viz.md.infrared import InfraredModes

MOST_ATOMS = 40
TIGHT_BINDING = "GFN2-xTB"
_UNITS = {"km/mol": INFRARED_KM_PER_MOL, "(D/Å)²/amu": 1.0}
_WIDTHS = [str(width) for width in (20, *range(2, 61))]
"""cm⁻¹, the usual one first."""

_TABLE_WIDGET = "infrared_modes"
LOOK = Look(has_toolbar=False)
_FRAMES, _PERIODS = 24, 20
_AMPLITUDE = 0.35
"""Å of the atom that moves most."""


def show_infrared(shown: Shown) -> None:
    """On demand: the modes of the finite system, or of the picked atom's molecule alone."""
    molecule = molecule_of(shown)
    if molecule is None:
        st.info(
            f"Infrared modes are offered for molecules of 2 to {MOST_ATOMS} atoms: pick an atom of one. The spectrum "
            "of a liquid or a crystal comes from dynamics."
        )
        return
    _warn(shown, molecule)
    modes = run_aside(
        f"infrared {structures.digest(molecule)} {shown.model.key}",
        "Compute infrared modes",
        lambda: _modes(shown, molecule),
        why=f"{_named(molecule)}{_where(shown)}, relaxed by the model, then moved along each axis: "
        "harmonic vibrations, and the change of the dipole along each. "
        f"{6 * len(molecule) + 1} displacements; some seconds.",
    )
    if modes is None:
        return
    scale = shown.prediction.charge_scale / shown.model.model.charge_scale
    found = {shown.model.label: replace(modes, intensities=scale**2 * modes.intensities)}
    tight = _tight_binding(molecule)
    if tight is not None:
        found[TIGHT_BINDING] = tight
    _show(found)


def molecule_of(shown: Shown) -> "ase.Atoms | None":
    """What vibrates: all of an open system, or the molecule of the picked atom in one piece; None if too large."""
    prediction = shown.prediction
    if not prediction.pbc:
        members = np.arange(len(shown.atoms))
        positions = prediction.positions
    else:
        molecules = find_molecules(prediction.atomic_numbers, prediction.positions, prediction.cell, periodic=True)
        group = molecules.owner[picked(shown)]
        members = np.flatnonzero(molecules.owner == group) if molecules.is_finite[group] else np.zeros(0, dtype=int)
        positions = molecules.positions
    if not 2 <= len(members) <= MOST_ATOMS:
        return None
    molecule = shown.atoms[members]
    molecule.positions = positions[members]
    molecule.pbc = False
    molecule.cell = None
    molecule.calc = None
    return molecule


def _warn(shown: Shown, molecule: "ase.Atoms") -> None:
    """Say why the spectrum of a molecule alone is not to be trusted, as far as card and prediction tell."""
    reasons = [models.unlike_training(shown.model, is_periodic=False)]
    if reasons[0]:
        screened = shown.model.model.config.epsilon_infinity
        medium = f" The scale √ε∞ = {screened**0.5:.2f} is that of the medium, too." if screened > 1 else ""
        reasons[0] += f" Do not trust these intensities.{medium}"
    elif shown.model.trained_as is None:
        st.caption("No card says whether this model has seen molecules alone; if not, do not trust these intensities.")
    if shown.prediction.pbc:  # those of an open system stand above
        alone = predict_cached(shown.model, molecule, frozenset({"latent_charges"}), boundary="open")
        reasons += map(sentence, alone.warnings)
    if any(reasons):
        st.warning(plain(" ".join(filter(None, reasons))))


def mode_table(modes: "InfraredModes") -> pd.DataFrame:
    """One row a mode, both units of its intensity."""
    return pd.DataFrame(
        {
            "wavenumber (cm⁻¹)": modes.wavenumbers,
            "km/mol": modes.km_per_mol,
            "(D/Å)²/amu": modes.intensities,
        }
    )


def _named(molecule: "ase.Atoms") -> str:
    return subscripted(f"{molecule.symbols.formula:hill}")


def _where(shown: Shown) -> str:
    return ", the picked atom's molecule taken out" if shown.prediction.pbc else ""


def _modes(shown: Shown, molecule: "ase.Atoms") -> Generator[Progress, None, "InfraredModes"]:
    from les_viz.md.calculator import LESCalculator
    from les_viz.md.infrared import infrared_modes

    return (yield from infrared_modes(molecule, LESCalculator(shown.model.model, boundary="open")))


def _tight_binding(molecule: "ase.Atoms") -> "InfraredModes | None":
    if not tight_binding.is_installed():
        return None
    return run_aside(
        f"xtb infrared {structures.digest(molecule)}",
        "Compute GFN2-xTB beside",
        lambda: _tight_binding_modes(molecule),
        why="The same by GFN2-xTB, at its own minimum: another method, for comparison. Some seconds.",
    )


def _tight_binding_modes(molecule: "ase.Atoms") -> Generator[Progress, None, "InfraredModes"]:
    from les_viz.md.infrared import modes_from

    cluster = tight_binding.Cluster(
        atomic_numbers=molecule.numbers.astype(np.int64), positions=molecule.positions.copy()
    )
    found = yield from compute_aside("vibrations", cluster)
    derivatives = (np.array(found[name]) for name in ("positions", "hessian", "dipole_gradient"))
    return modes_from(cluster.atomic_numbers, *derivatives)


def _show(found: "dict[str, InfraredModes]") -> None:
    modes = next(iter(found.values()))
    left, right = st.columns([3, 2], gap="medium")
    with right:
        table = mode_table(modes)
        chosen = st.dataframe(
            **as_numbers(table, dict(zip(table.columns, (0, 1, 3), strict=True))),
            key=_TABLE_WIDGET,
            on_select="rerun",
            selection_mode="single-row",
            hide_index=True,
            height=230,
        )
        rows = [row for row in chosen["selection"]["rows"] if row < len(table)]
        number = rows[0] if rows else int(np.argmax(modes.intensities))
        _show_motion(modes, number)
    with left:
        _show_spectrum(found, float(modes.wavenumbers[number]))


def _show_spectrum(found: "dict[str, InfraredModes]", marked: float) -> None:
    from les_viz.md.infrared import broadened

    with st.container(horizontal=True, vertical_alignment="bottom"):
        setting = bound("infrared_unit", "intensity", chosen("intensity", list(_UNITS)), "km/mol")
        unit = str(st.segmented_control("Intensity", list(_UNITS), required=True, **setting))
        width = int(chosen("width", _WIDTHS))
        setting = bound("infrared_width", "width", width, int(_WIDTHS[0]))
        st.slider("Width of a band (cm⁻¹)", 2, 60, width=220, **setting)
    highest = max(float(modes.wavenumbers.max()) for modes in found.values()) + 200
    places: FloatArray = np.linspace(0, highest, 1500)
    spectra = [
        Absorption(
            name=name,
            color=theme.REFERENCE_GREY if name == TIGHT_BINDING else theme.LONG_RANGE,
            wavenumbers=modes.wavenumbers,
            intensities=_UNITS[unit] * modes.intensities,
            curve_at=places,
            curve=_UNITS[unit] * broadened(modes, places, width),
        )
        for name, modes in found.items()
    ]
    figure = infrared_spectrum(spectra, y_label=f"intensity ({unit})", marked=marked)
    show_figure(figure, key="infrared_spectrum")
    imaginary = sum(int((modes.wavenumbers < 0).sum()) for modes in found.values())
    st.caption(
        "Harmonic, of one molecule at rest, translations and rotations left out; each curve adds Lorentzians as high "
        "as their sticks. Intensities go with the square of the scale √ε∞ above."
        + (f" {imaginary} modes are imaginary: not a minimum along them." if imaginary else "")
    )


def _show_motion(modes: "InfraredModes", number: int) -> None:
    shift = modes.displacements[number] * _AMPLITUDE / np.abs(modes.displacements[number]).max()
    is_moving = st.toggle("Animate", key="infrared_animation", help="Play the motion of the mode chosen in the table.")
    scene = Scene(atomic_numbers=modes.atomic_numbers, positions=modes.positions, cell=None, look=LOOK, viewer="mode")
    if not is_moving:
        arrows = Arrows.of("displacement", "Å", modes.positions, shift, longest=1.2)
        mount_viewer(replace(scene, arrows=(arrows,)), height=LOWEST)
        return
    phases = np.sin(2 * np.pi * np.arange(_FRAMES * _PERIODS) / _FRAMES)
    frames = Frames.whole(modes.positions + phases[:, None, None] * shift)
    mount_viewer(scene, playback=Playback(frames=replace(frames, is_playing=True)), height=LOWEST)
