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


def plane_of() -> Plane:
    """The plane that the visitor chose."""
    session = current()
    return Plane(axis=EDGES.index(session.plane_axis), position=session.plane_position)


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
    fractional = np.linalg.solve(grid.cell.T, (prediction.positions - grid.origin).T).T
    if grid.is_periodic:
        fractional = fractional % 1.0
    away = fractional[:, plane.axis] - plane.position
    if grid.is_periodic:
        away -= np.round(away)
    near = np.abs(away) * plane_distance(grid, plane.axis) < NEAR
    lengths = np.linalg.norm(grid.cell, axis=1)
    first, second = plane.others
    return Marked(
        x=fractional[near, first] * lengths[first],
        y=fractional[near, second] * lengths[second],
        names=[SYMBOLS[number] for number in prediction.atomic_numbers[near]],
    )


def plane_distance(grid: "PotentialGrid", axis: int) -> float:
    """Å between the two faces of the grid that lie across an edge."""
    normal = np.cross(*(grid.cell[other] for other in range(3) if other != axis))
    return abs(float(np.linalg.det(grid.cell))) / float(np.linalg.norm(normal))
