"""Numbers and foreign text as the page writes them."""

import re

import pandas as pd

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~$:&-])")

_JOINER = "\u2060"
"""Has no width and breaks no line."""

_LINKED = re.compile(r"(?i)(?<=http)(?=s?://)|(?<=www)(?=\.)|(?<=[\w.+-])(?=@[\w-])|(?<=:)(?=(?:material/)?[\w+-]+:)")
"""Where addresses, and names of icons and emojis, begin to be some: Streamlit finds them after markup was undone."""


def plain(text: str) -> str:
    """Text from a file or a message, such that Streamlit shows it as it is: no links, pictures, icons or maths."""
    return _MARKUP.sub(r"\\\1", _LINKED.sub(_JOINER, text))


def sentence(text: str) -> str:
    """A message that stands by itself: it began with a small letter, to follow a name or a colon."""
    return text[:1].upper() + text[1:]


def number(value: float, digits: int = 3) -> str:
    """A number with a true minus and no plus; zero has no sign."""
    text = f"{abs(value):.{digits}f}"
    return "−" + text if value < 0 and float(text) != 0 else text


def as_markdown(table: pd.DataFrame, *, align: str = ":--") -> str:
    """A table of text as one of the page, which wraps what is too long for its column.

    Args:
        table: text, whatever it holds.
        align: of all columns but the first, as Markdown writes it.
    """
    head, *rows = ([plain(str(cell)) for cell in line] for line in (table.columns, *table.to_numpy()))
    lines = [head, [":--", *[align] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
