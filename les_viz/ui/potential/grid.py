"""The grid of the Potential page: computed once for each content, and where its plane lies."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from les_viz.elements import SYMBOLS
from les_viz.plots.plane import Marked
from les_viz.response.prediction import FloatArray, Prediction
from les_viz.ui import structures
from les_viz.ui.session import Shown, current
from les_viz.viewer.layers import Volume

if TYPE_CHECKING:
    from les_viz.models.model import LESModel
    from les_viz.response.potential import PotentialGrid

EDGES = ("a", "b", "c")
NEAR = 0.8
"""Å from the plane within which atoms are marked."""

MIDDLE = 0.5
"""Where the plane lies at first, unless there is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """Which plane of the grid is shown.

    Attributes:
        axis: edge that it lies across.
        position: 0 to 1 along that edge.
    """

    axis: int
    position: float

    @property
    def others(self) -> tuple[int, int]:
        """The edges that span it."""
        first, second = (other for other in range(3) if other != self.axis)
        return first, second


def grid_of(shown: Shown) -> "PotentialGrid":
    """The potential of what is on the bench, in volts of the latent charges."""
    return _computed(shown)[0]


def volume_of(shown: Shown) -> Volume:
    """The same to be drawn, with surfaces and colours at values that show something."""
    return _computed(shown)[1]


def _computed(shown: Shown) -> "tuple[PotentialGrid, Volume]":
    with st.spinner("Computing the potential", show_time=True):
        return _cached(
            shown.model.key, structures.digest(shown.atoms), shown.boundary, shown.model.model, shown.prediction
        )


@st.cache_resource(max_entries=8, ttl=3600, show_spinner=False)
def _cached(
    model_key: str, structure_digest: str, boundary: str | None, _model: "LESModel", _prediction: Prediction
) -> "tuple[PotentialGrid, Volume]":
    """Shared between visitors, not copied for each look at it: hence read-only."""
    from les_viz.response.potential import potential_grid

    grid = potential_grid(_model, _prediction)
    for array in (grid.values, grid.field, grid.cell, grid.origin):
        array.flags.writeable = False
    return grid, Volume.of("potential", "V", grid.values, grid.cell, origin=grid.origin, is_periodic=grid.is_periodic)


def plane_of(grid: "PotentialGrid", prediction: Prediction) -> Plane:
    """The plane that the visitor chose; until then one through atoms."""
    session = current()
    axis, position = EDGES.index(session.plane_axis), session.plane_position
    return Plane(axis=axis, position=_among_atoms(grid, prediction, axis) if position is None else position)


def _among_atoms(grid: "PotentialGrid", prediction: Prediction, axis: int) -> float:
    """The middle, if atoms are near; else the height of the atom next to the middle of what the atoms fill."""
    heights = _fractions(grid, prediction)[:, axis]
    if _are_near(grid, heights, Plane(axis=axis, position=MIDDLE)).any():
        return MIDDLE
    filled = np.sort(heights)
    if grid.is_periodic:  # across the face of the cell, the atoms begin above their widest gap
        first = int(np.argmax(np.diff(filled, append=filled[0] + 1.0))) + 1
        filled = np.concatenate([filled[first:], filled[:first] + 1.0])
    centre = (filled[0] + filled[-1]) / 2
    nearest = float(filled[np.argmin(np.abs(filled - centre))])
    return round(nearest % 1.0 if grid.is_periodic else nearest, 2)


def values_on(grid: "PotentialGrid", plane: Plane) -> FloatArray:
    """(n_first, n_second) potential on a plane, between grid planes by linear interpolation, V.

    A periodic grid gets its first lines again at the far end, so that the map fills the cell.
    """
    n = grid.values.shape[plane.axis]
    place = plane.position * (n if grid.is_periodic else n - 1)
    below = int(np.floor(place))
    weight = place - below
    lower = np.take(grid.values, below % n, axis=plane.axis)
    upper = np.take(grid.values, (below + 1) % n if grid.is_periodic else min(below + 1, n - 1), axis=plane.axis)
    values = (1 - weight) * lower + weight * upper
    return np.pad(values, (0, 1), mode="wrap") if grid.is_periodic else values


def atoms_near(grid: "PotentialGrid", plane: Plane, prediction: Prediction) -> Marked:
    """The atoms near a plane, in Å along its edges."""
    fractional = _fractions(grid, prediction)
    near = _are_near(grid, fractional[:, plane.axis], plane)
    lengths = np.linalg.norm(grid.cell, axis=1)
    first, second = plane.others
    return Marked(
        x=fractional[near, first] * lengths[first],
        y=fractional[near, second] * lengths[second],
        names=[SYMBOLS[number] for number in prediction.atomic_numbers[near]],
    )


def _fractions(grid: "PotentialGrid", prediction: Prediction) -> FloatArray:
    """(n_atoms, 3) places of the atoms along the edges, 0 to 1."""
    found = np.linalg.solve(grid.cell.T, (prediction.positions - grid.origin).T).T
    return np.asarray(found % 1.0 if grid.is_periodic else found, dtype=float)


def _are_near(grid: "PotentialGrid", heights: FloatArray, plane: Plane) -> np.ndarray:
    """(n_atoms,) whether an atom lies at a plane."""
    away = heights - plane.position
    if grid.is_periodic:
        away = away - np.round(away)
    near: np.ndarray = np.abs(away) * plane_distance(grid, plane.axis) < NEAR
    return near


def plane_distance(grid: "PotentialGrid", axis: int) -> float:
    """Å between the two faces of the grid that lie across an edge."""
    normal = np.cross(*(grid.cell[other] for other in range(3) if other != axis))
    return abs(float(np.linalg.det(grid.cell))) / float(np.linalg.norm(normal))
