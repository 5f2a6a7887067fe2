import pandas as pd

from les_viz.plots.text import signed
from les_viz.ui.wording import as_markdown, number, plain


def test_signs_are_written_out():
    assert (signed(-0.5), signed(0.25, 2), signed(-1e-9)) == ("−0.500", "+0.25", "0.000")
    assert number(-2.5, 1) == "−2.5"


def test_tables_hold_foreign_text_as_it_is():
    table = pd.DataFrame([("model", "a|b")], columns=["what", "*value*"])
    assert as_markdown(table) == "| what | \\*value\\* |\n| :-- | :-- |\n| model | a\\|b |"


def test_markup_of_foreign_text_is_made_harmless():
    for text in ("![x](http://h/p.png)", "[a](b)", "$e$", "<script>", "`code`", ":red[x]", "# title", "a_b*c~d|e"):
        shown = plain(text)
        assert shown.replace("\\", "") == text
        for character in "![]()$<>`:#*_~|":
            assert all(shown[i - 1] == "\\" for i, c in enumerate(shown) if c == character)
