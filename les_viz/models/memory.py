"""How much memory a model takes for a structure: told before it is taken, from the sizes of the largest tensors.

An estimate, no bound: it was 0.8 to 1.5 times what predictions of thirteen kinds of models took. Graphics cards are not
asked before: torch says when one is full, and harms nobody by it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from les_viz.models.config import ModelConfig, RepresentationConfig
from les_viz.models.monomials import count
from les_viz.models.native import n_features
from les_viz.room import RoomError

_BYTES = 8


def bytes_needed(config: ModelConfig, n_atoms: int, n_edges: int, *, derivatives: bool) -> float:
    """Memory of a prediction in double precision.

    Args:
        config: of the model.
        n_atoms: of the batch.
        n_edges: entries of its table of neighbours.
        derivatives: whether forces or Born effective charges are asked for.
    """
    parts = [_numbers(part, len(config.elements), derivatives=derivatives) for part in config.representations]
    return _BYTES * sum(n_edges * per_edge + n_atoms * per_atom for per_edge, per_atom in parts)


@contextmanager
def room_on_the_card(advice: str) -> Iterator[None]:
    """Say in one sentence that the memory of a graphics card is full.

    Args:
        advice: what to do.

    Raises:
        RoomError: it is.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise RoomError(f"the memory of the graphics card is full: {advice}") from None


def _numbers(part: RepresentationConfig, n_elements: int, *, derivatives: bool) -> tuple[float, float]:
    """Numbers for each edge and for each atom that are there at the same time."""
    monomials, channels = count(part.l_max), part.n_embedding**2
    density, copies = monomials * part.n_radial * channels, 3 if derivatives else 1
    per_edge = 3 * (n_elements + 1) * part.n_radial_basis + (4 * monomials if derivatives else monomials) + 20
    per_atom = 2 * n_elements * part.n_radial_basis * monomials + copies * (density + n_features(part))
    message = part.message
    if message is not None:
        per_edge += copies * (2 * n_elements * part.n_radial_basis + 2 * monomials)
        per_atom += copies * density
        if message.decay:
            per_edge += (5 if derivatives else 2) * (part.l_max + 1) * part.n_radial * channels
        if message.modulation:
            levels = part.l_max + 1 if message.modulation_per_l else 1
            width = channels if message.modulation_per_channel else part.n_embedding
            per_edge += copies * (levels * width + part.n_radial_basis * monomials)
    return per_edge, per_atom
