"""The Potential page: surfaces and a movable plane in the viewer, its map, averages, and files."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.io.cube import potential_cube
from les_viz.plots.curves import Curve, curves
from les_viz.plots.plane import plane_map
from les_viz.plots.text import signed
from les_viz.ui.figures import show_figure
from les_viz.ui.frame import panels
from les_viz.ui.potential.grid import EDGES, atoms_near, grid_of, plane_distance, plane_of, values_on, volume_of
from les_viz.ui.session import Shown, current, remember, seeded
from les_viz.ui.tables import as_numbers
from les_viz.ui.viewer import mount_viewer, select_atom
from les_viz.viewer.layers import Arrows, Slice
from les_viz.viewer.responses import field_arrows
from les_viz.viewer.scene import colorings, scene_of

if TYPE_CHECKING:
    from les_viz.response.potential import PotentialGrid

QUESTION = "Which electrostatic potential do the latent charges make? Move the plane through it."

_AXIS_WIDGET, _POSITION_WIDGET = "plane_axis_choice", "plane_position_choice"
_SURFACE_WIDGET, _FIELD_WIDGET = "surface_choice", "field_choice"
_SURFACES = {"none": None, "low": 0.15, "middle": 0.3, "high": 0.6}
"""Isovalues as parts of the limit of the colours."""

_ARROWS_AN_EDGE = 9

SKEWED = 1e-3
"""Cosine of the angle between two edges, from which on it is no right one."""


def has_charges(shown: Shown) -> bool:
    """Whether the model makes a potential; says so if not."""
    if shown.model.model.coulomb is None:
        st.info("This model is short-ranged: it has no charges, hence no potential. Choose another in the sidebar.")
        return False
    return True


def show_structure(shown: Shown) -> None:
    """The viewer with the plane, the surfaces and the field."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _pick("Surfaces at", tuple(_SURFACES), _SURFACE_WIDGET, "surfaces")
        _pick("Field arrows", ("none", "in the plane", "at the atoms"), _FIELD_WIDGET, "field_shown")
    grid, session = grid_of(shown), current()
    coloring = next(iter(colorings(shown.prediction).values()))
    scene = scene_of(shown.prediction, coloring, selected=session.selected_atom)
    volume = volume_of(shown)
    part = _SURFACES[session.surfaces]
    plane = plane_of(grid, shown.prediction)
    volume = replace(
        volume,
        isovalue=None if part is None else part * volume.limit,
        slice=Slice(axis=plane.axis, position=plane.position),
    )
    scene = replace(scene, volume=volume)
    if session.field_shown != "none":
        scene = replace(scene, arrows=(_field_arrows(shown, grid, session.field_shown),))
    mount_viewer(scene, on_pick=select_atom)


def show_numbers(shown: Shown) -> None:
    """Range of the potential, and of what the atoms feel from all others."""
    values = grid_of(shown).values
    first, second = st.columns(2)
    first.metric(
        "Lowest", f"{signed(float(values.min()), 2)} V", help="On the grid; zero is the mean of a periodic cell."
    )
    second.metric("Highest", f"{signed(float(values.max()), 2)} V", help="On the grid; far away it is zero where open.")


def show_plane(shown: Shown) -> None:
    """Where the plane lies, and its map."""
    grid = grid_of(shown)
    plane = plane_of(grid, shown.prediction)
    across, along = st.columns([1, 2])
    with across:
        _pick("Across", EDGES, _AXIS_WIDGET, "plane_axis", width=90)
    with along:
        st.slider(
            f"Position (part of {plane_distance(grid, plane.axis):.1f} Å)",
            0.0,
            1.0,
            step=0.01,
            **seeded(_POSITION_WIDGET, plane.position),
            on_change=remember,
            args=(_POSITION_WIDGET, "plane_position"),
        )
    lengths = np.linalg.norm(grid.cell, axis=1)
    first, second = plane.others
    figure = plane_map(
        values_on(grid, plane),
        (float(lengths[first]), float(lengths[second])),
        (EDGES[first], EDGES[second]),
        label="potential (V)",
        limit=volume_of(shown).limit,
        atoms=atoms_near(grid, plane, shown.prediction),
    )
    show_figure(figure, key="plane_map")
    if abs(grid.cell[first] @ grid.cell[second]) > SKEWED * lengths[first] * lengths[second]:
        st.caption("The cell is skewed: the map has lattice coordinates, its edges drawn at a right angle.")


