"""The electrostatic potential of a model's latent charges in space, on a regular grid."""

from dataclasses import dataclass

import numpy as np
import torch

from les_viz.errors import ModelError, SettingError
from les_viz.ewald.potential_grid import open_potential_at, periodic_potential_grid
from les_viz.models.model import LESModel
from les_viz.response.prediction import FloatArray, Prediction

MARGIN = 4.0
"""Å around an open system."""

SPACING = 0.35
"""Å between grid points by default: fine against the width of the Gaussians."""

MOST_POINTS_AN_AXIS = 96
MOST_POINTS = 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PotentialGrid:
    """Potential and field on a grid.

    Attributes:
        values: (nx, ny, nz), V.
        field: (nx, ny, nz, 3), V/Å.
        cell: (3, 3), Å: edges of the grid.
        origin: (3,), Å: place of the first point.
        is_periodic: the plane after the last is the first again; otherwise the last plane lies on the far face.
    """

    values: FloatArray
    field: FloatArray
    cell: FloatArray
    origin: FloatArray
    is_periodic: bool

    def fractions(self, axis: int) -> FloatArray:
        """(n,) places of the planes along an edge, 0 to 1."""
        n = self.values.shape[axis]
        return np.linspace(0.0, 1.0, n, endpoint=not self.is_periodic)

    def points(self) -> FloatArray:
        """(nx, ny, nz, 3) places of the points, Å."""
        axes = np.meshgrid(*(self.fractions(axis) for axis in range(3)), indexing="ij")
        found: FloatArray = self.origin + np.stack(axes, axis=-1) @ self.cell
        return found

    def planar_average(self, axis: int) -> tuple[FloatArray, FloatArray]:
        """Mean over each plane of two edges.

        Returns:
            (n,) height of the planes above the first, Å, and (n,) potential, V.
        """
        others = [self.cell[other] for other in range(3) if other != axis]
        normal = np.cross(*others)
        height = abs(float(self.cell[axis] @ normal)) / float(np.linalg.norm(normal))
        rest = tuple(other for other in range(3) if other != axis)
        return self.fractions(axis) * height, np.asarray(self.values.mean(axis=rest))


def potential_grid(model: LESModel, prediction: Prediction, *, spacing: float = SPACING) -> PotentialGrid:
    """Potential and field of the latent charges, smeared as in the model: what a point charge of one e would feel.

    Args:
        model: the model that made the prediction.
        prediction: holds structure and latent charges; several channels are added.
        spacing: Å between points, at most.

    Returns:
        A grid over the cell, or over a box around an open system.

    Raises:
        ModelError: the model has no charges.
        SettingError: the spacing asks for too many points.
    """
    coulomb = model.coulomb
    if coulomb is None:
        raise ModelError("the model is short-ranged: it has no charges that make a potential; choose another model")
    latent = prediction.latent_charges
    charges = torch.as_tensor(latent if latent.ndim == 1 else latent.sum(axis=1))
    positions = torch.as_tensor(prediction.positions)
    cell, origin = (prediction.cell, np.zeros(3)) if prediction.pbc else _box(prediction.positions)
    shape = _shape(cell, spacing)
    if prediction.pbc:
        values, field = periodic_potential_grid(coulomb, charges, positions, torch.as_tensor(cell), shape)
        return _result(values, field, cell, origin, is_periodic=True)
    axes = torch.meshgrid(*(torch.linspace(0, 1, n, dtype=torch.float64) for n in shape), indexing="ij")
    points = torch.as_tensor(origin) + torch.stack(axes, dim=-1).view(-1, 3) @ torch.as_tensor(cell)
    values, field = open_potential_at(coulomb, charges, positions, points)
    return _result(values.view(*shape), field.view(*shape, 3), cell, origin, is_periodic=False)


def _box(positions: FloatArray) -> tuple[FloatArray, FloatArray]:
    low, high = positions.min(axis=0) - MARGIN, positions.max(axis=0) + MARGIN
    return np.diag(high - low), low


def _shape(cell: FloatArray, spacing: float) -> tuple[int, int, int]:
    if not spacing > 0:
        raise SettingError(f"spacing is {spacing}: expected a positive length in Å")
    lengths = np.linalg.norm(cell, axis=1)
    counts = [int(min(MOST_POINTS_AN_AXIS, max(8, np.ceil(length / spacing)))) for length in lengths]
    while counts[0] * counts[1] * counts[2] > MOST_POINTS:
        counts = [max(8, int(0.9 * count)) for count in counts]
    return counts[0], counts[1], counts[2]


def _result(
    values: torch.Tensor, field: torch.Tensor, cell: FloatArray, origin: FloatArray, *, is_periodic: bool
) -> PotentialGrid:
    return PotentialGrid(values=values.numpy(), field=field.numpy(), cell=cell, origin=origin, is_periodic=is_periodic)
