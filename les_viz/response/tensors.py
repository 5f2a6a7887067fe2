"""What a tensor that need not be symmetric says: isotropic part, symmetric eigenvalues, axial vector.

Z = Z0 1 + S + A,    Z0 = tr Z / 3,    S symmetric and traceless,    A antisymmetric, A_ab = ε_abc w_c
"""

from dataclasses import replace

import numpy as np

from les_viz.errors import SettingError
from les_viz.response.prediction import FloatArray, Prediction


def isotropic_parts(tensors: FloatArray) -> FloatArray:
    """A third of the trace, (...,) of (..., 3, 3)."""
    return np.asarray(np.trace(tensors, axis1=-2, axis2=-1) / 3, dtype=np.float64)


def symmetric_eigenvalues(tensors: FloatArray) -> FloatArray:
    """(..., 3) eigenvalues of the symmetric part, ascending."""
    symmetric = 0.5 * (tensors + np.swapaxes(tensors, -1, -2))
    return np.asarray(np.linalg.eigvalsh(symmetric), dtype=np.float64)


def axial_vectors(tensors: FloatArray) -> FloatArray:
    """(..., 3) axial vector w_c = ½ ε_cab Z_ab of the antisymmetric part: A u = u × w for any u."""
    upper = 0.5 * (tensors - np.swapaxes(tensors, -1, -2))
    vectors: FloatArray = np.stack([upper[..., 1, 2], upper[..., 2, 0], upper[..., 0, 1]], axis=-1)
    return vectors


def rescaled(prediction: Prediction, charge_scale: float) -> Prediction:
    """The same prediction with another factor from latent to partial charges; energies and forces stay.

    Args:
        prediction: of any scale but 0.
        charge_scale: charge_sign·√ε∞.

    Raises:
        SettingError: a scale of size below 1.
    """
    if not abs(charge_scale) >= 1:
        raise SettingError(f"charge_scale is {charge_scale}: expected ±√ε∞, at least 1 in size")
    factor = charge_scale / prediction.charge_scale

    def scaled(values: FloatArray | None) -> FloatArray | None:
        return None if values is None else factor * values

    return replace(
        prediction,
        charge_scale=charge_scale,
        partial_charges=factor * prediction.partial_charges,
        total_charge=factor * prediction.total_charge,
        dipole=scaled(prediction.dipole),
        polarization=scaled(prediction.polarization),
        born_effective_charges=scaled(prediction.born_effective_charges),
        acoustic_sum_residual=scaled(prediction.acoustic_sum_residual),
        total_charge_derivative=scaled(prediction.total_charge_derivative),
    )
