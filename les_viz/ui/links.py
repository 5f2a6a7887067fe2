"""The address holds the state: a link brings a bundled sample back as it was shown.

Uploads cannot be linked to; the rest of the state still is. Values of an address are strings from anywhere: what does
not parse is left out.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from les_viz.ui.keys import sample_key, sample_name
from les_viz.ui.session import Session, current, update


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value < 10**6:
        raise ValueError(text)
    return value


def _epsilon(text: str) -> float:
    value = float(text)
    if not 1 <= value <= 100:
        raise ValueError(text)
    return value


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def _limit(text: str) -> float:
    value = float(text)
    if not 1e-4 <= value <= 1e4:
        raise ValueError(text)
    return value


def _one_of(*options: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return read


_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "structure": ("structure_key", sample_key),
    "model": ("model_key", sample_key),
    "frame": ("frame", _count),
    "atom": ("selected_atom", _count),
    "color": ("color_by", str),
    "definition": ("bec_method", _one_of("local", "wrapped")),
    "boundary": ("boundary", _one_of("periodic", "open")),
    "range": ("locked_limit", _limit),
    "tensors": ("glyphs", _one_of("the picked atom", "all atoms", "none")),
    "dipoles": ("dipoles", _one_of("the whole", "each molecule", "none")),
    "surfaces": ("surfaces", _one_of("none", "low", "middle", "high")),
    "field": ("field_shown", _one_of("none", "in the plane", "at the atoms")),
    "plane": ("plane_axis", _one_of("a", "b", "c")),
    "position": ("plane_position", _fraction),
    "sign": ("charge_sign", lambda text: int(_one_of("1", "-1")(text))),
    "epsilon": ("epsilon_infinity", _epsilon),
    "lecture": ("is_lecture", lambda text: _one_of("1")(text) == "1"),
}
"""Name in the address: field of the session, and how to read it."""


def restore() -> None:
    """Take over what the address says, if it is another than the one that we wrote."""
    said = st.query_params.to_dict()
    if not said or said == dict(current().link):
        return
    changes: dict[str, Any] = {}
    for name, (field, read) in _READERS.items():
        if name in said:
            try:
                changes[field] = read(said[name])
            except ValueError:
                continue
    if "structure_key" in changes:
        changes = {"frame": 0, "edits": (), "selected_atom": None, "selection": (), "boundary": None} | changes
    update(**changes)


def write() -> None:
    """Write the state into the address."""
    said = address_of(current())
    if said != st.query_params.to_dict():
        st.query_params.from_dict(said)
    update(link=tuple(said.items()))


def address_of(session: Session) -> dict[str, str]:
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
        elif field == "is_lecture":
            said[name] = "1"
        else:
            said[name] = f"{value:.6g}" if isinstance(value, float) else str(value)
    return said


def is_whole(session: Session) -> bool:
    """Whether the address alone brings everything back: no uploads and no changed structure on the bench."""
    keys = (session.structure_key, session.model_key)
    return not session.edits and all(key is None or sample_name(key) is not None for key in keys)
