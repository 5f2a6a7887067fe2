"""Small settings of a page, such as its open tab: kept while the visitor is elsewhere, and held by the address.

They are texts by name, from anywhere: each is checked against what the page offers when it is read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from les_viz.ui.session import current, seed_once, seeded, update, widget_value

NAMES: Final = ("tab", "against", "kind", "intensity", "width", "with", "compare", "members", "spread")
"""All there are, on any page."""

LONGEST: Final = 300
"""Letters of a setting that an address may bring."""

_BETWEEN = ","


def chosen(name: str, options: Sequence[str]) -> str:
    """What the visitor chose among these, on this page; at first the first of them."""
    text = current().settings.get((current().page, name))
    return text if text is not None and text in options else options[0]


def chosen_many(name: str, options: Sequence[str], usual: Sequence[str]) -> list[str]:
    """The same of several; at first the usual ones."""
    text = current().settings.get((current().page, name))
    found = None if text is None else [option for option in options if option in text.split(_BETWEEN)]
    return list(usual) if found is None else found


def bound(widget_key: str, name: str, value: object, usual: object) -> dict[str, Any]:
    """Key and callback of a widget that keeps a setting, which gives the widget its value.

    Args:
        widget_key: of the widget.
        name: of the setting.
        value: what `chosen` or `chosen_many` found.
        usual: the value that needs no mention.
    """
    return {**seeded(widget_key, value), "on_change": _take, "args": (widget_key, name, usual)}


def bound_tab(widget_key: str, titles: Sequence[str]) -> dict[str, Any]:
    """The same of tabs, which may also be opened by their own state."""
    seed_once(widget_key, chosen("tab", titles))
    return {"key": widget_key, "on_change": _take, "args": (widget_key, "tab", titles[0])}


def of_page(settings: Mapping[tuple[str, str], str], page: str) -> dict[str, str]:
    """The settings of a page that mean the same to another visitor: they name no uploads."""
    return {name: text for (own, name), text in settings.items() if own == page and "upload:" not in text}


def _take(widget_key: str, name: str, usual: object) -> None:
    value = widget_value(widget_key)
    settings = dict(current().settings)
    settings.pop((current().page, name), None)
    if value is not None and value != usual:
        settings[current().page, name] = _BETWEEN.join(value) if isinstance(value, list) else str(value)
    update(settings=settings)
