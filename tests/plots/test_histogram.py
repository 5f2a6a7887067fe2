import numpy as np
import pytest

from les_viz.plots.histogram import atoms_in_bars, histogram_by_element, summary

VALUES = np.array([-0.8, -0.82, 0.4, 0.41, 0.39, 0.4])
SYMBOLS = ["O", "O", "H", "H", "H", "H"]


def figure(**change):
    return histogram_by_element(VALUES, SYMBOLS, **({"label": "latent charge (e)", "limit": 0.9} | change))


def test_every_atom_is_counted_once_under_its_element():
    counts = {trace.name: int(sum(trace.y)) for trace in figure().data}
    assert counts == {"H": 4, "O": 2}


def test_bars_have_the_colours_of_the_viewer():
    for trace in figure().data:
        assert (trace.marker.cmin, trace.marker.cmax) == (-0.9, 0.9)
        assert list(trace.marker.color) == pytest.approx(list(trace.x))


def test_axes_carry_their_units_and_rows_their_mean():
    layout = figure().layout
    assert layout.xaxis2.title.text == "latent charge (e)"
    assert layout.yaxis.title.text == "atoms"
    assert [note.text for note in layout.annotations] == ["<b>H</b>  +0.400 ± 0.007", "<b>O</b>  −0.810 ± 0.010"]


def test_few_atoms_are_counted_one_by_one():
    layout = histogram_by_element(np.array([1.0, -1, -1, -1, -1]), list("OHHHH"), label="q (e)", limit=1.0).layout
    assert (layout.yaxis.dtick, layout.yaxis2.dtick) == (None, 1)


def test_the_picked_atom_is_marked_in_the_row_of_its_element():
    (line,) = figure(marked=1).layout.shapes
    assert line.x0 == VALUES[1]
    assert line.xref == "x2"


def test_the_page_gives_text_its_colour():
    template = figure().layout.template.layout
    assert template.font.color is None
    assert template.paper_bgcolor == "rgba(0,0,0,0)"


def test_equal_values_still_make_a_figure():
    flat = histogram_by_element(np.zeros(3), ["C", "C", "C"], label="q (e)", limit=1.0)
    assert int(sum(flat.data[0].y)) == 3
    assert summary(np.zeros(3)) == "0.000 ± 0.000"


def test_bars_know_their_atoms():
    hydrogen, oxygen = figure().data
    everything = [(0, x) for x in hydrogen.x] + [(1, x) for x in oxygen.x]
    assert atoms_in_bars(VALUES, SYMBOLS, everything) == list(range(6))
    assert set(atoms_in_bars(VALUES, SYMBOLS, [(1, oxygen.x[0])])) <= {0, 1}
    assert atoms_in_bars(VALUES, SYMBOLS, []) == []
