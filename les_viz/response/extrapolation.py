"""Whether a structure looks like what a model was trained on."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from les_viz.elements import SYMBOLS
from les_viz.errors import StructureError
from les_viz.models.config import BondHeadConfig
from les_viz.models.model import LESModel
from les_viz.response.evaluation import Evaluation

if TYPE_CHECKING:
    import ase

MARGIN = 0.1
"""Share by which a nearest neighbour may be closer or farther than in the training data without a warning."""

STATED_CHARGE = ("total_charge", "charge")
"""Where extended XYZ files say the total charge, e."""

ROUNDING = 0.01
"""e: what rounding leaves of a sum of charges; ions have 1 e or more."""


def refuse_ions(model: LESModel, atoms: "ase.Atoms") -> None:
    """Refuse a structure that says to be charged where the charges sum to zero whatever the structure.

    Args:
        model: any.
        atoms: one structure.

    Raises:
        StructureError: its total charge, and what to do.
    """
    if not _is_always_neutral(model):
        return
    for key in STATED_CHARGE:
        stated = _number(atoms.info.get(key, 0))
        if abs(stated) > ROUNDING:
            raise StructureError(
                f"the structure's total charge is {stated:+g} e ({key}), but the charges of this model always "
                f"sum to 0: use a model trained on ions, or take {key} out if it is wrong"
            )


def _number(stated: object) -> float:
    """A charge as files give it, a number or text of one; 0 where it is neither."""
    try:
        return float(np.asarray(stated).astype(float).item())
    except (TypeError, ValueError):
        return 0.0


def odd_electrons(model: LESModel, evaluation: Evaluation, number: int, atoms: slice) -> tuple[str, ...]:
    """A sentence for a molecule that is an ion or a radical, where the model's charges sum to zero in any case.

    Args:
        model: any.
        evaluation: of a batch.
        number: of the structure in question.
        atoms: those of the structure.
    """
    if not _is_always_neutral(model) or bool(evaluation.system.is_periodic[number]):
        return ()
    electrons = int(evaluation.system.atomic_numbers[atoms].sum())
    if electrons % 2 == 0:
        return ()
    return (
        f"{electrons} electrons if neutral, an odd number: an ion or a radical; the charges of this model sum to 0 "
        "whatever the structure, do not trust the numbers",
    )


def _is_always_neutral(model: LESModel) -> bool:
    head = model.config.charge_head
    return isinstance(head, BondHeadConfig) and not head.formal_charges


def unseen_elements(model: LESModel, evaluation: Evaluation, atoms: slice) -> tuple[str, ...]:
    """One sentence for each element that the model has a place for, but no training data had.

    Args:
        model: one whose header says which elements it was trained on; others cannot tell.
        evaluation: of a batch.
        atoms: those of the structure in question.
    """
    trained = model.config.trained_atoms
    numbers = evaluation.system.atomic_numbers[atoms].tolist()
    unseen = sorted(set(numbers) - set(trained)) if trained else []
    return tuple(
        f"{_atoms(numbers.count(number), number)}: the training data had none of this element; do not trust the numbers"
        for number in unseen
    )


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
                f"{_atoms(len(outside), number)} with the nearest neighbour "
                f"{_place(float(outside[0]), model.cutoff)}: the training data had {shortest:.2f} to {longest:.2f} Å; "
                "do not trust the numbers"
            )
    return tuple(notes)


def _atoms(count: int, number: int) -> str:
    return f"{count} {SYMBOLS[number]} atom{'s' if count > 1 else ''}"


def _place(distance: float, cutoff: float) -> str:
    return f"at {distance:.2f} Å" if distance < float("inf") else f"beyond {cutoff:g} Å"
