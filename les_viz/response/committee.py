"""How far several models differ on one structure: a hint at what none of them has learned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from les_viz.errors import SettingError
from les_viz.response.prediction import FloatArray, Prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class Committee:
    """Standard deviations over models, each of the same structure; n − 1 in the denominator.

    Attributes:
        n_models: how many.
        charges: (atoms,), e, of the partial charges.
        forces: (atoms,), eV/Å: √ of the sum of the variances of the three components.
        energy: eV, of the total energy; models with different zeros of energy differ in it by more than they err.
        long_range_energy: eV, of the Coulomb energy.
        dipole: e Å, √ of the sum of the variances of the three components.
    """

    n_models: int
    charges: FloatArray
    forces: FloatArray
    energy: float
    long_range_energy: float
    dipole: float


def committee_of(predictions: Sequence[Prediction]) -> Committee:
    """Compare predictions.

    Args:
        predictions: one a model, with forces and dipole.

    Raises:
        SettingError: fewer than two, of different structures, or without forces or dipole.
    """
    if len(predictions) < 2:
        raise SettingError(f"{len(predictions)} predictions make no committee: at least two are needed")
    if len({len(own.atomic_numbers) for own in predictions}) > 1:
        raise SettingError("the predictions are of structures of different sizes: predict the same one with each model")
    if any(own.forces is None or own.dipole is None for own in predictions):
        raise SettingError("a prediction lacks forces or the dipole: ask `predict` for both")
    return Committee(
        n_models=len(predictions),
        charges=_spread([own.partial_charges for own in predictions]),
        forces=_length(_spread([np.asarray(own.forces) for own in predictions])),
        energy=float(_spread([np.asarray(own.energy) for own in predictions])),
        long_range_energy=float(_spread([np.asarray(own.long_range_energy) for own in predictions])),
        dipole=float(_length(_spread([np.asarray(own.dipole) for own in predictions]))),
    )


def _spread(values: Sequence[FloatArray]) -> FloatArray:
    return np.asarray(np.std(values, axis=0, ddof=1))


def _length(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(vectors, axis=-1))
