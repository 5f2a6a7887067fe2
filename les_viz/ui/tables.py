"""Tables of numbers as the page shows them: with a true minus, and sorted by what they are."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from les_viz.ui.wording import number

MOST_CELLS = 4000
"""With a text of their own for each; larger tables are formatted by the browser, which knows the hyphen only."""


def as_numbers(table: pd.DataFrame, digits: Mapping[str, int]) -> dict[str, Any]:
    """Arguments of `st.dataframe` for a table.

    Args:
        table: numbers and text.
        digits: behind the point, by column.
    """
    if table.size <= MOST_CELLS:
        return {"data": table.style.format({name: partial(number, digits=n) for name, n in digits.items()})}
    formats = {name: st.column_config.NumberColumn(format=f"%.{n}f") for name, n in digits.items()}
    return {"data": table, "column_config": formats}
