"""Numbers and foreign text as the page writes them."""

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~$:&-])")


def plain(text: str) -> str:
    """Text from a file or a message, such that Streamlit shows it as it is: no links, pictures or maths."""
    return _MARKUP.sub(r"\\\1", text)


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign, with a true minus."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return ("−" if value < 0 else "+") + text


def number(value: float, digits: int = 3) -> str:
    """A number with a true minus and no plus."""
    return f"{value:.{digits}f}".replace("-", "−")
