"""Frames as tensors: neighbours and Coulomb couplings found once, batches by indexing.

Geometries never change in training. So the neighbours of each atom and, with charges, the linear maps from the charges
of a frame to potential and field at its atoms (from unit charges, by `les_viz.ewald`) are made once for each frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from les_viz.errors import BoundaryError, StructureError
from les_viz.ewald import CoulombSum
from les_viz.models.representation import Surroundings
from les_viz.neighbors import neighbor_table
from les_viz.room import check_room
from les_viz.system import System, element_symbols
from les_viz.train.baseline import atomic_energy
from les_viz.train.couplings import couplings_of
from les_viz.train.interaction import Interactions, moved_apart
from les_viz.train.labelled import Labelled
from les_viz.train.molecular import Molecules

MOST_COUPLINGS = 1_500_000_000
"""Bytes of kept couplings; frames beyond are computed again whenever they come."""

FAR = 100.0
"""Å: where padding lies, beyond any cutoff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some frames together; labels that a frame lacks are NaN.

    Attributes:
        surroundings: edges and elements of all atoms; neighbours of one element stand together.
        widths: how many places each element has among the neighbours.
        positions: (atoms, 3), Å.
        system_idx: (atoms,), sorted.
        counts: (frames,) number of atoms, in the precision of the rest.
        cell: (frames, 3, 3), Å.
        is_periodic: (frames,).
        couplings: (frames, 4, most atoms, most atoms) from charges to potential (V/e) and field (V/Å/e), or None.
        slots: (atoms,) place of each atom in a block (frames, most atoms), or None for a single frame.
        molecules: of the frames, if they were asked for.
        interactions: which atoms stand at the end once more, their molecules apart, or None.
        counted: (frames,) bool, those whose energies and forces count by themselves, or None for all.
        energy: (frames,) without atomic energies, eV.
        forces: (atoms, 3), eV/Å.
        stress: (frames, 3, 3), eV/Å³.
        dipole: (frames, 3), e Å.
        born_effective_charges: (atoms, 3, 3), e.
        total_charge: (frames,), e.
    """

    surroundings: Surroundings
    widths: tuple[int, ...]
    positions: Tensor
    system_idx: Tensor
    counts: Tensor
    cell: Tensor
    is_periodic: Tensor
    couplings: Tensor | None
    slots: Tensor | None
    molecules: Molecules | None
    interactions: Interactions | None = None
    counted: Tensor | None
    energy: Tensor
    forces: Tensor
    stress: Tensor
    dipole: Tensor
    born_effective_charges: Tensor
    total_charge: Tensor

    def per_frame(self, values: Tensor) -> Tensor:
        """(atoms, ...) values summed over the atoms of each frame."""
        if self.slots is None:
            return values.sum(dim=0, keepdim=True)
        return values.new_zeros(len(self.counts), *values.shape[1:]).index_add(0, self.system_idx, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Tensors of one frame."""

    surroundings: Surroundings
    widths: tuple[int, ...]
    positions: Tensor
    cell: Tensor
    is_periodic: bool
    molecules: Molecules | None
    interactions_only: bool
    energy: float
    forces: Tensor
    stress: Tensor
    dipole: Tensor
    born_effective_charges: Tensor
    total_charge: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFormat:
    """How frames become tensors.

    Attributes:
        elements: atomic numbers in the order of the model.
        atomic_energies: eV by atomic number.
        cutoff: Å.
        coulomb: of the model, or None without charges.
        dtype: of the numbers.
        device: where they live.
        molecules: whether to find the molecules of each frame.
    """

    elements: tuple[int, ...]
    atomic_energies: dict[int, float]
    cutoff: float
    coulomb: CoulombSum | None
    dtype: torch.dtype
    device: str = "cpu"
    molecules: bool = False


