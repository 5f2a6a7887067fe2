"""`les-viz models`: what is bundled, what it was trained on and how wrong it is."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from les_viz import resources
from les_viz.models.cards import read_card
from les_viz.models.loading import sample_names

_NESTING = "."


def run(options: Namespace) -> None:
    """Print the sample models.

    Args:
        options: json.

    Raises:
        ModelError: a card is damaged.
    """
    cards = [read_card(name) for name in sample_names()]
    if options.json:
        json.dump(cards, sys.stdout, indent=2, ensure_ascii=False, default=str)
        print()
    elif cards:
        print("\n\n".join("\n".join(_lines(card)) for card in cards))
    else:
        print(f"no sample models in {resources.SAMPLE_MODELS}")


def _lines(card: Mapping[str, Any]) -> Iterator[str]:
    title = card.get("title")
    yield f"{card['name']}: {title}" if title else str(card["name"])
    entries = list(_flat({key: value for key, value in card.items() if key not in ("name", "title")}))
    width = max((len(key) for key, _ in entries), default=0)
    for key, value in entries:
        yield f"  {key:<{width}}  {value}"


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}{_NESTING}")
        elif isinstance(value, list):
            yield prefix + key, ", ".join(map(str, value))
        else:
            yield prefix + key, " ".join(str(value).split())
