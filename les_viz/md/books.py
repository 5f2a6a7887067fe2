r"""The books of a run: work of the field, change of the polarisation, heat taken from a bath.

    W  += ½ Σ (F_field + F'_field)·Δr        or ½ (E + E')·ΔP where the model knows its polarisation
    ΔP += ½ Σ (Z* + Z*')·Δr                  or exactly
    Q  += ΔK - ½ Σ (F + F')·Δr               Langevin noise: what the forces did not do

All by the trapezoidal rule along the path, which errs by the square of the time step, as velocity Verlet does.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from les_viz.md.surface import FloatArray, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where the atoms are, how fast, and what acts on them.

    Attributes:
        positions: (atoms, 3), Å.
        momenta: (atoms, 3), in ASE's units.
        cell: (3, 3), Å.
        kinetic_energy: eV.
        electric_field: (3,), V/Å.
        place: the surface there.
    """

    positions: FloatArray
    momenta: FloatArray
    cell: FloatArray
    kinetic_energy: float
    electric_field: FloatArray
    place: Place


@dataclass(slots=True)
class Books:
    """Sums from step to step.

    Attributes:
        field_work: eV.
        heat: eV, from a bath whose integrator does not count it.
        polarization_change: (3,), e Å.
    """

    field_work: float = 0.0
    heat: float = 0.0
    polarization_change: FloatArray = field(default_factory=lambda: np.zeros(3))
    _first_polarization: FloatArray | None = None
    _first_dipole: FloatArray | None = None
    _answer: tuple[FloatArray, FloatArray] | None = None
    """Positions and Born charges where they were last known."""

    def open(self, start: Moment) -> None:
        """Count from here; after `restore`, go on as before."""
        place = start.place
        if self._first_dipole is None:
            self._first_dipole, self._first_polarization = place.dipole, place.polarization
            self._answer = None if place.born_charges is None else (start.positions, place.born_charges)
        elif self._answer is not None and [len(array) for array in self._answer] != 2 * [len(start.positions)]:
            raise ValueError("answer is of another number of atoms")

    def add(self, before: Moment, after: Moment) -> None:
        """Count one step."""
        path = after.positions - before.positions
        old, new = before.place, after.place
        self.heat += (
            after.kinetic_energy - before.kinetic_energy - 0.5 * float(((old.forces + new.forces) * path).sum())
        )
        if new.polarization is not None and old.polarization is not None:
            mean_field = 0.5 * (before.electric_field + after.electric_field)
            self.field_work += float(mean_field @ (new.polarization - old.polarization))
        else:
            self.field_work += 0.5 * float(((_or_none(old.field_forces) + _or_none(new.field_forces)) * path).sum())
        self._add_polarization(after)

    def _add_polarization(self, after: Moment) -> None:
        place = after.place
        if place.polarization is not None and self._first_polarization is not None:
            self.polarization_change = place.polarization - self._first_polarization
        elif place.born_charges is not None:
            if self._answer is not None:
                positions, born = self._answer
                path = after.positions - positions
                self.polarization_change = self.polarization_change + 0.5 * np.einsum(
                    "iab,ib->a", born + place.born_charges, path
                )
            self._answer = (after.positions, place.born_charges)

    def dipole_change(self, place: Place) -> FloatArray:
        """(3,) change of the dipole of the charges since the start, e Å."""
        return place.dipole if self._first_dipole is None else place.dipole - self._first_dipole

    def state(self) -> dict[str, Any]:
        """Everything, as plain lists and numbers."""
        return {
            "field_work": self.field_work,
            "heat": self.heat,
            "polarization_change": self.polarization_change.tolist(),
            "first_polarization": None if self._first_polarization is None else self._first_polarization.tolist(),
            "first_dipole": None if self._first_dipole is None else self._first_dipole.tolist(),
            "answer": None if self._answer is None else [array.tolist() for array in self._answer],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.field_work, self.heat = float(state["field_work"]), float(state["heat"])
        self.polarization_change = np.array(state["polarization_change"], dtype=float)
        polarization, dipole, answer = state["first_polarization"], state["first_dipole"], state["answer"]
        self._first_polarization = None if polarization is None else np.array(polarization, dtype=float)
        self._first_dipole = None if dipole is None else np.array(dipole, dtype=float)
        if answer is not None:
            self._answer = (np.array(answer[0], dtype=float), np.array(answer[1], dtype=float))


def _or_none(forces: FloatArray | None) -> FloatArray | float:
    return 0.0 if forces is None else forces
