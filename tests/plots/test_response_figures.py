"""Figures of the Response page: numbers in, the same numbers in the figure."""

import re

import numpy as np
import pytest

from les_viz.plots.curves import Curve, curves, round_values
from les_viz.plots.parity import agreement, parity
from les_viz.plots.spread import spread
from les_viz.plots.tensor import tensor_map


def test_a_tensor_is_drawn_with_rows_field_and_its_numbers_written():
    tensor = np.array([[1.0, -0.25, 0], [0.5, -2, 0], [0, 0, 3]])
    (heat,) = tensor_map(tensor, label="BEC (e)", limit=3).data
    assert heat.z[0][1] == -0.25
    assert heat.text[0][1] == "−0.250"
    assert (heat.zmin, heat.zmax) == (-3, 3)
    figure = tensor_map(tensor, label="BEC (e)", limit=3)
    assert figure.layout.yaxis.title.text == "field direction"
    assert figure.layout.yaxis.autorange == "reversed"  # first row on top


def test_agreement_is_what_it_says():
    reference = np.array([1.0, 2.0, -3.0])
    same = agreement(reference, reference)
    assert (same.rmse, same.r_squared, same.slope) == (0, 1, 1)
    half = agreement(reference, 0.5 * reference)
    assert half.slope == pytest.approx(0.5)
    assert half.rmse == pytest.approx(0.5 * np.sqrt(14 / 3))
    flat = agreement(np.zeros(3), reference)
    assert (flat.r_squared, flat.slope) == (None, None)


def test_parity_has_equal_axes_and_one_colour_a_kind():
    figure = parity(np.array([0.0, 1, 2]), np.array([0.1, 1, 1.8]), ["H", "O", "H"], x_label="x (e)", y_label="y (e)")
    line, first, second = figure.data
    assert line.x == line.y
    assert (first.name, list(first.x), second.name) == ("H", [0, 2], "O")
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    assert figure.layout.xaxis.title.text == "x (e)"


def test_a_spread_counts_everything():
    values = np.random.default_rng(2).normal(size=50)
    figure = spread(values, label="dipole (D)", counted="molecules")
    assert re.fullmatch(r"mean [\d.]+ D, spread [\d.]+ D", figure.layout.annotations[0].text)
    assert sum(figure.data[0].y) == 50
    assert f"mean {values.mean():.3g}" in figure.layout.annotations[0].text
    assert sum(spread(np.ones(3), label="l", counted="c").data[0].y) == 3
    assert spread(np.ones(3), label="l", counted="c").layout.yaxis.dtick == 1


def test_curves_are_named_where_there_are_several():
    one = Curve(name="a", x=[1, 2], y=[3, 4])
    assert curves([one], x_label="x", y_label="y").layout.showlegend is False
    two = curves([one, one], x_label="x", y_label="y (e)", is_logarithmic=True)
    assert two.layout.showlegend is True
    assert two.layout.yaxis.type == "log"
    assert two.layout.yaxis.tickvals == (3, 4), "numbers that are read as they are"


def test_ticks_of_a_logarithmic_axis_are_few_and_of_one_digit():
    assert round_values(np.array([0.3, 6.0])) == [0.5, 1, 2, 5]
    assert round_values(np.array([21.0, 45.0])) == [30, 40]
    assert round_values(np.zeros(2)) == []
