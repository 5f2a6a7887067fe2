"""What atoms move on: energies and forces at a place, in a field, and how the polarisation answers to a step."""

from dataclasses import dataclass
from typing import Protocol

import ase
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from les_viz.errors import SettingError
from les_viz.ewald import CoulombSum
from les_viz.md.kept_neighbors import KeptNeighbors
from les_viz.models.memory import room_on_the_card
from les_viz.models.model import LESModel
from les_viz.response.evaluation import Evaluation, evaluate
from les_viz.response.field_forces import (
    directional_born_charges,
    field_forces,
    forces_in_field,
    has_transfers,
    is_one_backward_pass,
    polarization_of_transfers,
)
from les_viz.system import Boundary

FloatArray = NDArray[np.float64]

SKIN = 0.5
"""Å beyond the cutoff up to which neighbours are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is needed at a place besides energy and forces.

    Attributes:
        born_charges: the whole tensor, for the current.
        stress: for the pressure; without a field only.
        sum_rule: whether the mean of the Born charges is removed.
    """

    born_charges: bool = False
    stress: bool = False
    sum_rule: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the surface.

    Attributes:
        energy: eV, without the field.
        forces: (atoms, 3), eV/Å, those of the field included.
        field_forces: (atoms, 3), eV/Å, None where the work follows from `polarization`.
        polarization: (3,), e Å, the dipole that the model itself defines; None if it defines none.
        born_charges: (atoms, 3 field, 3 displacement), e, as those in the forces; None unless wanted or free of cost.
        charges: (atoms,) latent charges, e.
        dipole: (3,), e Å, of the scaled charges, their mean removed, at the unwrapped positions.
        closest: smallest distance of two atoms, Å.
        stress: (3, 3), eV/Å³.
    """

    energy: float
    forces: FloatArray
    field_forces: FloatArray | None
    polarization: FloatArray | None
    born_charges: FloatArray | None
    charges: FloatArray
    dipole: FloatArray
    closest: float
    stress: FloatArray | None = None


class Surface(Protocol):
    """A potential energy surface of atoms that answer to a field."""

    def at(self, atoms: ase.Atoms, electric_field: FloatArray, wanted: Wanted) -> Place:
        """Compute what is wanted where the atoms are; positions are never wrapped."""
        ...


class ModelSurface:
    """The surface of a LES model."""

    def __init__(
        self,
        model: LESModel,
        *,
        boundary: Boundary | None = None,
        skin: float = SKIN,
        k_vectors_of: ArrayLike | None = None,
    ) -> None:
        """Wrap a model.

        Args:
            model: with one charge channel, or none as long as the field is off.
            boundary: `periodic` or `open` overrules the structures' `pbc`.
            skin: Å beyond the cutoff up to which neighbours are kept.
            k_vectors_of: (3, 3) cell, Å, whose k vectors are kept in every cell, so that the energy does not jump
                while the cell changes; None for those of each cell.
        """
        self.model = model
        self.coulomb: CoulombSum | None = None
        if k_vectors_of is not None and model.coulomb is not None:
            self.coulomb = model.coulomb.with_k_vectors_of(k_vectors_of)
        self.neighbors = KeptNeighbors(model, boundary=boundary, skin=skin)
        self._has_charges = model.charge_head is not None and model.config.charge_head is not None
        self._answers = self._has_charges and getattr(model.config.charge_head, "n_out", 0) == 1
        self._transfers = has_transfers(model)
        self._born_is_cheap = self._answers and is_one_backward_pass(model)

    @room_on_the_card("choose a smaller structure, or the device cpu")
    def at(self, atoms: ase.Atoms, electric_field: FloatArray, wanted: Wanted) -> Place:
        """Evaluate the model.

        Raises:
            RoomError: the memory of the graphics card is full.
            SettingError: a field, or a current, of a model that has not one charge channel.
            StructureError: atoms on top of each other.
        """
        in_field = bool(electric_field.any())
        if in_field and not self._answers:
            raise SettingError("the model has not one latent charge an atom: a field has nothing to act on, set none")
        system = self.neighbors.system_of(atoms)
        evaluation = evaluate(
            self.model, system, self.neighbors.of(atoms, system), derivatives=True, coulomb=self.coulomb
        )
        field = torch.as_tensor(electric_field, dtype=self.model.dtype, device=self.model.device)
        stress = None
        if in_field and self._transfers:
            forces, from_field = forces_in_field(self.model, evaluation, field), None
        else:
            pulls = evaluation.pulls()
            forces, from_field = evaluation.forces(pulls), None
            stress = evaluation.stress(pulls) if wanted.stress else None
        needs_born = self._answers and (wanted.born_charges or (in_field and self._born_is_cheap))
        born = self._born_charges(evaluation, sum_rule=wanted.sum_rule) if needs_born else None
        if in_field and not self._transfers:
            from_field = (
                field_forces(self.model, evaluation, field, sum_rule=wanted.sum_rule)
                if born is None
                else torch.einsum("a,iab->ib", field, born)
            )
            forces = forces + from_field
        return self._place(atoms, evaluation, forces, from_field, born, stress)

    def _born_charges(self, evaluation: Evaluation, *, sum_rule: bool) -> torch.Tensor:
        identity = torch.eye(3, device=self.model.device)
        return directional_born_charges(self.model, evaluation, identity, sum_rule=sum_rule)

    def _place(
        self,
        atoms: ase.Atoms,
        evaluation: Evaluation,
        forces: torch.Tensor,
        from_field: torch.Tensor | None,
        born: torch.Tensor | None,
        stress: torch.Tensor | None,
    ) -> Place:
        latent = evaluation.latent
        energy = latent.energies.detach().double().sum() + evaluation.atomic_energies.sum()
        charges = _numpy(evaluation.charges.sum(dim=1))
        scaled = self.model.charge_scale * (charges - charges.mean())
        polarization = None
        if self._transfers:
            unwrapped = torch.as_tensor(atoms.positions, dtype=self.model.dtype, device=self.model.device)
            polarization = _numpy(polarization_of_transfers(self.model, evaluation, unwrapped))
        return Place(
            energy=float(energy) + float(evaluation.long_range_energy[0]),
            forces=_numpy(forces),
            field_forces=None if from_field is None else _numpy(from_field),
            polarization=polarization,
            born_charges=None if born is None else _numpy(born),
            charges=charges,
            dipole=scaled @ atoms.positions,
            closest=float(evaluation.surroundings.vectors.detach().square().sum(dim=2).min().sqrt()),
            stress=None if stress is None else _numpy(stress[0]),
        )


def _numpy(tensor: torch.Tensor) -> FloatArray:
    array: FloatArray = tensor.detach().double().cpu().numpy()
    return array
