"""Shapes of the tensors that cross module borders, checked under test (jaxtyping and beartype).

Axis order, once for all: `atoms` counts all atoms of a batch, `systems` its systems; cell rows are lattice vectors as
in ASE; `born_effective_charges` is (atoms, field direction, displacement direction).
"""

from typing import TypeAlias

from jaxtyping import Bool, Float, Int
from torch import Tensor

Positions: TypeAlias = Float[Tensor, "atoms 3"]
"""Cartesian positions in Å."""

Cells: TypeAlias = Float[Tensor, "systems 3 3"]
"""Lattice vectors as rows, in Å."""

Periodicity: TypeAlias = Bool[Tensor, "systems 3"]
"""Whether each lattice direction is periodic."""

SystemIndex: TypeAlias = Int[Tensor, " atoms"]
"""Which system of the batch each atom belongs to; sorted."""

AtomicNumbers: TypeAlias = Int[Tensor, " atoms"]
"""Atomic numbers."""

Forces: TypeAlias = Float[Tensor, "atoms 3"]
"""Forces in eV/Å."""

BornCharges: TypeAlias = Float[Tensor, "atoms 3 3"]
"""Born effective charges in e: (atoms, field direction, displacement direction)."""
