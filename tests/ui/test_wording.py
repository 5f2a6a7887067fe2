import re

import pandas as pd
import pytest

from les_viz.elements import subscripted
from les_viz.plots.text import measured, signed
from les_viz.ui.wording import as_markdown, number, plain, sentence


def test_signs_are_written_out():
    assert (signed(-0.5), signed(0.25, 2), signed(-1e-9)) == ("−0.500", "+0.25", "0.000")
    assert number(-2.5, 1) == "−2.5"
    assert number(-1e-9) == "0.000"


def test_a_message_by_itself_begins_with_a_capital():
    assert sentence("the CH3 group of x.xyz") == "The CH3 group of x.xyz"
    assert sentence("") == ""


def test_formulas_have_subscripts():
    assert subscripted("C10H2") == "C₁₀H₂"


def test_tables_hold_foreign_text_as_it_is():
    table = pd.DataFrame([("model", "a|b")], columns=["what", "*value*"])
    assert as_markdown(table) == "| what | \\*value\\* |\n| :-- | :-- |\n| model | a\\|b |"


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (299.913, 3.136, "299.9 ± 3.1"),
        (2.501e-5, 4.629e-6, "(2.50 ± 0.46)·10⁻⁵"),
        (-6.15e-7, 4e-8, "(−6.15 ± 0.40)·10⁻⁷"),
        (0.02, 3.5, "0.0 ± 3.5"),
        (1515.4, 490.0, "1515 ± 490"),
        (-5.849e-6, None, "−5.85·10⁻⁶"),
        (0.0, None, "0.00"),
        (float("nan"), None, "–"),
    ],
)
def test_numbers_have_the_digits_that_their_errors_allow(value, error, text):
    assert measured(value, error) == text


def test_markup_of_foreign_text_is_made_harmless():
    for text in ("![x](http://h/p.png)", "[a](b)", "$e$", "<script>", "`code`", ":red[x]", "# title", "a_b*c~d|e"):
        shown = plain(text)
        assert shown.replace("\\", "").replace("\u2060", "") == text
        for character in "![]()$<>`:#*_~|":
            assert all(shown[i - 1] == "\\" for i, c in enumerate(shown) if c == character)


@pytest.mark.parametrize(
    "text",
    [
        "see http://x.invalid/a",
        "HTTPS://x.invalid",
        "www.x.invalid",
        "a.b+c@x.invalid",
        ":material/delete:",
        ":smile: :+1:",
        "12:30:45",
    ],
)
def test_addresses_and_icons_are_interrupted_where_streamlit_would_find_them(text):
    """It looks for these patterns once backslashes are gone; letters stay what they were."""
    found = re.sub(r"\\(.)", r"\1", plain(text))
    patterns = (r"(?i)https?://|www\.", r"[-.\w+]+@[-\w]+\.", r":(material/)?[\w+-]+:")
    assert any(re.search(pattern, text) for pattern in patterns)
    assert not any(re.search(pattern, found) for pattern in patterns)
    assert found.replace("\u2060", "") == text


def test_what_people_copy_is_left_as_it_is():
    for text in ("les-viz md run.toml --out RUN --resume", "/home/me/runs/2026: full", "E +0.5 V/Å, T 300 K"):
        assert "\u2060" not in plain(text)
