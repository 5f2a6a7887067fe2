"""The address holds the state: a link brings a bundled sample back as it was shown.

Uploads cannot be linked to; the rest of the state still is: what holds on every page, and the settings of the page that
is open. Values of an address are strings from anywhere: what does not parse is left out.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from les_viz.errors import LesVizError
from les_viz.ui import settings
from les_viz.ui.edit_links import read_atoms, read_edits, write_atoms, write_edits
from les_viz.ui.keys import sample_key, sample_name
from les_viz.ui.session import Session, current, update

Reader = Callable[[str], Any]

_ON_THE_WAY_S = 3.0
"""Seconds that a new address may take to the browser; later, an old one is the visitor's wish (the button Back)."""

_MOST_OUTDATED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Settings of one page that lie together in a frozen object of the session.

    Attributes:
        field: of `Session`, which holds the object or None.
        fresh: makes the object as it is at first.
        readers: path of an attribute in the object (`shape`, `field.shape`) and how to read it, by name in the address.
    """

    field: str
    fresh: Callable[[], Any]
    readers: Mapping[str, tuple[str, Reader]]

    def read(self, said: Mapping[str, str]) -> dict[str, Any]:
        """What the address changes in the session."""
        found = self.fresh()
        for name, (path, read) in self.readers.items():
            if name in said:
                try:
                    found = _with(found, path.split("."), read(said[name]))
                except (ValueError, LesVizError):
                    continue
        return {} if found == self.fresh() else {self.field: found}

    def write(self, session: Session) -> dict[str, str]:
        """What differs from the start, as the address says it."""
        now, fresh = getattr(session, self.field), self.fresh()
        if now is None:
            return {}
        paths = {name: path.split(".") for name, (path, _) in self.readers.items()}
        return {name: _text(_at(now, path)) for name, path in paths.items() if _at(now, path) != _at(fresh, path)}


def _text(value: object) -> str:
    """As the address says it."""
    if isinstance(value, tuple):
        return ",".join(map(_text, value))
    return str(int(value)) if isinstance(value, bool) else f"{value:.6g}" if isinstance(value, float) else str(value)


def _at(thing: Any, path: list[str]) -> Any:  # noqa: ANN401 - attributes have any type
    for name in path:
        thing = getattr(thing, name)
    return thing


def _with(thing: Any, path: list[str], value: object) -> Any:  # noqa: ANN401 - a frozen object of any class
    name, *rest = path
    return replace(thing, **{name: _with(getattr(thing, name), rest, value) if rest else value})


def within(lowest: float, highest: float) -> Callable[[str], float]:
    """Reads a number of this range."""

    def read(text: str) -> float:
        value = float(text)
        if not lowest <= value <= highest:
            raise ValueError(text)
        return value

    return read


def whole_within(lowest: int, highest: int) -> Callable[[str], int]:
    """Reads a whole number of this range."""

    def read(text: str) -> int:
        value = int(text)
        if not lowest <= value <= highest:
            raise ValueError(text)
        return value

    return read


def one_of(*options: str) -> Callable[[str], str]:
    """Reads one of these words."""

    def read(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return read


_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "structure": ("structure_key", sample_key),
    "model": ("model_key", sample_key),
    "frame": ("frame", whole_within(0, 10**6)),
    "atom": ("selected_atom", whole_within(0, 10**6)),
    "atoms": ("selection", read_atoms),
    "edits": ("edits", read_edits),
    "color": ("color_by", str),
    "definition": ("bec_method", one_of("local", "wrapped")),
    "boundary": ("boundary", one_of("periodic", "open")),
    "range": ("locked_limit", within(1e-4, 1e4)),
    "tensors": ("glyphs", one_of("the picked atom", "all atoms", "none")),
    "dipoles": ("dipoles", one_of("the whole", "each molecule", "none")),
    "surfaces": ("surfaces", one_of("none", "low", "middle", "high")),
    "field": ("field_shown", one_of("none", "in the plane", "at the atoms")),
    "plane": ("plane_axis", one_of("a", "b", "c")),
    "position": ("plane_position", within(0, 1)),
    "sign": ("charge_sign", lambda text: int(one_of("1", "-1")(text))),
    "epsilon": ("epsilon_infinity", within(1, 100)),
    "lecture": ("is_lecture", lambda text: one_of("1")(text) == "1"),
}
"""Name in the address: field of the session, and how to read it."""

_WRITERS: Mapping[str, Callable[[Any], str]] = {"selection": write_atoms, "edits": write_edits}
"""How a field is written that belongs to the atoms of a structure; the others say what they are."""


def arrive() -> None:
    """Take over what the address of a new visitor says, as long as no page has been opened that does."""
    if not current().page:
        restore()


def restore(linked: Linked | None = None) -> None:
    """Take over what the address says, if it is another than the one that we wrote.

    Args:
        linked: further settings of the page that is open.
    """
    said = st.query_params.to_dict()
    if not said or said == dict(current().link) or _is_outdated(said):
        return
    changes: dict[str, Any] = {}
    for name, (field, read) in _READERS.items():
        if name in said:
            try:
                changes[field] = read(said[name])
            except ValueError:
                continue
    if "structure_key" in changes:
        afresh = {"frame": 0, "edits": (), "selected_atom": None, "selection": (), "boundary": None}
        changes = afresh | {"plane_position": None} | changes
    page = current().page
    own = {(page, name): said[name][: settings.LONGEST] for name in settings.NAMES if name in said}
    update(**changes, settings={**current().settings, **own}, **({} if linked is None else linked.read(said)))


def write(linked: Linked | None = None) -> None:
    """Write the state into the address."""
    session, said = current(), address_of(current(), linked)
    if said != st.query_params.to_dict():
        st.query_params.from_dict(said)
    link = tuple(said.items())
    if link != session.link:
        outdated = (*session.outdated_links, (time.monotonic(), session.link))[-_MOST_OUTDATED:]
        update(link=link, outdated_links=outdated)


def _is_outdated(said: Mapping[str, str]) -> bool:
    """Whether the browser still says what we have replaced: it asked before our answer had reached it."""
    since = time.monotonic() - _ON_THE_WAY_S
    return any(when > since and said == dict(link) for when, link in current().outdated_links)


def address_of(session: Session, linked: Linked | None = None) -> dict[str, str]:
    """What the address of a session says: samples, and whatever differs from the start."""
    fresh = Session()
    said = {}
    for name, (field, _) in _READERS.items():
        value = getattr(session, field)
        if value is None or value == getattr(fresh, field):
            continue
        if field in ("structure_key", "model_key"):
            if (sample := sample_name(value)) is not None:
                said[name] = sample
        elif field in _WRITERS:
            if _is_of_sample(session.structure_key) and (text := _WRITERS[field](value)):
                said[name] = text
        else:
            said[name] = _text(value)
    said |= settings.of_page(session.settings, session.page)
    return said if linked is None else said | linked.write(session)


def is_whole(session: Session) -> bool:
    """Whether the address alone brings everything back: no uploads on the bench, and nothing too long for a link."""
    has_samples = _is_of_sample(session.structure_key) and _is_of_sample(session.model_key)
    own = [name for page, name in session.settings if page == session.page]
    has_all = len(own) == len(settings.of_page(session.settings, session.page))
    is_short = not session.edits or bool(write_edits(session.edits))
    return has_samples and has_all and is_short


def _is_of_sample(key: str | None) -> bool:
    """Whether a structure or model is bundled; none yet will be."""
    return key is None or sample_name(key) is not None