def show_details(shown: Shown) -> None:
    """Averages over planes, the potential at the atoms, files, and what is computed."""
    grid = grid_of(shown)
    panels(
        "potential_tabs",
        {
            "Planar average": partial(_show_average, grid),
            "At the atoms": partial(_show_atoms, shown),
            "Files": partial(_show_files, shown, grid),
            "What is computed": _show_notes,
        },
    )


def cube_of(shown: Shown, grid: "PotentialGrid") -> bytes:
    """The grid as a cube file."""
    counts = np.array(grid.values.shape) - (0 if grid.is_periodic else 1)
    return potential_cube(
        shown.prediction.atomic_numbers,
        shown.prediction.positions,
        grid.values,
        origin=grid.origin,
        steps=grid.cell / counts[:, None],
        title="electrostatic potential of latent charges",
    )


def _pick(label: str, options: Sequence[str], widget: str, field: str, *, width: int = 170) -> None:
    chosen = getattr(current(), field)
    st.selectbox(label, options, **seeded(widget, chosen), width=width, on_change=remember, args=(widget, field))


def _field_arrows(shown: Shown, grid: "PotentialGrid", where: str) -> Arrows:
    """The field at the atoms, whose arrows go where their atoms are drawn, or at points of the plane on the grid."""
    if where == "at the atoms":
        positions = shown.prediction.positions
        indices = _nearest(grid, positions)
        return field_arrows(positions, grid.field[tuple(indices.T)], atoms=np.arange(len(positions)))
    plane = plane_of(grid, shown.prediction)
    picks = [np.unique(np.linspace(0, n - 1, _ARROWS_AN_EDGE).astype(int)) for n in grid.values.shape]
    n = grid.values.shape[plane.axis]
    picks[plane.axis] = np.array([round(plane.position * (n if grid.is_periodic else n - 1)) % n])
    mesh = np.ix_(*picks)
    return field_arrows(grid.points()[mesh].reshape(-1, 3), grid.field[mesh].reshape(-1, 3))


def _nearest(grid: "PotentialGrid", positions: np.ndarray) -> np.ndarray:
    fractional = np.linalg.solve(grid.cell.T, (positions - grid.origin).T).T
    counts = np.array(grid.values.shape)
    return np.asarray(np.round(fractional * (counts if grid.is_periodic else counts - 1)).astype(int) % counts)


def _show_average(grid: "PotentialGrid") -> None:
    lines = []
    for axis, edge in enumerate(EDGES):
        heights, means = grid.planar_average(axis)
        lines.append(Curve(name=f"across {edge}", x=heights, y=means))
    figure = curves(lines, x_label="height above the first plane (Å)", y_label="mean potential of the plane (V)")
    show_figure(figure, key="planar_average")
    st.caption(
        "The mean over each plane that two edges span. A slab or an interface shows here as a step or a slope; a "
        "liquid as noise about zero."
    )


def _show_atoms(shown: Shown) -> None:
    prediction = shown.prediction
    potential = prediction.potential if prediction.potential.ndim == 1 else prediction.potential.sum(axis=1)
    rows = []
    for number in np.unique(prediction.atomic_numbers):
        own = potential[prediction.atomic_numbers == number]
        rows.append(
            {
                "element": SYMBOLS[number],
                "atoms": len(own),
                "mean (V)": own.mean(),
                "spread (V)": own.std(),
                "lowest (V)": own.min(),
                "highest (V)": own.max(),
            }
        )
    table = pd.DataFrame(rows)
    numeric = [name for name in table.columns if name.endswith("(V)")]
    st.dataframe(**as_numbers(table, dict.fromkeys(numeric, 3)), hide_index=True, width="content")
    st.caption("Potential at each atom from all others (and its own images), without its own Gaussian.")


def _show_files(shown: Shown, grid: "PotentialGrid") -> None:
    shape = " × ".join(str(n) for n in grid.values.shape)
    st.caption(f"{shape} points; cube files hold bohr and hartree/e.")
    st.download_button("Potential as cube", lambda: cube_of(shown, grid), file_name="potential.cube", on_click="ignore")


def _show_notes() -> None:
    st.markdown(_NOTES)


_NOTES = """
The potential is that of the **latent charges as they are** (no screening factor), each a Gaussian of the model's width
σ: a point charge of 1 e at this place would gain as many eV. In a periodic cell it is summed over the model's own k
vectors, exactly at the grid points, and its mean is zero by choice of the tin-foil boundary; of a finite system it
vanishes far away. The field is minus its slope, in V/Å.

A potential of latent charges is smooth: it is no substitute for that of the electrons and nuclei near the atoms, but
far from them it is the same if the charges are right.
"""
