"""What the 3D viewer shows: one structure, its colours, the picked atoms, and what is drawn over them.

A `Scene` is plain data. `les_viz.viewer.payload` turns it into bytes, `les_viz/viewer/js` draws it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError
from les_viz.response.prediction import UNITS, FloatArray, Prediction
from les_viz.viewer.layers import Arrows, Tensors, Volume
from les_viz.viewer.scales import round_up

SCENE_VERSION = 2

BENCH = "bench"
"""Name of the viewer of what lies on the bench, the same on all pages."""
"""Version of the layout; the viewer refuses any other."""

LARGEST_DRAWING = 20_000
"""Atoms, repeated cells included, that a browser still turns smoothly."""


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
    def of(label: str, unit: str, values: FloatArray, limit: float | None = None) -> "Coloring":
        """Colour by these values, up to this limit or the largest of them in size, rounded up to two digits."""
        if limit is None:
            limit = round_up(float(np.max(np.abs(values), initial=0.0)))
        return Coloring(label=label, unit=unit, values=values, limit=limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How to draw, where Python has a wish; the visitor can change all but the frame afterwards.

    Attributes:
        representation: how atoms and bonds are drawn.
        labels: what is written at the atoms.
        supercell: how often the cell is repeated along a, b and c.
        is_orthographic: parallel lines stay parallel.
        has_toolbar: buttons below the picture.
        has_legend: colour bar, axes and scales over the picture.
    """

    representation: Literal["ball-and-stick", "spheres", "sticks"] = "ball-and-stick"
    labels: Literal["none", "element", "index", "value"] = "none"
    supercell: tuple[int, int, int] = (1, 1, 1)
    is_orthographic: bool = False
    has_toolbar: bool = True
    has_legend: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A picture of one structure.

    Attributes:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å, drawn as they are.
        cell: (3, 3), Å, rows are lattice vectors; None for an open system.
        coloring: None colours by element.
        selected: index of the picked atom, which is described.
        selection: indices of the atoms that light up; if empty, the picked one.
        arrows: any number of sets.
        tensors: glyphs at some of the atoms.
        volume: a grid with surfaces and a slice.
        run: the trajectory whose frames are shown (`frames.Frames.run`), sent beside the scene; None for none.
        is_movable: whether atoms can be dragged; the host hears where one was let go.
        look: None leaves what the visitor chose.
        viewer: which viewer of the app this is for; the same name keeps camera and WebGL context.
    """

    atomic_numbers: NDArray[np.int64]
    positions: FloatArray
    cell: FloatArray | None
    coloring: Coloring | None = None
    selected: int | None = None
    selection: tuple[int, ...] = ()
    arrows: tuple[Arrows, ...] = ()
    tensors: Tensors | None = None
    volume: Volume | None = None
    run: str | None = None
    is_movable: bool = False
    look: Look | None = None
    viewer: str = BENCH

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        n_atoms = len(self.atomic_numbers)
        if self.positions.shape != (n_atoms, 3):
            raise SettingError(f"positions have shape {self.positions.shape}: expected ({n_atoms}, 3)")
        if self.coloring is not None and self.coloring.values.shape != (n_atoms,):
            raise SettingError(f"the colour values have shape {self.coloring.values.shape}: expected ({n_atoms},)")
        if self.selected is not None:
            _check_indices("is picked", (self.selected,), n_atoms)
        _check_indices("is selected", self.selection, n_atoms)
        for arrows in self.arrows:
            _check_indices(f"carries '{arrows.label}'", () if arrows.atoms is None else arrows.atoms, n_atoms)
        if self.tensors is not None:
            _check_indices(f"carries '{self.tensors.label}'", self.tensors.atoms, n_atoms)
        if self.look is not None:
            _check_supercell(self.look.supercell, n_atoms)


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


def _check_indices(role: str, indices: Sequence[int] | NDArray[np.int64], n_atoms: int) -> None:
    wrong = [int(index) for index in indices if not 0 <= index < n_atoms]
    if wrong:
        raise SettingError(f"atom {wrong[0]} {role}: expected 0 to {n_atoms - 1}")


def _check_supercell(supercell: tuple[int, int, int], n_atoms: int) -> None:
    if min(supercell) < 1 or n_atoms * int(np.prod(supercell)) > LARGEST_DRAWING:
        raise SettingError(
            f"supercell {supercell}: expected numbers from 1, and at most {LARGEST_DRAWING} atoms in all"
        )
