"""How measured numbers are written."""


def milliseconds(seconds: float | None) -> str:
    """Three digits and the unit, or a dash."""
    if seconds is None:
        return "–"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def times(ratio: float | None) -> str:
    """A ratio, or a dash."""
    return "–" if ratio is None else f"{ratio:.3g}"


def megabytes(size: int | None) -> str:
    """Whole megabytes, or a dash."""
    return "–" if size is None else f"{size / 1e6:.0f} MB"
