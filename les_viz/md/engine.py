"""The calculator that ASE's integrators ask, and the field that it applies at each call."""

from collections.abc import Sequence

import ase
import numpy as np
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes

from les_viz.md.surface import FloatArray, Place, Surface, Wanted


class SurfaceCalculator(Calculator):
    """A surface in a field, as ASE wants it; `place` is where the atoms were at the last call.

    Forces hold those of the field, the energy does not: the driver counts the field's work.
    """

    implemented_properties: list[str] = ["energy", "free_energy", "forces", "stress"]  # noqa: RUF012 - as ASE has it

    def __init__(self, surface: Surface) -> None:
        """Start without a field."""
        super().__init__()  # type: ignore[no-untyped-call] # of ASE
        self.surface = surface
        self.electric_field: FloatArray = np.zeros(3)
        self.wanted = Wanted()
        self._place: Place | None = None

    @property
    def place(self) -> Place:
        """What the last call found."""
        if self._place is None:
            raise RuntimeError("nothing was computed yet")
        return self._place

    def calculate(
        self,
        atoms: ase.Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Compute everything at once.

        Raises:
            PropertyNotImplementedError: the stress while a field is on, or where the surface has none.
        """
        if atoms is None:
            raise RuntimeError("no atoms were given")
        self.atoms = atoms.copy()
        place = self.surface.at(atoms, self.electric_field, self.wanted)
        self._place = place
        self.results = {"energy": place.energy, "free_energy": place.energy, "forces": place.forces}
        if place.stress is not None:
            self.results["stress"] = place.stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        elif "stress" in properties:
            raise PropertyNotImplementedError("the stress in an electric field is not available: switch the field off")
