"""From structures to numbers: the border between tensors with a graph and detached results."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal, get_args, overload

import numpy as np
import torch
from torch import Tensor

from les_viz.errors import LesVizError, ModelError, SettingError
from les_viz.models.memory import room_on_the_card
from les_viz.models.model import LESModel
from les_viz.neighbors import NeighborTable
from les_viz.response.assembly import Derivatives, Request, assemble
from les_viz.response.born_charges import local_born_charges
from les_viz.response.evaluation import Evaluation, evaluate
from les_viz.response.extrapolation import refuse_ions
from les_viz.response.prediction import LARGEST_NUMBER, UNITS, Prediction, Quantity
from les_viz.response.wrapped_born_charges import wrapped_born_charges_of_model
from les_viz.room import RoomError
from les_viz.system import Boundary, System, as_frames

if TYPE_CHECKING:
    import ase

BornMethod = Literal["local", "wrapped"]

ATOMS_AT_ONCE = 4000
"""Structures are predicted in batches of about so many atoms."""

DEFAULT_QUANTITIES = frozenset({Quantity.ENERGY, Quantity.FORCES, Quantity.LATENT_CHARGES, Quantity.DIPOLE})


@overload
def predict(
    model: LESModel,
    atoms: "ase.Atoms",
    *,
    quantities: Collection[str] = ...,
    bec_method: BornMethod = ...,
    boundary: Boundary | None = ...,
) -> Prediction: ...
@overload
def predict(
    model: LESModel,
    atoms: "Iterable[ase.Atoms]",
    *,
    quantities: Collection[str] = ...,
    bec_method: BornMethod = ...,
    boundary: Boundary | None = ...,
) -> list[Prediction]: ...
def predict(
    model: LESModel,
    atoms: "ase.Atoms | Iterable[ase.Atoms]",
    *,
    quantities: Collection[str] = DEFAULT_QUANTITIES,
    bec_method: BornMethod = "local",
    boundary: Boundary | None = None,
) -> Prediction | list[Prediction]:
    """Predict what is asked for about one structure, or about each of several.

    Args:
        model: from `load_model`.
        atoms: one structure, or several (computed in batches).
        quantities: names from `Quantity`; energies and charges always come along.
        bec_method: definition of the Born effective charges, `local` or `wrapped`.
        boundary: `periodic` or `open` overrules the structures' `pbc`.

    Returns:
        A `Prediction`, or a list of them for several structures.

    Raises:
        SettingError: an unknown quantity or method.
        StructureError, BoundaryError, UnknownElementError: a structure that cannot be treated, such as one that says to
            be charged where the model's charges sum to zero in any case.
    """
    check_model(model)
    request = _checked(quantities, bec_method)
    frames = as_frames(atoms)
    found: list[Prediction] = []
    at_once = ATOMS_AT_ONCE
    with torch.inference_mode(mode=False):  # forces are derivatives
        while len(found) < len(frames):
            rest = frames[len(found) :]
            batch = rest[:1] if request.born and bec_method == "wrapped" else _next_batch(rest, at_once)
            try:
                found += _predict_batch(model, batch, request, boundary)
            except LesVizError as error:
                if isinstance(error, RoomError) and len(batch) > 1:
                    at_once = sum(map(len, batch)) // 2
                    continue
                if len(frames) == 1:
                    raise
                raise _naming_the_frame(error, model, frames, request, boundary) from None
    return found[0] if frames and frames[0] is atoms else found


def _naming_the_frame(
    error: LesVizError, model: LESModel, frames: "list[ase.Atoms]", request: Request, boundary: Boundary | None
) -> LesVizError:
    """The error of the first frame that fails alone, with its number; the error itself if none does."""
    for number, frame in enumerate(frames):
        try:
            _predict_batch(model, [frame], request, boundary)
        except LesVizError as caught:
            return type(caught)(f"frame {number}: {caught}")
    return error


def check_model(model: object) -> None:
    """Refuse what is no model, such as the name of one."""
    if not isinstance(model, LESModel):
        raise SettingError(f"model is {str(model)[:40]!r}: pass what les_viz.load_model returns")


def _checked(quantities: Collection[str], bec_method: str) -> Request:
    if isinstance(quantities, str):
        quantities = [quantities]
    known = {quantity.value for quantity in Quantity}
    if not isinstance(quantities, Iterable):
        raise SettingError(f"quantities are {quantities!r}: pass names from {', '.join(sorted(known))}")
    for name in quantities:
        if not isinstance(name, str) or name not in known:
            raise SettingError(f"quantity {str(name)!r} is not known: choose from {', '.join(sorted(known))}")
    if bec_method not in get_args(BornMethod):
        raise SettingError(f"bec_method is {bec_method!r}: expected one of {', '.join(get_args(BornMethod))}")
    return Request(frozenset(Quantity(name) for name in quantities), bec_method)


def _next_batch(frames: "list[ase.Atoms]", at_once: int) -> "list[ase.Atoms]":
    total = np.cumsum([len(frame) for frame in frames])
    return frames[: max(1, int(np.searchsorted(total, at_once, side="right")))]


def predict_system(
    model: LESModel, system: System, request: Request, table: NeighborTable | None = None
) -> list[Prediction]:
    """Predict what is asked for about a batch whose tensors, and perhaps neighbours, are at hand.

    Args:
        model: the model.
        system: on the model's device and in its precision; of one structure if `wrapped` Born charges are asked for.
        request: what is asked for.
        table: neighbours within at least the model's cutoff.
    """
    evaluation = evaluate(model, system, table, derivatives=request.mechanical or request.born)
    return predict_evaluated(model, evaluation, request)


def predict_evaluated(model: LESModel, evaluation: Evaluation, request: Request) -> list[Prediction]:
    """`predict_system` where networks and Coulomb sum have run, with derivatives if any are asked for."""
    pulls = evaluation.pulls() if request.mechanical else None
    forces = None if pulls is None else evaluation.forces(pulls)
    stress = evaluation.stress(pulls) if pulls is not None and Quantity.STRESS in request.quantities else None
    born, charge_derivative = _born_charges(model, evaluation, request) if request.born else (None, None)
    return assemble(model, evaluation, request, Derivatives(forces, stress, born, charge_derivative))


def _predict_batch(
    model: LESModel, frames: "list[ase.Atoms]", request: Request, boundary: Boundary | None
) -> list[Prediction]:
    for frame in frames:
        refuse_ions(model, frame)
    system = System.from_atoms(frames, boundary=boundary, dtype=model.dtype, device=model.device)
    with room_on_the_card("choose a smaller structure, or load the model with device='cpu'"):
        found = predict_system(model, system, request)
    for prediction in found:
        _check_numbers(prediction)
    return found


def _check_numbers(prediction: Prediction) -> None:
    """Refuse what no page can draw and no file can hold."""
    for name, unit in UNITS.items():
        values = getattr(prediction, name)
        if values is not None and not (np.abs(values) <= LARGEST_NUMBER).all():
            raise ModelError(
                f"the {name.replace('_', ' ')} that the model gives for this structure are no usable numbers (NaN, or "
                f"above {LARGEST_NUMBER:g} {unit}): the model is broken, or the structure is unlike all that it was "
                "trained on; choose another"
            )


def _born_charges(model: LESModel, evaluation: Evaluation, request: Request) -> tuple[Tensor, Tensor]:
    channels = model.config.charge_head.n_out if model.config.charge_head else 0
    if channels == 0:
        raise ModelError("the model has no charges, hence no Born effective charges: choose one with charges")
    if channels > 1:
        raise ModelError(
            f"the model has {channels} charge channels, and Born effective charges are defined for one: "
            "choose another model, or do without them"
        )
    of_method = wrapped_born_charges_of_model if request.bec_method == "wrapped" else local_born_charges
    return of_method(model, evaluation)
