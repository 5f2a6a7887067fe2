"""Changes that a visitor makes to the structure on the bench: each can be applied, named and written as Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from les_viz.elements import SYMBOLS

if TYPE_CHECKING:
    import ase


class Edit(Protocol):
    """One change."""

    @property
    def name(self) -> str:
        """What it does, in words."""
        ...

    @property
    def python(self) -> str:
        """The same as a line of Python on `atoms`."""
        ...

    @property
    def atoms(self) -> tuple[int, ...]:
        """Which atoms it names; none for all of them."""
        ...

    def apply(self, atoms: "ase.Atoms") -> None:
        """Change these atoms."""
        ...


@dataclass(frozen=True, slots=True)
class MoveAtom:
    """Move one atom by a vector in Å."""

    index: int
    by: tuple[float, float, float]

    @property
    def name(self) -> str:
        """What it does, in words."""
        return f"atom {self.index} moved by ({_listed(self.by)}) Å"

    @property
    def python(self) -> str:
        """The same as a line of Python."""
        return f"atoms.positions[{self.index}] += {list(self.by)}"

    @property
    def atoms(self) -> tuple[int, ...]:
        """Which it names."""
        return (self.index,)

    def apply(self, atoms: "ase.Atoms") -> None:
        """Move the atom."""
        atoms.positions[self.index] += self.by


@dataclass(frozen=True, slots=True)
class SwapElement:
    """Make one atom another element."""

    index: int
    atomic_number: int

    @property
    def name(self) -> str:
        """What it does, in words."""
        return f"atom {self.index} made {SYMBOLS[self.atomic_number]}"

    @property
    def python(self) -> str:
        """The same as a line of Python."""
        return f"atoms.numbers[{self.index}] = {self.atomic_number}"

    @property
    def atoms(self) -> tuple[int, ...]:
        """Which it names."""
        return (self.index,)

    def apply(self, atoms: "ase.Atoms") -> None:
        """Change the element."""
        atoms.numbers[self.index] = self.atomic_number


@dataclass(frozen=True, slots=True)
class StrainCell:
    """Stretch the cell, and the atoms with it, along its three lattice vectors; in percent."""

    percent: tuple[float, float, float]

    @property
    def name(self) -> str:
        """What it does, in words."""
        return f"cell strained by ({_listed(self.percent)}) %"

    @property
    def python(self) -> str:
        """The same as a line of Python."""
        factors = [[1 + part / 100] for part in self.percent]
        return f"atoms.set_cell(atoms.cell * {factors}, scale_atoms=True)"

    @property
    def atoms(self) -> tuple[int, ...]:
        """None by name."""
        return ()

    def apply(self, atoms: "ase.Atoms") -> None:
        """Strain the cell."""
        factors = 1 + np.array(self.percent)[:, None] / 100
        atoms.set_cell(np.asarray(atoms.cell[:]) * factors, scale_atoms=True)


@dataclass(frozen=True, slots=True)
class RotateGroup:
    """Turn a group of atoms about an axis through its centre, in degrees."""

    indices: tuple[int, ...]
    axis: str
    degrees: float

    @property
    def name(self) -> str:
        """What it does, in words."""
        return f"atoms {', '.join(map(str, self.indices))} turned by {_listed((self.degrees,))}° about {self.axis}"

    @property
    def python(self) -> str:
        """The same as lines of Python."""
        lines = (
            f"group = atoms[{list(self.indices)}]",
            "group.positions = group[[0]].positions + group.get_distances(0, range(len(group)), mic=True, vector=True)",
            f'group.rotate({self.degrees}, "{self.axis}", center=group.positions.mean(axis=0))',
            f"atoms.positions[{list(self.indices)}] = group.positions",
        )
        return "\n".join(lines)

    @property
    def atoms(self) -> tuple[int, ...]:
        """Which it names."""
        return self.indices

    def apply(self, atoms: "ase.Atoms") -> None:
        """Turn the group, in one piece across the boundary."""
        group = atoms[list(self.indices)]
        group.positions = group[[0]].positions + group.get_distances(0, range(len(group)), mic=True, vector=True)
        group.rotate(self.degrees, self.axis, center=group.positions.mean(axis=0))
        atoms.positions[list(self.indices)] = group.positions


def _listed(values: Sequence[float]) -> str:
    """With a true minus."""
    return ", ".join(f"{value:g}".replace("-", "−") for value in values)


def fitting(edits: Sequence[Edit], n_atoms: int) -> tuple[Edit, ...]:
    """Those that name no atom which a structure lacks: links may say anything."""
    return tuple(edit for edit in edits if max(edit.atoms, default=-1) < n_atoms)


def edited(atoms: "ase.Atoms", edits: Sequence[Edit]) -> "ase.Atoms":
    """A copy with all changes; the structure itself where there are none."""
    if not edits:
        return atoms
    copy: ase.Atoms = atoms.copy()
    for edit in edits:
        edit.apply(copy)
    return copy
