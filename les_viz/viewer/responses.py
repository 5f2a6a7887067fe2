"""What a prediction can show over its atoms: dipole, forces, field and Born effective charges."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError
from les_viz.response.prediction import UNITS, FloatArray, Prediction
from les_viz.viewer.layers import GREEN, ORANGE, VIOLET, Arrows, IndexArray, Tensors

_FIELD_UNIT = "V/Å"

VANISHING = 5e-4
"""e Å: a smaller dipole is none, and its arrow would point anywhere."""


def dipole_arrow(prediction: Prediction) -> Arrows:
    """The total dipole moment.

    Args:
        prediction: of a structure, with its dipole.

    Returns:
        One arrow, centred in the cell of a crystal or at the middle of a molecule's atoms; none where it vanishes.
    """
    if prediction.dipole is None:
        raise SettingError("the prediction holds no dipole: ask for the quantity 'dipole'")
    middle = prediction.cell.sum(axis=0) / 2 if prediction.pbc else prediction.positions.mean(axis=0)
    reach = float(np.max(np.linalg.norm(prediction.positions - middle, axis=1), initial=0.0))
    is_there = _is_there(prediction.dipole[None])
    return Arrows.of(
        "dipole",
        UNITS["dipole"],
        middle[None][is_there],
        prediction.dipole[None][is_there],
        color=GREEN,
        longest=float(np.clip(reach, 2.0, 8.0)),
        is_centered=True,
    )


def force_arrows(prediction: Prediction) -> Arrows:
    """The force on each atom."""
    if prediction.forces is None:
        raise SettingError("the prediction holds no forces: ask for the quantity 'forces'")
    return Arrows.of(
        "force",
        UNITS["forces"],
        prediction.positions,
        prediction.forces,
        color=ORANGE,
        longest=2.0,
        atoms=np.arange(len(prediction.positions)),
    )


def field_arrows(positions: FloatArray, field: FloatArray, *, atoms: IndexArray | None = None) -> Arrows:
    """The electric field at some places.

    Args:
        positions: (n, 3), Å.
        field: (n, 3), V/Å.
        atoms: (n,), if the places are those of atoms.

    Returns:
        The arrows.
    """
    return Arrows.of("field", _FIELD_UNIT, positions, field, color=VIOLET, longest=2.0, atoms=atoms)


def molecule_dipole_arrows(centres: FloatArray, dipoles: FloatArray, atoms: IndexArray) -> Arrows:
    """The dipole moment of each molecule.

    Args:
        centres: (molecules, 3), Å, next to the atom named for each molecule, not to an image of it.
        dipoles: (molecules, 3), e Å.
        atoms: (molecules,), one member of each molecule, which the arrow moves with.

    Returns:
        The arrows, centred; none for molecules without a dipole.
    """
    is_there = _is_there(dipoles)
    return Arrows.of(
        "molecular dipole",
        UNITS["dipole"],
        centres[is_there],
        dipoles[is_there],
        color=GREEN,
        longest=2.2,
        atoms=atoms[is_there],
        is_centered=True,
    )


def _is_there(dipoles: FloatArray) -> NDArray[np.bool_]:
    return np.asarray(np.linalg.norm(dipoles, axis=-1) >= VANISHING)


def born_charge_glyphs(prediction: Prediction, *, atoms: Sequence[int] | None = None) -> Tensors:
    """The Born effective charges of these atoms, or of all.

    Args:
        prediction: of a structure, with its Born effective charges.
        atoms: indices of the atoms that show theirs.

    Returns:
        The tensors, on one scale whatever atoms are chosen.
    """
    values = prediction.born_effective_charges
    if values is None:
        raise SettingError("the prediction holds no Born effective charges: ask for 'born_effective_charges'")
    return Tensors.of("Born effective charge", UNITS["born_effective_charges"], values, atoms=atoms)
