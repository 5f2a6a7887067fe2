"""Put the tensors of a batch together as one `Prediction` a structure: detached, in double precision, scaled."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from les_viz.models.model import LESModel
from les_viz.response.dipole import dipole, whole_molecules
from les_viz.response.evaluation import Evaluation
from les_viz.response.extrapolation import odd_electrons, unseen_distances, unseen_elements
from les_viz.response.prediction import FloatArray, Prediction, Quantity

ROUGH_PLACE = 5e-5
"""Å to which single precision must know where atoms are: forces err by a few meV/Å then."""

NOTABLE_CHARGE = 0.01
"""Total latent charge in e above which a result carries a note."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        quantities: names.
        bec_method: definition of the Born effective charges.
    """

    quantities: frozenset[Quantity]
    bec_method: str

    @property
    def mechanical(self) -> bool:
        """Whether forces or stress are asked for."""
        return bool(self.quantities & {Quantity.FORCES, Quantity.STRESS})

    @property
    def born(self) -> bool:
        """Whether Born effective charges are asked for."""
        return Quantity.BORN_EFFECTIVE_CHARGES in self.quantities


@dataclass(frozen=True, slots=True)
class Derivatives:
    """Derivatives of a batch, those that were asked for, unscaled.

    Attributes:
        forces: (atoms, 3).
        stress: (systems, 3, 3).
        born: (atoms, 3, 3).
        total_charge: (atoms, 3).
    """

    forces: Tensor | None
    stress: Tensor | None
    born: Tensor | None
    total_charge: Tensor | None


def assemble(model: LESModel, evaluation: Evaluation, request: Request, derivatives: Derivatives) -> list[Prediction]:
    """One prediction for each structure of the batch."""
    ends = np.cumsum(evaluation.system.atom_counts.cpu().numpy()).tolist()
    ranges = [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    return [
        _assemble_one(model, evaluation, request, derivatives, number, atoms) for number, atoms in enumerate(ranges)
    ]


def _assemble_one(
    model: LESModel, evaluation: Evaluation, request: Request, derivatives: Derivatives, number: int, atoms: slice
) -> Prediction:
    scale = model.charge_scale
    periodic = bool(evaluation.system.is_periodic[number])
    charges = _numpy(evaluation.charges[atoms])
    potential = _numpy(evaluation.potential[atoms])
    short = _numpy(evaluation.latent.energies[atoms]) + _numpy(evaluation.atomic_energies[atoms])
    long = float(evaluation.long_range_energy[number])
    partial = scale * charges.sum(axis=1)
    one_channel = charges.shape[1] == 1
    moment = _moment(evaluation, scale, number, atoms) if Quantity.DIPOLE in request.quantities else _NOTHING
    born = None if derivatives.born is None else scale * _numpy(derivatives.born[atoms])
    charge_slope = None if derivatives.total_charge is None else scale * _numpy(derivatives.total_charge[atoms])
    stress_wanted = Quantity.STRESS in request.quantities and periodic
    return Prediction(
        atomic_numbers=evaluation.system.atomic_numbers[atoms].cpu().numpy(),
        positions=_numpy(evaluation.system.positions[atoms]),
        cell=_numpy(evaluation.system.cell[number]),
        pbc=periodic,
        energy=float(short.sum()) + long,
        short_range_energy=float(short.sum()),
        long_range_energy=long,
        short_range_energies=short,
        long_range_energies=0.5 * (charges * potential).sum(axis=1),
        latent_charges=charges[:, 0] if one_channel else charges,
        partial_charges=partial,
        total_charge=float(partial.sum()),
        potential=potential[:, 0] if one_channel else potential,
        charge_scale=scale,
        forces=None if derivatives.forces is None else _numpy(derivatives.forces[atoms]),
        stress=_numpy(derivatives.stress[number]) if derivatives.stress is not None and stress_wanted else None,
        dipole=moment.dipole,
        dipole_origin=moment.origin,
        polarization=moment.polarization,
        born_effective_charges=born,
        bec_method=request.bec_method if request.born else None,
        acoustic_sum_residual=None if born is None else born.sum(axis=0),
        total_charge_derivative=charge_slope,
        warnings=(
            *_notes(model, charges, periodic=periodic),
            *_far_away(evaluation.system.positions[atoms]),
            *odd_electrons(model, evaluation, number, atoms),
            *unseen_elements(model, evaluation, atoms),
            *unseen_distances(model, evaluation, atoms),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    dipole: FloatArray | None
    origin: FloatArray | None
    polarization: FloatArray | None


_NOTHING = _Moment(None, None, None)


def _moment(evaluation: Evaluation, scale: float, number: int, atoms: slice) -> _Moment:
    """Dipole of the charges; transfers between neighbours carry theirs on the edges, whatever images are listed."""
    system, bond = evaluation.system, evaluation.latent.bond
    positions, cell = _numpy(system.positions[atoms]), _numpy(system.cell[number])
    periodic = bool(system.is_periodic[number])
    if periodic:
        positions = whole_molecules(system.atomic_numbers[atoms].cpu().numpy(), positions, cell)
    placed = evaluation.charges[atoms].sum(dim=1) if bond is None else bond.formal[atoms]
    moment, origin = dipole(scale * _numpy(placed), positions)
    if bond is not None:
        moment = moment + scale * _numpy(bond.dipoles[atoms]).sum(axis=0)
    return _Moment(moment, origin, moment / abs(float(np.linalg.det(cell))) if periodic else None)


def _notes(model: LESModel, charges: FloatArray, *, periodic: bool) -> tuple[str, ...]:
    notes = []
    total = float(charges.sum())
    if model.config.charge_head is None:
        notes.append("the model is short-ranged: it has no latent charges")
    if charges.shape[1] > 1:
        notes.append(
            f"the model has {charges.shape[1]} charge channels that do not interact: "
            "partial charges and the dipole are made of their sum and mean little"
        )
    if periodic and abs(total) > NOTABLE_CHARGE:
        notes.append(f"the latent charges of the cell sum to {total:+.3f} e: a uniform background neutralises it")
    return tuple(notes)


def _far_away(positions: Tensor) -> tuple[str, ...]:
    """A sentence where single precision leaves too few digits for the distances between atoms."""
    reach = float(positions.abs().max())
    if reach * torch.finfo(positions.dtype).eps < ROUGH_PLACE:
        return ()
    return (
        f"atoms lie up to {reach:.0f} Å from the origin, where single precision knows places to "
        f"{reach * torch.finfo(positions.dtype).eps:.1g} Å: wrap or centre the structure, or load the model in float64",
    )


def _numpy(tensor: Tensor) -> FloatArray:
    array: FloatArray = tensor.detach().double().cpu().numpy()
    return array
