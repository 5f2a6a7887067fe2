"""What the command line tells the app that it starts, through the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from les_viz.errors import SettingError

LARGEST = 1_000_000
"""Of any of the numbers: beyond it, a slip of the hand."""

HOSTS_VARIABLE = "LES_VIZ_HOSTS"
"""Variable of the environment: names, separated by commas, by which browsers call the app behind a proxy."""


VISITOR_COOKIE = "les_viz_visitor"
"""Tells the visitors of a server apart that others can reach: by browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """Where models run, and what one visitor may ask for: the server serves others at the same time."""

    device: str = "cpu"
    upload_megabytes: int = 50
    """Size of an uploaded file."""
    max_atoms: int = 20_000
    """Of one frame."""
    max_frames: int = 5_000
    read_seconds: int = 20
    """For reading one file."""
    max_running: int = 1
    """Runs of dynamics that move at once; further ones wait."""

    def environment(self) -> dict[str, str]:
        """As variables of the environment."""
        return {variable(field.name): str(getattr(self, field.name)) for field in fields(self)}

    @staticmethod
    def told_by(environment: Mapping[str, str]) -> "Hosting":
        """What the environment says, and for the rest what is usual.

        Raises:
            SettingError: a variable holds something else than a number.
        """
        names = [field.name for field in fields(Hosting)]
        given = {name: environment[variable(name)] for name in names if variable(name) in environment}
        device = given.pop("device", Hosting().device)
        return Hosting(device=device, **{name: number(variable(name), text) for name, text in given.items()})


def names_behind_a_proxy(environment: Mapping[str, str]) -> frozenset[str]:
    """The names by which browsers of other machines call the app, in lower case; none where it is for this machine."""
    given = environment.get(HOSTS_VARIABLE, "").lower().split(",")
    return frozenset(name.strip() for name in given) - {""}


def variable(name: str) -> str:
    """The variable of the environment that holds a field."""
    return f"LES_VIZ_{name.upper()}"


def number(name: str, text: str) -> int:
    """A whole number of at least 1.

    Args:
        name: what it is for, as the error calls it.
        text: what was given.

    Raises:
        SettingError: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST)) and 1 <= int(text) <= LARGEST):
        raise SettingError(f"{name} is {text[:30]!r}: expected a whole number from 1 to {LARGEST}")
    return int(text)
