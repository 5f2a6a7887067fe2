"""An ASE calculator around a model, with an external electric field whose work is part of the energy.

    F_i += Z_iᵀ E     (local Born effective charges, their mean removed unless told otherwise: no net force)
    H = E_pot - ∫ Σ_i F_field,i · dr_i     along the positions visited since the last reset

so that the energy matches the forces and a run has a conserved quantity. The integral is summed by the trapezoidal
rule from call to call; a jump by a lattice vector does no work. A model whose charges are transfers between neighbours
knows its polarisation P: there the integral is E·ΔP, exact however far apart the visited places are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import ase
import numpy as np
import torch
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes
from ase.geometry import find_mic

from les_viz.errors import SettingError
from les_viz.md.kept_neighbors import KeptNeighbors, same_atoms
from les_viz.models.memory import room_on_the_card
from les_viz.models.model import LESModel
from les_viz.response.assembly import Request
from les_viz.response.evaluation import Evaluation, evaluate
from les_viz.response.extrapolation import refuse_ions
from les_viz.response.field_forces import has_transfers, polarization_of_transfers
from les_viz.response.predict import check_model, predict_evaluated
from les_viz.response.prediction import FloatArray, Prediction, Quantity
from les_viz.system import Boundary, check_boundary

DEFAULT_SKIN = 0.4
"""Å beyond the cutoff up to which neighbours are kept, so that they are found anew only now and then."""


@dataclass(frozen=True, slots=True)
class _Visited:
    """The last place, and the force of the field there; None if the field was off or has been changed since.

    `polarization` is that of transfers, formal charges left out (these count by how far they went); None without.
    """

    atoms: ase.Atoms
    field_forces: FloatArray | None
    polarization: FloatArray | None = None


class Results(dict[str, Any]):
    """Results of one call, with Born effective charges that are computed when they are looked up.

    They are not among the items, computed or not: ASE 3.29 cannot write arrays of this shape to extended XYZ and fails.
    """

    _BORN = "born_effective_charges"

    def __init__(self, calculator: "LESCalculator", atoms: ase.Atoms) -> None:
        """Begin empty, for one structure."""
        super().__init__()
        self._calculator, self._atoms = calculator, atoms
        self.born_effective_charges: FloatArray | None = None

    def __contains__(self, key: object) -> bool:
        """Whether it has been computed: ASE computes what is not there."""
        return super().__contains__(key) or (key == self._BORN and self.born_effective_charges is not None)

    def __missing__(self, key: str) -> FloatArray:
        """Compute what can be."""
        if key == self._BORN and self.born_effective_charges is None:
            self.born_effective_charges = self._calculator.born_charges_of(self._atoms)
        if key != self._BORN or self.born_effective_charges is None:
            raise KeyError(key)
        return self.born_effective_charges

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as of any dictionary
        """An item, or what has been computed besides."""
        if key not in self:
            return default
        return self[key]


class LESCalculator(Calculator):
    """Energy, forces, stress, charges and dipole of a LES model for ASE.

    `results` holds besides: latent_charges, short_range_energy, long_range_energy, energy_without_field, field_work
    and born_effective_charges (atoms, field, displacement), which are computed when they are looked up.
    """

    implemented_properties: list[str] = [  # noqa: RUF012 - ASE declares it for instances
        "energy",
        "free_energy",
        "forces",
        "stress",
        "charges",
        "dipole",
        "born_effective_charges",
    ]

    def __init__(
        self,
        model: LESModel,
        *,
        electric_field: Sequence[float] | None = None,
        boundary: Boundary | None = None,
        skin: float = DEFAULT_SKIN,
        sum_rule: bool = True,
    ) -> None:
        """Wrap a model.

        Args:
            model: from `load_model`.
            electric_field: (3,), V/Å, uniform; None for none.
            boundary: `periodic` or `open` overrules the structures' `pbc`.
            skin: Å beyond the cutoff up to which neighbours are kept.
            sum_rule: whether the forces of the field have no net force (the acoustic sum rule).

        Raises:
            SettingError: no model, the field is not three finite numbers, or the skin is negative.
        """
        super().__init__()  # type: ignore[no-untyped-call] # of ASE
        check_model(model)
        _check_skin(skin)
        check_boundary(boundary)
        self._model = model
        self._neighbors = KeptNeighbors(model, boundary=boundary, skin=skin)
        self._field = _checked_field(electric_field)
        self._sum_rule = sum_rule
        self._field_work = 0.0
        self._visited: _Visited | None = None

    @property
    def model(self) -> LESModel:
        """The model; for another one make another calculator."""
        return self._model

    @property
    def electric_field(self) -> FloatArray:
        """(3,) uniform field, V/Å; set it at any time, the work done so far is kept."""
        return self._field.copy()

    @electric_field.setter
    def electric_field(self, electric_field: Sequence[float] | None) -> None:
        self._field = _checked_field(electric_field)
        self._visited = self._visited and _Visited(self._visited.atoms, None)
        self.results = {}

    def reset_field_work(self) -> None:
        """Start the work of the field from zero at the next call."""
        self._field_work, self._visited = 0.0, None
        self.results = {}

    @room_on_the_card("choose a smaller structure, or load the model with device='cpu'")
    def calculate(
        self,
        atoms: ase.Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Compute what ASE asks for; energy and forces always come along.

        Args:
            atoms: the structure; None for that of the call before.
            properties: names from `implemented_properties`.
            system_changes: not needed; what is kept from earlier calls is checked against `atoms`.

        Raises:
            SettingError: no structure was given, now or before.
            PropertyNotImplementedError: the stress while a field is on.
            StructureError, BoundaryError, UnknownElementError: a structure that cannot be treated.
            ModelError: a field for a model with more than one charge channel, or none.
        """
        if atoms is not None:
            self.atoms = atoms.copy()
        current: ase.Atoms | None = self.atoms
        if current is None:
            raise SettingError("the calculator has no structure yet: pass atoms")
        refuse_ions(self._model, current)
        in_field = bool(self._field.any())
        if in_field and "stress" in properties:
            raise PropertyNotImplementedError("the stress in an electric field is not available: switch the field off")
        wanted = {Quantity.FORCES}
        wanted |= {Quantity.STRESS} if "stress" in properties else set()
        wanted |= {Quantity.DIPOLE} if "dipole" in properties else set()
        wanted |= {Quantity.BORN_EFFECTIVE_CHARGES} if in_field or "born_effective_charges" in properties else set()
        system = self._neighbors.system_of(current)
        request = Request(frozenset(wanted), "local")
        evaluation = evaluate(self._model, system, self._neighbors.of(current, system), derivatives=True)
        prediction = predict_evaluated(self._model, evaluation, request)[0]
        field_forces = self._field_forces(prediction) if in_field else None
        self._add_work(current, field_forces, evaluation, periodic=prediction.pbc)
        self.results = self._collected(prediction, field_forces, Results(self, current.copy()))

    def _collected(self, prediction: Prediction, field_forces: FloatArray | None, results: Results) -> Results:
        forces = _requested(prediction.forces)
        if field_forces is not None:
            forces = forces + field_forces
        energy = prediction.energy - self._field_work
        results |= {
            "energy": energy,
            "free_energy": energy,
            "forces": forces,
            "charges": prediction.partial_charges,
            "latent_charges": prediction.latent_charges,
            "short_range_energy": prediction.short_range_energy,
            "long_range_energy": prediction.long_range_energy,
            "energy_without_field": prediction.energy,
            "field_work": self._field_work,
        }
        if prediction.stress is not None:
            results["stress"] = prediction.stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        if prediction.dipole is not None:
            results["dipole"] = prediction.dipole
        results.born_effective_charges = prediction.born_effective_charges
        return results

    def _field_forces(self, prediction: Prediction) -> FloatArray:
        born = _requested(prediction.born_effective_charges)
        acting = born - born.mean(axis=0) if self._sum_rule else born
        forces: FloatArray = np.einsum("a,iab->ib", self._field, acting)
        return forces

    @room_on_the_card("choose a smaller structure, or load the model with device='cpu'")
    def born_charges_of(self, atoms: ase.Atoms) -> FloatArray | None:
        """Compute the Born effective charges of a structure; `results` and the field are left as they are.

        Args:
            atoms: the structure.

        Returns:
            (atoms, 3 field, 3 displacement), e, scaled, of the `local` definition; None where the model does not define
            them, which has no charges or several channels of them.

        Raises:
            StructureError, BoundaryError, UnknownElementError: a structure that cannot be treated.
        """
        head = self._model.config.charge_head
        if head is None or head.n_out != 1:
            return None
        system = self._neighbors.system_of(atoms)
        request = Request(frozenset({Quantity.BORN_EFFECTIVE_CHARGES}), "local")
        evaluation = evaluate(self._model, system, self._neighbors.of(atoms, system), derivatives=True)
        return predict_evaluated(self._model, evaluation, request)[0].born_effective_charges

    def _add_work(
        self, atoms: ase.Atoms, field_forces: FloatArray | None, evaluation: Evaluation, *, periodic: bool
    ) -> None:
        """Add the work of the field on the way from the last place; other atoms start from zero."""
        last = self._visited
        if last is not None and not same_atoms(last.atoms, atoms):
            self._field_work = 0.0
        elif last is not None and last.field_forces is not None and field_forces is not None:
            path, _ = find_mic(atoms.positions - last.atoms.positions, atoms.cell, periodic)
            if last.polarization is not None:
                here = self._polarization(evaluation, path)
                self._field_work += float(self._field @ (here - last.polarization))
            else:
                self._field_work += 0.5 * float(((field_forces + last.field_forces) * path).sum())
        at_rest = np.zeros_like(atoms.positions)
        knows = field_forces is not None and has_transfers(self._model)
        self._visited = _Visited(atoms.copy(), field_forces, self._polarization(evaluation, at_rest) if knows else None)

    def _polarization(self, evaluation: Evaluation, path: FloatArray) -> FloatArray:
        """(3,) e Å of transfers, and of formal charges that went so far."""
        moved = torch.as_tensor(path, dtype=self._model.dtype, device=self._model.device)
        total: FloatArray = polarization_of_transfers(self._model, evaluation, moved).double().cpu().numpy()
        return total


def _check_skin(skin: object) -> None:
    if not isinstance(skin, Real) or not 0 <= float(skin) < float("inf"):
        raise SettingError(f"skin is {skin!r}: expected a number of at least 0, in Å")


def _checked_field(electric_field: Sequence[float] | None) -> FloatArray:
    if electric_field is None:
        return np.zeros(3)
    try:
        field = np.array(electric_field, dtype=float)
    except (TypeError, ValueError):  # words, or rows of different lengths
        field = np.full(3, np.nan)
    if field.shape != (3,) or not np.isfinite(field).all():
        raise SettingError(f"electric_field is {electric_field!r}: expected three finite numbers in V/Å")
    return field


def _requested(array: FloatArray | None) -> FloatArray:
    """An array that the request made sure of."""
    if array is None:
        raise RuntimeError("the prediction lacks what was requested")
    return array
