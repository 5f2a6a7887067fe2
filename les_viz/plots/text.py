"""Numbers as figures and pages write them."""


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign, with a true minus; zero has none."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return ("−" if value < 0 else "+") + text
