"""Numbers as figures and pages write them."""

import math
from html import escape

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def literal(text: str) -> str:
    """Text from a file or a folder's name, such that plotly draws it as it is: no links, no styles."""
    return escape(text, quote=False)


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign, with a true minus; zero has none."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return ("−" if value < 0 else "+") + text


def measured(value: float, error: float | None) -> str:
    """A number as far as its error lets one believe it: 299.9 ± 3.1, (2.50 ± 0.46)·10⁻⁵; three digits without one.

    Args:
        value: the number.
        error: its standard error, or None.
    """
    if not math.isfinite(value):
        return "–"
    power = _power(max(abs(value), error or 0.0))
    scale = 0 if -3 <= power < 5 else power
    last = _power(error) - 1 if error else power - 2
    digits = max(0, scale - last)
    text = f"{value / 10**scale:.{digits}f}" + (f" ± {error / 10**scale:.{digits}f}" if error else "")
    text = text.replace("-", "−")
    if scale == 0:
        return text
    return (f"({text})" if error else text) + f"·10{str(scale).translate(_RAISED)}"


def _power(size: float) -> int:
    """Of ten, of the first digit."""
    return math.floor(math.log10(size)) if size > 0 else 0
