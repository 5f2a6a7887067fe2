"""Curves with error bands: what is written below them."""

import numpy as np

from les_viz.analysis.literature import WATER_BANDS
from les_viz.plots.banded import Axes, Banded, banded, with_measured


def test_each_line_of_small_print_has_a_place_of_its_own():
    """On a narrow page they were drawn over the axis' title and over each other."""
    line = Banded(name="run", x=np.arange(3.0), y=np.ones(3))
    figure = with_measured(banded([line], Axes(x="x", y="y"), caption="assumed"), WATER_BANDS, "somebody")
    places = {note.text: note.yshift for note in figure.layout.annotations if note.name == "small print"}
    assert set(places) == {"assumed", "grey: somebody"}
    assert places["assumed"] - places["grey: somebody"] >= 16
    assert figure.layout.margin.b >= -min(places.values())
