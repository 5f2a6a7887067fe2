"""Neighbours kept from step to step: found anew only once an atom has moved by half the skin."""

from dataclasses import dataclass

import ase
import numpy as np

from les_viz.models.model import LESModel
from les_viz.neighbors import NeighborTable
from les_viz.system import Boundary, System


@dataclass(frozen=True, slots=True)
class _Kept:
    atoms: ase.Atoms
    table: NeighborTable


class KeptNeighbors:
    """The neighbour table of one model, for structures that change little from call to call."""

    def __init__(self, model: LESModel, *, boundary: Boundary | None, skin: float) -> None:
        """Keep nothing yet; `skin` is in Å beyond the cutoff."""
        self._model, self._boundary, self._skin = model, boundary, skin
        self._kept: _Kept | None = None

    @property
    def found_at(self) -> ase.Atoms | None:
        """The structure for which neighbours were found last: all that is needed to find the same table again."""
        return None if self._kept is None else self._kept.atoms.copy()

    def of(self, atoms: ase.Atoms, system: System) -> NeighborTable:
        """The table for a structure, found anew if need be."""
        kept = self._kept
        if kept is not None and same_atoms(kept.atoms, atoms) and (kept.atoms.cell == atoms.cell).all():
            moved = np.linalg.norm(atoms.positions - kept.atoms.positions, axis=1).max()
            if moved < 0.5 * self._skin:
                return kept.table
        return self.find(atoms, system)

    def find(self, atoms: ase.Atoms, system: System | None = None) -> NeighborTable:
        """Find the neighbours of a structure and keep them."""
        system = system or self.system_of(atoms)
        table = self._model.neighbors(system, skin=self._skin)
        self._kept = _Kept(atoms.copy(), table)
        return table

    def system_of(self, atoms: ase.Atoms) -> System:
        """A structure as the model takes it."""
        return System.from_atoms(atoms, boundary=self._boundary, dtype=self._model.dtype, device=self._model.device)


def same_atoms(first: ase.Atoms, second: ase.Atoms) -> bool:
    """Whether two structures hold the same atoms under the same periodicity; they may have moved."""
    return (
        len(first) == len(second)
        and bool((first.numbers == second.numbers).all())
        and bool((first.pbc == second.pbc).all())
    )
