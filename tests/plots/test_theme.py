"""The look that all figures share."""

import numpy as np
import plotly.graph_objects as go

from les_viz.plots import theme
from les_viz.plots.curves import Curve, curves
from les_viz.plots.histogram import histogram_by_element
from les_viz.plots.tensor import tensor_map


def test_a_figure_for_a_lecture_is_a_larger_copy():
    figure = curves([Curve(name="a", x=[0, 1], y=[0, 1])], x_label="time (fs)", y_label="q (e)")
    before = figure.to_json()
    large = theme.enlarged(figure)
    assert figure.to_json() == before
    assert min(large.layout.xaxis.tickfont.size, large.layout.yaxis.title.font.size, large.layout.font.size) >= 17
    (line,) = [trace.line.width for trace in large.data if trace.type == "scatter"]
    assert line > (figure.data[0].line.width or 2)
    assert large.layout.xaxis.title.text == "time (fs)"


def test_bars_and_their_titles_grow_too():
    figure = histogram_by_element(np.array([0.1, 0.2]), ["H", "O"], label="q (e)", limit=1.0)
    large = theme.enlarged(figure)
    assert large.layout.height > figure.layout.height
    assert {note.font.size for note in large.layout.annotations} == {large.layout.xaxis.tickfont.size}


def test_numbers_in_cells_grow_too():
    figure = tensor_map(np.diag([1.0, -0.5, 0.2]), label="BEC (e)", limit=1.0)
    (large,) = theme.enlarged(figure).data
    assert large.textfont.size > figure.data[0].textfont.size


def test_changing_a_figure_leaves_the_template_of_the_others_alone():
    figure = go.Figure(layout={"template": theme.template()})
    figure.layout.template.layout.font.size = 99
    assert theme.template().layout.font.size != 99


def test_small_numbers_at_axes_are_powers_of_ten():
    """Polarisations of 0.0005 e/Å² were written as 500μ."""
    axes = theme.template().layout
    assert (axes.xaxis.exponentformat, axes.yaxis.exponentformat) == ("power", "power")