class FrameSet:
    """Frames ready for training."""

    def __init__(self, frames: Sequence[Labelled], form: FrameFormat) -> None:
        """Find neighbours and couplings of all frames."""
        self.form = form
        pairs = [(number, frame.apart) for number, frame in enumerate(frames) if frame.apart is not None]
        alone = [moved_apart(frames[number]) for number, _ in pairs]
        self._frames = [_tensors(frame, form) for frame in (*frames, *alone)]
        self.counts = [len(frame.atoms) for frame in frames]
        self._apart = {number: len(frames) + place for place, (number, _) in enumerate(pairs)}
        self._molecule = {number: torch.from_numpy(apart.molecule).to(form.device) for number, apart in pairs}
        self._couplings: list[Tensor | None] = [None] * len(self._frames)
        kept = 0
        size = torch.finfo(form.dtype).bits // 8
        if form.coulomb and form.device == "cpu":
            largest = max(len(frame.positions) for frame in self._frames)
            check_room(
                4 * size * largest**2,
                f"the Coulomb sum of a frame of {largest} atoms, as a matrix of all its pairs,",
                "leave such frames out of the training",
            )
        for number, frame in enumerate(self._frames if form.coulomb else ()):
            kept += 4 * size * len(frame.positions) ** 2
            if kept > MOST_COUPLINGS:
                break
            self._couplings[number] = self._coupling(number)

    @property
    def most_neighbors(self) -> int:
        """Of an atom of any frame."""
        return max(frame.surroundings.is_neighbor.shape[1] for frame in self._frames)

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.counts)

    def nearest_distances(self) -> dict[int, tuple[float, ...]]:
        """Shortest and longest distance of the atoms of each element to their nearest neighbour, Å.

        Elements of which some atom has no neighbour within the cutoff are left out.
        """
        lengths = [f.surroundings.vectors.norm(dim=2).amin(dim=1) for f in self._frames if sum(f.widths)]
        elements = [f.surroundings.element_idx for f in self._frames if sum(f.widths)]
        if not lengths:
            return {}
        nearest, element_idx = torch.cat(lengths), torch.cat(elements)
        found: dict[int, tuple[float, ...]] = {}
        for index, number in enumerate(self.form.elements):
            own = nearest[element_idx == index]
            if len(own) and float(own.max()) < FAR:
                found[number] = (float(own.min()), float(own.max()))
        return found

    def atoms_by_element(self) -> dict[int, int]:
        """Number of atoms of each element that the frames hold, by atomic number."""
        own = torch.cat([frame.surroundings.element_idx for frame in self._frames[: len(self)]])
        found = zip(self.form.elements, torch.bincount(own, minlength=len(self.form.elements)).tolist(), strict=True)
        return {number: count for number, count in found if count}

    def batch_with_apart(self, numbers: Sequence[int]) -> Batch:
        """Some frames together and, where the labels are there, behind them their molecules apart."""
        paired = [n for n in numbers if n in self._apart]
        if not paired:
            return self.batch(numbers)
        others = [n for n in numbers if n not in self._apart]
        batch = self.batch([*paired, *others, *(self._apart[n] for n in paired)])
        return replace(batch, interactions=Interactions.of([self._molecule[n] for n in paired]))

    def batch(self, numbers: Sequence[int]) -> Batch:
        """Some frames together, by their numbers."""
        frames = [self._frames[n] for n in numbers]
        counts = torch.tensor([len(frame.positions) for frame in frames])
        single, most = len(frames) == 1, int(counts.max())
        device, dtype = self.form.device, self.form.dtype
        system_idx = torch.repeat_interleave(torch.arange(len(frames)), counts)
        start = counts.cumsum(0) - counts
        within = torch.arange(len(system_idx)) - start[system_idx]
        surroundings, widths = (frames[0].surroundings, frames[0].widths) if single else _together(frames, start)
        return Batch(
            surroundings=surroundings,
            widths=widths,
            positions=_joined([f.positions for f in frames]),
            system_idx=system_idx.to(device),
            counts=counts.to(device, dtype),
            cell=torch.stack([f.cell for f in frames]),
            is_periodic=torch.tensor([f.is_periodic for f in frames], device=device),
            couplings=self._couplings_of(numbers, most) if self.form.coulomb else None,
            slots=None if single else (system_idx * most + within).to(device),
            molecules=Molecules.together([f.molecules for f in frames if f.molecules]) if self.form.molecules else None,
            counted=_counted(frames, device),
            energy=torch.tensor([f.energy for f in frames], dtype=dtype, device=device),
            forces=_joined([f.forces for f in frames]),
            stress=torch.stack([f.stress for f in frames]),
            dipole=torch.stack([f.dipole for f in frames]),
            born_effective_charges=_joined([f.born_effective_charges for f in frames]),
            total_charge=torch.tensor([f.total_charge for f in frames], dtype=dtype, device=device),
        )

    def _couplings_of(self, numbers: Sequence[int], most: int) -> Tensor:
        found = []
        for number in numbers:
            kept = self._couplings[number]
            found.append(self._coupling(number) if kept is None else kept)
        if len(found) == 1:
            return found[0].unsqueeze(0)
        block = found[0].new_zeros(len(found), 4, most, most)
        for row, coupling in zip(block, found, strict=True):
            row[:, : coupling.shape[1], : coupling.shape[2]] = coupling
        return block

    def _coupling(self, number: int) -> Tensor:
        frame = self._frames[number]
        if self.form.coulomb is None:
            raise TypeError("a model without charges has no couplings")
        cell = frame.cell.double() if frame.is_periodic else None
        return couplings_of(self.form.coulomb, frame.positions.double(), cell, self.form.dtype)


