"""Born effective charges that came with a structure, and the order of their indices.

Files do not say whether a row is a field or a displacement direction. We compare both readings with a prediction and
take the nearer one, and we say so: where the tensors are almost symmetric the two cannot be told apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

KNOWN_NAMES = ("born_effective_charges", "bec", "becs", "born_charges", "born", "zstar", "z_star", "apt", "ref_bec")
"""Names under which files carry them, in lower case."""

TOLD_APART = 0.02
"""Relative difference of the two readings' deviations above which the order counts as detected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTensors:
    """Tensors of a file, in our order.

    Attributes:
        name: under which the file carries them.
        tensors: (atoms, 3 field, 3 displacement), e.
        is_transposed: whether the file has (displacement, field).
        is_told_apart: whether the comparison decides between the two orders.
        deviations: RMS difference from the prediction, e, as in the file and transposed.
    """

    name: str
    tensors: FloatArray
    is_transposed: bool
    is_told_apart: bool
    deviations: tuple[float, float]


def tensors_in(arrays: Mapping[str, NDArray[np.float64]]) -> tuple[str, FloatArray] | None:
    """Find (atoms, 3, 3) tensors among the arrays of a structure.

    Args:
        arrays: per-atom arrays by name; nine columns count as 3 × 3 in C order.

    Returns:
        Name and tensors as the file has them; None if there are none under a known name.
    """
    for name, array in arrays.items():
        values = np.asarray(array)
        if name.lower().replace("-", "_") in KNOWN_NAMES and values.ndim > 1 and values[0].size == 9:
            if values.dtype.kind != "f" or not np.isfinite(values).all():
                continue
            return name, values.reshape(-1, 3, 3).astype(float)
    return None


def ordered_like(name: str, tensors: FloatArray, prediction: FloatArray) -> FoundTensors:
    """Find the order of the indices by comparison with a prediction.

    Args:
        name: of the tensors.
        tensors: (atoms, 3, 3), e, in either order.
        prediction: (atoms, 3 field, 3 displacement), e.
    """
    swapped = tensors.transpose(0, 2, 1)
    # A scale and a sign that are still open must not decide about the order.
    as_it_is, transposed = (_deviation(candidate, prediction) for candidate in (tensors, swapped))
    larger = max(as_it_is, transposed)
    is_transposed = transposed < as_it_is
    return FoundTensors(
        name=name,
        tensors=swapped if is_transposed else tensors,
        is_transposed=is_transposed,
        is_told_apart=larger > 0 and abs(as_it_is - transposed) > TOLD_APART * larger,
        deviations=(as_it_is, transposed),
    )


def _deviation(reference: FloatArray, prediction: FloatArray) -> float:
    """RMS difference after the best common factor on the prediction."""
    square = float(np.square(prediction).sum())
    factor = float((reference * prediction).sum()) / square if square > 0 else 0.0
    return float(np.sqrt(np.mean(np.square(reference - factor * prediction))))
