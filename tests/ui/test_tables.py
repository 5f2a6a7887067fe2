"""Tables of numbers on the page."""

import numpy as np
import pandas as pd

from les_viz.ui.tables import MOST_CELLS, as_numbers


def test_numbers_have_a_true_minus_and_stay_numbers():
    table = pd.DataFrame({"element": ["O", "H"], "charge (e)": [-0.6634, 0.3317]})
    shown = as_numbers(table, {"charge (e)": 3})
    assert "column_config" not in shown, "the browser would put its own format over the text"
    cells = shown["data"]._translate(False, False)["body"]
    assert [row[2]["display_value"] for row in cells] == ["−0.663", "0.332"]
    pd.testing.assert_frame_equal(shown["data"].data, table)


def test_a_large_table_is_left_to_the_browser():
    table = pd.DataFrame({"charge (e)": np.linspace(-1, 1, MOST_CELLS + 1)})
    shown = as_numbers(table, {"charge (e)": 3})
    assert shown["data"] is table
    assert shown["column_config"]["charge (e)"]["type_config"]["format"] == "%.3f"
