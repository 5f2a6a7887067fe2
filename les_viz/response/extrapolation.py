"""Whether a structure looks like what a model was trained on."""

import torch

from les_viz.elements import SYMBOLS
from les_viz.models.model import LESModel
from les_viz.response.evaluation import Evaluation

MARGIN = 0.1
"""Share by which a nearest neighbour may be closer or farther than in the training data without a warning."""


def unseen_distances(model: LESModel, evaluation: Evaluation, atoms: slice) -> tuple[str, ...]:
    """One sentence for each element with an atom whose nearest neighbour is closer or farther than any in training.

    Args:
        model: one whose header says what distances it has seen; others cannot tell.
        evaluation: of a batch.
        atoms: those of the structure in question.
    """
    seen = model.config.nearest_distances
    if not seen:
        return ()
    surroundings = evaluation.surroundings
    distances = surroundings.vectors[atoms].detach().norm(dim=2)
    nearest = distances.masked_fill(~surroundings.is_neighbor[atoms], float("inf"))
    nearest = torch.nn.functional.pad(nearest, (0, 1), value=float("inf")).amin(dim=1)
    numbers = evaluation.system.atomic_numbers[atoms]
    notes = []
    for number, (shortest, longest) in sorted(seen.items()):
        own = nearest[numbers == number]
        outside = own[(own < (1 - MARGIN) * shortest) | (own > (1 + MARGIN) * longest)]
        if len(outside):
            notes.append(
                f"{len(outside)} {SYMBOLS[number]} atom{'s' if len(outside) > 1 else ''} with the nearest neighbour "
                f"{_place(float(outside[0]), model.cutoff)}: the training data had {shortest:.2f} to {longest:.2f} Å; "
                "do not trust the numbers"
            )
    return tuple(notes)


def _place(distance: float, cutoff: float) -> str:
    return f"at {distance:.2f} Å" if distance < float("inf") else f"beyond {cutoff:g} Å"
