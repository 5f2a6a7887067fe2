"""Numbers and foreign text as the page writes them."""

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~$:&-])")


def plain(text: str) -> str:
    """Text from a file or a message, such that Streamlit shows it as it is: no links, pictures or maths."""
    return _MARKUP.sub(r"\\\1", text)


def number(value: float, digits: int = 3) -> str:
    """A number with a true minus and no plus."""
    return f"{value:.{digits}f}".replace("-", "−")
