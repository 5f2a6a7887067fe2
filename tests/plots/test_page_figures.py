"""Figures of the Charges, Potential and About pages."""

import xml.etree.ElementTree as ET

import numpy as np

from les_viz.plots.plane import Marked, plane_map
from les_viz.plots.scatter import scatter_by_element
from les_viz.plots.theme import DIVERGING
from les_viz.plots.thumbnail import thumbnail

POSITIONS = np.array([[0.0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0.1]])


def test_points_carry_their_atoms():
    figure = scatter_by_element(
        np.array([1.0, 2, 3]), np.array([4.0, 5, 6]), ["H", "O", "H"], x_label="d (Å)", y_label="q (e)", marked=[1]
    )
    hydrogen, oxygen, ring = figure.data
    assert list(hydrogen.customdata) == [0, 2]
    assert list(oxygen.y) == [5]
    assert list(ring.x) == [2]


def test_counts_have_ticks_at_whole_numbers_only():
    y, labels = np.zeros(3), {"x_label": "neighbours", "y_label": "q (e)"}
    assert scatter_by_element(np.array([1.0, 2, 1]), y, ["H", "O", "H"], **labels).layout.xaxis.dtick == 1
    assert scatter_by_element(np.array([0.9, 2, 1]), y, ["H", "O", "H"], **labels).layout.xaxis.dtick is None


def test_a_plane_saturates_but_tells_the_true_value():
    values = np.array([[0.0, 5.0], [-5.0, 1.0], [2.0, 0.5]])
    near = Marked(x=np.array([1.0]), y=np.array([2.0]), names=["O"])
    fill, dots = plane_map(values, (3.0, 4.0), ("a", "b"), label="potential (V)", limit=2.0, atoms=near).data
    assert np.max(fill.z) == 2.0
    assert np.max(fill.customdata) == 5.0
    assert np.shape(fill.z) == (2, 3)
    assert list(dots.text) == ["O"]
    assert (fill.colorbar.tickvals, fill.colorbar.ticktext) == ((-2.0, 0, 2.0), ("−2", "0", "+2"))


def test_many_atoms_near_a_plane_are_dots_that_leave_the_map_to_see():
    many = Marked(x=np.zeros(100), y=np.zeros(100), names=["O"] * 100)
    _, dots = plane_map(np.eye(3), (3.0, 4.0), ("a", "b"), label="potential (V)", limit=2.0, atoms=many).data
    assert dots.mode == "markers"
    assert dots.marker.size < 6


def test_a_thumbnail_is_valid_svg_with_a_circle_an_atom():
    root = ET.fromstring(thumbnail(np.array([8, 1, 1]), POSITIONS, [-0.8, 0.4, 0.4], title='a "b" <c>'))
    fills = [child.get("fill") for child in root]
    assert len(fills) == 3
    assert DIVERGING[0] in fills
    assert root.get("aria-label") == 'a "b" <c>'