def _tensors(frame: Labelled, form: FrameFormat) -> _Frame:
    unknown = set(frame.atoms.numbers.tolist()) - set(form.elements)
    if unknown:
        raise StructureError(
            f"{frame.where}: holds {element_symbols(unknown)}, but the model has {element_symbols(form.elements)}: "
            "name all in model.elements, or take the frame out"
        )

    def tensor(values: object, *shape: int) -> Tensor:
        found = np.full(shape, np.nan) if values is None else values
        return torch.as_tensor(found, dtype=form.dtype, device=form.device)

    try:
        system = System.from_atoms(frame.atoms)
        surroundings, widths = _surroundings(system, form)
    except BoundaryError:
        raise StructureError(
            f'{frame.where}: is periodic, but its cell spans no volume: correct it, or write pbc="F F F"'
        ) from None
    except StructureError as error:
        raise StructureError(f"{frame.where}: {error}") from None
    return _Frame(
        surroundings=surroundings,
        widths=widths,
        positions=system.positions.to(form.device, form.dtype),
        cell=system.cell[0].to(form.device, form.dtype),
        is_periodic=bool(system.is_periodic[0]),
        molecules=_molecules(frame, system, form) if form.molecules else None,
        interactions_only=frame.interactions_only,
        energy=frame.energy - atomic_energy(frame, form.atomic_energies),
        forces=tensor(frame.forces),
        stress=tensor(frame.stress, 3, 3),
        dipole=tensor(frame.dipole, 3),
        born_effective_charges=tensor(frame.born_effective_charges, len(frame.atoms), 3, 3),
        total_charge=frame.total_charge,
    )


def _molecules(frame: Labelled, system: System, form: FrameFormat) -> Molecules:
    found = Molecules.of(system, form.dtype, form.device)
    return replace(found, is_pulled=found.is_pulled & (not frame.interactions_only))


def _counted(frames: list[_Frame], device: str) -> Tensor | None:
    """Which frames count by themselves; None if all do, the usual case."""
    if not any(frame.interactions_only for frame in frames):
        return None
    return torch.tensor([not frame.interactions_only for frame in frames], device=device)


def _surroundings(system: System, form: FrameFormat) -> tuple[Surroundings, tuple[int, ...]]:
    """Neighbours of each atom, element after element, and how many places each element has."""
    table = neighbor_table(system, form.cutoff)
    vectors = table.edge_vectors(system.positions, system.cell, system.system_idx)
    lookup = {z: i for i, z in enumerate(form.elements)}
    element_idx = torch.tensor([lookup[int(z)] for z in system.atomic_numbers])
    elements = element_idx[table.neighbor_indices]
    places, widths = [], []
    for z in range(len(form.elements)):
        is_z = table.is_neighbor & (elements == z)
        widths.append(int(is_z.sum(dim=1).max()))
        places.append(torch.argsort(~is_z, dim=1, stable=True)[:, : widths[-1]])
    order = torch.cat(places, dim=1)
    wanted = torch.repeat_interleave(torch.arange(len(widths)), torch.tensor(widths))
    is_neighbor = table.is_neighbor.gather(1, order) & (elements.gather(1, order) == wanted)
    own = torch.arange(len(order))[:, None].expand_as(order)
    found = vectors.gather(1, order.unsqueeze(2).expand(-1, -1, 3))
    surroundings = Surroundings(
        vectors=torch.where(is_neighbor.unsqueeze(2), found, found.new_tensor((FAR, 0.0, 0.0))).to(
            form.device, form.dtype
        ),
        neighbor_indices=torch.where(is_neighbor, table.neighbor_indices.gather(1, order), own).to(form.device),
        is_neighbor=is_neighbor.to(form.device),
        element_idx=element_idx.to(form.device),
    )
    return surroundings, tuple(widths)


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _together(frames: list[_Frame], start: Tensor) -> tuple[Surroundings, tuple[int, ...]]:
    """One block of several frames, each element padded to its most neighbours; padding repeats the receiver."""
    widths = tuple(max(frame.widths[z] for frame in frames) for z in range(len(frames[0].widths)))
    n_atoms = sum(len(frame.positions) for frame in frames)
    like = frames[0].surroundings
    vectors = like.vectors.new_zeros(n_atoms, sum(widths), 3)
    vectors[:, :, 0] = FAR
    indices = torch.arange(n_atoms, device=vectors.device)[:, None].repeat(1, sum(widths))
    masks = torch.zeros_like(indices, dtype=torch.bool)
    for frame, first in zip(frames, start.tolist(), strict=True):
        part, own, shared = frame.surroundings, 0, 0
        rows = slice(first, first + len(frame.positions))
        for width, most in zip(frame.widths, widths, strict=True):
            here, there = slice(own, own + width), (rows, slice(shared, shared + width))
            vectors[there] = part.vectors[:, here]
            indices[there] = part.neighbor_indices[:, here] + first
            masks[there] = part.is_neighbor[:, here]
            own, shared = own + width, shared + most
    elements = torch.cat([frame.surroundings.element_idx for frame in frames])
    return Surroundings(vectors=vectors, neighbor_indices=indices, is_neighbor=masks, element_idx=elements), widths
