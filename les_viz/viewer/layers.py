"""What can be drawn over the atoms: arrows, tensors, a grid with its surfaces and slice. Plain, frozen data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError
from les_viz.response.prediction import FloatArray
from les_viz.viewer.scales import round_up

GREEN = "#1f9e6e"
ORANGE = "#e08214"
VIOLET = "#8e5bd0"

IndexArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrows:
    """One set of arrows on one scale.

    Attributes:
        label: what they show.
        unit: its unit.
        origins: (n, 3), Å: where the tails are.
        vectors: (n, 3), in the unit.
        length_per_unit: Å drawn for one unit.
        color: `#rrggbb`.
        atoms: (n,), the atom that each arrow belongs to and moves with when molecules are drawn whole; None for
            arrows that stay in place.
        is_centered: the origin is the middle of the arrow instead of its tail.
    """

    label: str
    unit: str
    origins: FloatArray
    vectors: FloatArray
    length_per_unit: float
    color: str = GREEN
    atoms: IndexArray | None = None
    is_centered: bool = False

    def __post_init__(self) -> None:
        """Refuse shapes that do not belong together."""
        n = len(self.vectors)
        for name, array in (("origins", self.origins), ("vectors", self.vectors)):
            if array.shape != (n, 3):
                raise SettingError(f"{name} of the arrows '{self.label}' have shape {array.shape}: expected ({n}, 3)")
            if not np.all(np.isfinite(array)):
                raise SettingError(f"{name} of the arrows '{self.label}' hold numbers that are not finite")
        if self.atoms is not None and self.atoms.shape != (n,):
            raise SettingError(f"atoms of the arrows '{self.label}' have shape {self.atoms.shape}: expected ({n},)")
        if not (0 < self.length_per_unit < np.inf):
            raise SettingError(f"length_per_unit is {self.length_per_unit}: expected a positive length in Å")

    @staticmethod
    def of(
        label: str,
        unit: str,
        origins: FloatArray,
        vectors: FloatArray,
        *,
        longest: float = 2.5,
        **style: Unpack["ArrowStyle"],
    ) -> "Arrows":
        """Arrows on a scale that gives the longest of them this length in Å; `style` as in the class."""
        vectors = np.asarray(vectors, dtype=float)
        largest = float(np.max(np.linalg.norm(vectors, axis=-1), initial=0.0))
        return Arrows(
            label=label,
            unit=unit,
            origins=np.asarray(origins, dtype=float),
            vectors=vectors,
            length_per_unit=longest / largest if largest > 0 else 1.0,
            **style,
        )


class ArrowStyle(TypedDict, total=False):
    """The attributes of `Arrows` that have defaults."""

    color: str
    atoms: IndexArray | None
    is_centered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensors:
    """A tensor at some of the atoms: symmetric part as an ellipsoid, antisymmetric part as an axial arrow.

    The semi-axes of the ellipsoid are the sizes of the eigenvalues, the colour at the tip of each axis is the signed
    eigenvalue. The arrow is a_k = ½ Σ_ij ε_kij Z_ij, on the same scale.

    Attributes:
        label: what they are.
        unit: its unit.
        atoms: (n,), indices.
        values: (n, 3, 3), need not be symmetric.
        length_per_unit: Å drawn for one unit.
        limit: eigenvalue, on either side of zero, at which the colours saturate.
    """

    label: str
    unit: str
    atoms: IndexArray
    values: FloatArray
    length_per_unit: float
    limit: float

    def __post_init__(self) -> None:
        """Refuse shapes that do not belong together."""
        n = len(self.atoms)
        if self.atoms.shape != (n,) or self.values.shape != (n, 3, 3):
            raise SettingError(f"the tensors have shape {self.values.shape}: expected ({n}, 3, 3), one for each atom")
        if not np.all(np.isfinite(self.values)):
            raise SettingError("the tensors hold numbers that are not finite")

    @staticmethod
    def of(
        label: str, unit: str, values: FloatArray, *, atoms: Sequence[int] | IndexArray | None = None, size: float = 0.6
    ) -> "Tensors":
        """Tensors of these atoms (None: of all), on a scale that fits all given values, drawn or not.

        Args:
            label: what they are.
            unit: its unit.
            values: (atoms of the structure, 3, 3).
            atoms: indices of the atoms that show theirs.
            size: Å of the longest semi-axis.
        """
        values = np.asarray(values, dtype=float)
        if values.shape[1:] != (3, 3):
            raise SettingError(f"the tensors have shape {values.shape}: expected one for each atom, each a 3 × 3 array")
        chosen = np.arange(len(values)) if atoms is None else np.asarray(atoms, dtype=np.int64)
        symmetric = (values + values.swapaxes(-1, -2)) / 2
        largest = float(np.max(np.abs(np.linalg.eigvalsh(symmetric)), initial=0.0))
        return Tensors(
            label=label,
            unit=unit,
            atoms=chosen,
            values=values[chosen],
            length_per_unit=size / largest if largest > 0 else 1.0,
            limit=round_up(largest),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A plane through a grid.

    Attributes:
        axis: 0, 1 or 2: the plane is spanned by the two other edges of the grid's cell.
        position: 0 to 1 along the axis.
    """

    axis: int
    position: float

    def __post_init__(self) -> None:
        """Refuse planes outside the grid."""
        if self.axis not in (0, 1, 2) or not 0 <= self.position <= 1:
            raise SettingError(f"slice at {self.position} on axis {self.axis}: expected 0 to 1 on axis 0, 1 or 2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A scalar on a grid, drawn as surfaces at ± a value and as a coloured slice.

    Attributes:
        label: what it is.
        unit: its unit.
        values: (nx, ny, nz).
        cell: (3, 3), Å: edges of the grid.
        origin: (3,), Å: place of the first point.
        is_periodic: the plane after the last is the first again; otherwise the last plane lies on the far face.
        limit: value, on either side of zero, at which the colours of the slice saturate.
        isovalue: surfaces at plus and minus this value; None draws none.
        slice: None draws none.
    """

    label: str
    unit: str
    values: FloatArray
    cell: FloatArray
    origin: FloatArray
    is_periodic: bool
    limit: float
    isovalue: float | None = None
    slice: Slice | None = None

    def __post_init__(self) -> None:
        """Refuse grids that cannot be drawn."""
        if self.values.ndim != 3 or min(self.values.shape) < 2:
            raise SettingError(f"the grid has shape {self.values.shape}: expected (nx, ny, nz), each at least 2")
        if not np.all(np.isfinite(self.values)):
            raise SettingError("the grid holds numbers that are not finite")
        if self.cell.shape != (3, 3) or self.origin.shape != (3,):
            raise SettingError(f"cell {self.cell.shape} and origin {self.origin.shape}: expected (3, 3) and (3,)")
        if self.isovalue is not None and not self.isovalue > 0:
            raise SettingError(f"isovalue is {self.isovalue}: expected a positive number, drawn with both signs")

    @staticmethod
    def of(
        label: str,
        unit: str,
        values: FloatArray,
        cell: FloatArray,
        *,
        origin: Sequence[float] | FloatArray = (0.0, 0.0, 0.0),
        is_periodic: bool = True,
    ) -> "Volume":
        """A grid with surfaces and colours at values that show something: most grid points lie within."""
        values = np.asarray(values, dtype=float)
        sizes = np.abs(values)
        return Volume(
            label=label,
            unit=unit,
            values=values,
            cell=np.asarray(cell, dtype=float),
            origin=np.asarray(origin, dtype=float),
            is_periodic=is_periodic,
            limit=round_up(float(np.quantile(sizes, 0.98))),
            isovalue=round_up(float(np.quantile(sizes, 0.9))),
        )
