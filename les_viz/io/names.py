"""File names as text that is safe to show."""

import unicodedata

_LONGEST = 60


def display_name(name: str) -> str:
    """Make a short, printable text of a file name: no folders, no control or direction-changing characters.

    Args:
        name: any string, as sent by a browser or typed by a user.

    Returns:
        The last part of the name, at most 60 characters, with its end (the suffix) kept.
    """
    return printable(name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]) or "unnamed file"


def printable(text: str, longest: int = _LONGEST) -> str:
    """Drop what cannot be printed on one line and shorten the rest in its middle.

    Args:
        text: any string.
        longest: number of characters that may remain.
    """
    if len(text) > 20 * longest:
        text = text[: 10 * longest] + text[-10 * longest :]
    shown = ("" if unicodedata.category(c) == "Cf" else " " if _is_control(c) else c for c in text)
    kept = " ".join("".join(shown).split())
    if len(kept) <= longest:
        return kept
    tail = longest // 3
    return f"{kept[: longest - tail - 1]}…{kept[-tail:]}"


def _is_control(character: str) -> bool:
    return unicodedata.category(character).startswith(("C", "Zl", "Zp"))
