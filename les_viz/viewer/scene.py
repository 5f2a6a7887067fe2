"""What the 3D viewer shows: one structure, its colours, the picked atom.

A `Scene` is plain data. `les_viz.viewer.payload` turns it into bytes, `les_viz/viewer/js` draws it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError
from les_viz.response.prediction import UNITS, FloatArray, Prediction

SCENE_VERSION = 1
"""Version of the layout; the viewer refuses any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coloring:
    """One value an atom, shown on a scale that is symmetric about zero.

    Attributes:
        label: what the value is.
        unit: its unit, empty for a pure number.
        values: (atoms,).
        limit: the value, on either side of zero, at which the colours saturate.
    """

    label: str
    unit: str
    values: FloatArray
    limit: float

    @staticmethod
    def of(label: str, unit: str, values: FloatArray) -> "Coloring":
        """Colour by these values, from the largest of them in size, rounded up to two digits."""
        return Coloring(label=label, unit=unit, values=values, limit=_rounded_up(float(np.max(np.abs(values)))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A picture of one structure.

    Attributes:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å, drawn as they are.
        cell: (3, 3), Å, rows are lattice vectors; None for an open system.
        coloring: None colours by element.
        selected: index of the picked atom.
        viewer: which viewer of the app this is for; the same name keeps camera and WebGL context.
    """

    atomic_numbers: NDArray[np.int64]
    positions: FloatArray
    cell: FloatArray | None
    coloring: Coloring | None = None
    selected: int | None = None
    viewer: str = "bench"

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        n_atoms = len(self.atomic_numbers)
        if self.positions.shape != (n_atoms, 3):
            raise SettingError(f"positions have shape {self.positions.shape}: expected ({n_atoms}, 3)")
        if self.coloring is not None and self.coloring.values.shape != (n_atoms,):
            raise SettingError(f"the colour values have shape {self.coloring.values.shape}: expected ({n_atoms},)")
        if self.selected is not None and not 0 <= self.selected < n_atoms:
            raise SettingError(f"atom {self.selected} is picked: expected 0 to {n_atoms - 1}")


def colorings(prediction: Prediction) -> Mapping[str, Coloring]:
    """List what a prediction can colour its atoms by, the most asked for first.

    Args:
        prediction: any prediction of one structure.

    Returns:
        Colorings by label. A model of several charge channels gets one for each channel and one for their sum.
    """
    latent, potential = prediction.latent_charges, prediction.potential
    found = [Coloring.of("latent charge", UNITS["latent_charges"], _summed(latent))]
    found.append(Coloring.of("partial charge", UNITS["partial_charges"], prediction.partial_charges))
    found.append(Coloring.of("Coulomb energy", UNITS["long_range_energies"], prediction.long_range_energies))
    if potential.ndim == 1:
        found.append(Coloring.of("potential", UNITS["potential"], potential))
    else:
        for channel in range(latent.shape[1]):
            name = f"channel {channel + 1}"
            found.append(Coloring.of(f"latent charge, {name}", UNITS["latent_charges"], latent[:, channel]))
            found.append(Coloring.of(f"potential, {name}", UNITS["potential"], potential[:, channel]))
    return {coloring.label: coloring for coloring in found}


def scene_of(prediction: Prediction, coloring: Coloring | None, *, selected: int | None = None) -> Scene:
    """Make the scene of a predicted structure.

    Args:
        prediction: holds the structure.
        coloring: one of `colorings(prediction)`; None colours by element.
        selected: index of the picked atom.

    Returns:
        The scene.
    """
    return Scene(
        atomic_numbers=prediction.atomic_numbers,
        positions=prediction.positions,
        cell=prediction.cell if prediction.pbc else None,
        coloring=coloring,
        selected=selected,
    )


def _summed(charges: FloatArray) -> FloatArray:
    return charges if charges.ndim == 1 else charges.sum(axis=1)


def _rounded_up(value: float) -> float:
    if not value > 0:
        return 1.0
    step = 10.0 ** (floor(log10(value)) - 1)
    return float(ceil(value / step - 1e-9) * step)
