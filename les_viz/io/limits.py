"""How much one structure file may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """Limits for reading one file; each is named in the error that it causes."""

    max_bytes: int = 50_000_000
    """Size of the file."""
    max_expanded_bytes: int = 100_000_000
    """Size of a .gz file after expansion."""
    max_atoms: int = 200_000
    """Atoms of one frame."""
    max_frames: int = 10_000
    """Frames that are read."""
    seconds: float = 20.0
    """Time for parsing."""
