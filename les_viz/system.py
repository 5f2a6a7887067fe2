"""Structures as batched tensors, validated once at the border.

Periodicity comes from `pbc`, never from the numbers in the cell: all three directions periodic or none. Mixed
periodicity is refused unless the caller says how to treat it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from les_viz.elements import SYMBOLS
from les_viz.errors import BoundaryError, StructureError
from les_viz.types import AtomicNumbers, Cells, Periodicity, Positions, SystemIndex

if TYPE_CHECKING:
    import ase

Boundary = Literal["periodic", "open"]

SMALLEST_CELL_VOLUME_RATIO = 1e-3
"""|det| over the product of the edge lengths: below it, a cell is taken for singular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A batch of structures; one structure is a batch of one.

    Cells stay in double precision, so that the set of k vectors does not depend on the precision of the rest.

    Attributes:
        positions: (atoms, 3), Å; all structures after each other.
        atomic_numbers: (atoms,).
        cell: (systems, 3, 3), Å, rows are lattice vectors.
        pbc: (systems, 3) bool: all true (periodic) or all false (open).
        system_idx: (atoms,) which structure an atom belongs to, sorted.
    """

    positions: Positions
    atomic_numbers: AtomicNumbers
    cell: Cells
    pbc: Periodicity
    system_idx: SystemIndex

    @property
    def n_systems(self) -> int:
        """Number of structures."""
        return self.cell.shape[0]

    @property
    def n_atoms(self) -> int:
        """Number of atoms of all structures together."""
        return self.positions.shape[0]

    @property
    def is_periodic(self) -> torch.Tensor:
        """(systems,) bool: periodic in three directions, or open."""
        return self.pbc.all(dim=1)

    @property
    def atom_counts(self) -> torch.Tensor:
        """(systems,) number of atoms of each structure."""
        return torch.bincount(self.system_idx, minlength=self.n_systems)

    @staticmethod
    def from_atoms(
        atoms: "ase.Atoms | Iterable[ase.Atoms]",
        *,
        boundary: Boundary | None = None,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> "System":
        """Validate structures and lay them out as one batch.

        Args:
            atoms: one structure or several.
            boundary: `periodic` or `open` overrules `pbc` (the way to treat a slab as part of a 3-D cell).
            dtype: of the positions.
            device: where the tensors live.

        Returns:
            The batch.

        Raises:
            StructureError: no atoms, non-finite numbers, unknown species, singular cell.
            BoundaryError: mixed periodicity without `boundary`, or `periodic` without a cell.
        """
        frames = as_frames(atoms)
        if not frames:
            raise StructureError("no structure was given: pass one ase.Atoms or a list of them")
        periodic = [_checked_periodicity(frame, boundary) for frame in frames]
        counts = torch.tensor([len(frame) for frame in frames])
        return System(
            positions=torch.as_tensor(np.concatenate([f.positions for f in frames]), dtype=dtype, device=device),
            atomic_numbers=torch.as_tensor(
                np.concatenate([f.numbers for f in frames]), dtype=torch.int64, device=device
            ),
            cell=torch.as_tensor(np.stack([np.array(f.cell[:]) for f in frames]), dtype=torch.float64, device=device),
            pbc=torch.tensor([[p] * 3 for p in periodic], dtype=torch.bool, device=device),
            system_idx=torch.repeat_interleave(torch.arange(len(frames)), counts).to(device),
        )


def as_frames(atoms: "ase.Atoms | Iterable[ase.Atoms]") -> "list[ase.Atoms]":
    """One structure or several as a list."""
    import ase

    if isinstance(atoms, ase.Atoms):
        return [atoms]
    frames = list(atoms) if isinstance(atoms, Iterable) else [atoms]
    if not all(isinstance(frame, ase.Atoms) for frame in frames):
        raise StructureError(f"{str(atoms)[:40]!r} is no structure: pass one ase.Atoms or a list of them")
    return frames


def element_symbols(atomic_numbers: Iterable[int]) -> str:
    """Symbols of the elements among the atomic numbers, each once, by number, separated by commas."""
    return ", ".join(SYMBOLS[number] for number in sorted(set(atomic_numbers)))


def check_boundary(boundary: object) -> None:
    """Refuse another word than those known."""
    if boundary not in (None, "periodic", "open"):
        raise BoundaryError(f"boundary is {boundary!r}: expected 'periodic' or 'open'")


def _checked_periodicity(atoms: "ase.Atoms", boundary: Boundary | None) -> bool:
    """Check one structure and say whether it is periodic."""
    if len(atoms) == 0:
        raise StructureError("the structure holds no atoms: pass at least one")
    if not np.isfinite(atoms.positions).all():
        bad = int(np.flatnonzero(~np.isfinite(atoms.positions).all(axis=1))[0])
        raise StructureError(f"the position of atom {bad} is not a finite number: correct it in the file")
    if not ((atoms.numbers >= 1) & (atoms.numbers <= 118)).all():
        bad = int(np.flatnonzero((atoms.numbers < 1) | (atoms.numbers > 118))[0])
        raise StructureError(f"atom {bad} has atomic number {atoms.numbers[bad]}: expected 1 to 118")
    check_boundary(boundary)
    flags = [bool(p) for p in atoms.pbc]
    if boundary is None and any(flags) and not all(flags):
        raise BoundaryError(
            f"the structure is periodic along some directions only (pbc = {flags}): choose boundary='periodic' to "
            "treat the vacuum as part of a three-dimensional cell, or boundary='open' for a cluster"
        )
    periodic = all(flags) if boundary is None else boundary == "periodic"
    if periodic:
        _check_cell(np.asarray(atoms.cell[:], dtype=float))
    return periodic


def _check_cell(cell: np.ndarray) -> None:
    if not np.isfinite(cell).all():
        raise StructureError("the cell holds a number that is not finite: correct it in the file")
    lengths = np.linalg.norm(cell, axis=1)
    if (lengths < 1e-3).any():
        raise BoundaryError(
            f"a periodic structure needs three lattice vectors, but their lengths are {lengths.round(4).tolist()} Å: "
            "give the cell, or choose boundary='open'"
        )
    if abs(np.linalg.det(cell)) < SMALLEST_CELL_VOLUME_RATIO * float(np.prod(lengths)):
        raise StructureError("the three lattice vectors lie (almost) in one plane: correct the cell in the file")
