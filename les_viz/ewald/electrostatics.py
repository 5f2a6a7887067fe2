"""The public face of the engine: energy, potential, field, forces and stress of latent charges."""

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from math import hypot, pi
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from les_viz.errors import BoundaryError, SettingError
from les_viz.ewald.coulomb import BACKENDS, Backend, CoulombSum
from les_viz.ewald.grid import CUTOFF_TOLERANCE, KSet
from les_viz.ewald.layout import PaddedLayout
from les_viz.ewald.phase_sums import needs_graph
from les_viz.ewald.reciprocal import GridKernel

NEUTRALITY_TOLERANCE = 1e-5
"""Total charge in e below which a cell counts as neutral."""


SMALLEST_VOLUME_RATIO = 1e-6
"""Volume over the product of the edges below which a cell is taken for flat."""

Settings = tuple[float, float, bool, Backend, float | None, KSet | None]
"""smearing, k_cutoff, self_interaction, backend, nufft_tolerance, k_set."""


class ChargedCellWarning(UserWarning):
    """A periodic cell is charged; a uniform background neutralises it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Electrostatics:
    """What the charges of one system, or of a batch, feel and store.

    Attributes:
        energy: () or (systems,), eV.
        potential: shape of the charges, V; ∂E/∂q.
        electric_field: shape of the charges and 3, V/Å; -∂potential/∂r.
        forces: (atoms, 3), eV/Å, at fixed charges.
        stress: (3, 3) or (systems, 3, 3), eV/Å³, at fixed charges; zero for open systems.
    """

    energy: Tensor
    potential: Tensor
    electric_field: Tensor
    forces: Tensor
    stress: Tensor


def electrostatics(  # noqa: PLR0913 - the signature is the project's public API
    charges: Float[Tensor, "atoms *channels"],
    positions: Float[Tensor, "atoms 3"],
    cell: Float[Tensor, "*systems 3 3"] | None = None,
    pbc: bool | Sequence[bool] | Tensor = True,  # noqa: FBT001, FBT002 - as above
    *,
    smearing: float = 1.0,
    k_cutoff: float = pi,
    self_interaction: bool = False,
    backend: Backend = "auto",
    system_idx: Int[Tensor, " atoms"] | None = None,
    nufft_tolerance: float | None = None,
    k_set: KSet | None = None,
) -> Electrostatics:
    r"""Compute the Coulomb interaction of Gaussian charges, k_e q_i q_j erf(r/(√2σ))/r.

    Args:
        charges: (atoms,) or (atoms, channels), e; channels do not interact.
        positions: (atoms, 3), Å.
        cell: (3, 3), or (systems, 3, 3) with `system_idx`; Å, rows are lattice vectors, any handedness.
        pbc: periodic in all three directions, or open; one truth value, or three that agree as in ASE.
        smearing: Gaussian width σ, Å.
        k_cutoff: largest |k| of the periodic sum, 1/Å (2π/dl of the reference codes).
        self_interaction: whether each Gaussian's interaction with itself stays in the energy.
        backend: `direct` (exact), `nufft` (large systems; in cells too thin for it `auto`) or `auto`.
        system_idx: (atoms,) sorted index of the system of each atom, for a batch.
        nufft_tolerance: relative accuracy of `nufft`; by default 1e-12 in double and 2e-6 in single precision.
        k_set: k vectors chosen in another cell (`KSet.of`), which take the place of those within `k_cutoff`.

    Returns:
        Tensors that can be differentiated twice in charges, positions and cell.

    Raises:
        SettingError: an argument is out of range, or of another kind.
        BoundaryError: a periodic sum without a proper cell, or periodic along some directions only.

    Reference:
        Cheng, npj Comput. Mater. 11, 80 (2025), eq. 4-6; oracle SPEC §1-2.
    """
    _check_tensors(charges=charges, positions=positions, cell=cell)
    _check_atoms(charges, positions)
    periodic = _is_periodic(pbc)
    _check_choices(self_interaction, backend)
    reach = _number("k_cutoff", k_cutoff) * (1 + _slack(cell, positions))
    tolerance = None if nufft_tolerance is None else _number("nufft_tolerance", nufft_tolerance)
    settings = (_number("smearing", smearing), reach, bool(self_interaction), backend, tolerance, k_set)
    if periodic and cell is not None and _is_plain(charges, positions, cell, system_idx):
        coulomb, kernel = _prepared(_numbers(cell), positions.dtype, positions.device, settings)
        _warn_if_charged([charges.sum().item()], charges)
        energy, potential, field, stress = coulomb.of_one(charges, positions, kernel)
        _refuse_not_finite(energy, charges, positions)
        forces = charges.unsqueeze(1) * field
        return Electrostatics(energy=energy, potential=potential, electric_field=field, forces=forces, stress=stress)
    coulomb = _coulomb_sum(settings)
    cells = _checked_cells(cell, like=positions) if periodic else None
    layout = _layout(positions, cell, system_idx)
    channels = charges.reshape(len(charges), -1)
    if periodic:
        _warn_if_charged(layout.pad(channels.detach()).sum(dim=(1, 2)).tolist(), channels)
    energy, potential, field, stress = coulomb.everything(
        layout.pad(channels).transpose(1, 2), layout.pad(positions), cells
    )
    _refuse_not_finite(energy, charges, positions)
    potential, field = layout.unpad(potential.transpose(1, 2)), layout.unpad(field.transpose(1, 2))
    is_batch = system_idx is not None or (cell is not None and cell.ndim == 3)
    return Electrostatics(
        energy=energy if is_batch else energy[0],
        potential=potential.reshape(charges.shape),
        electric_field=field.reshape(*charges.shape, 3),
        forces=channels * field[:, 0] if channels.shape[1] == 1 else (channels.unsqueeze(2) * field).sum(dim=1),
        stress=stress if is_batch else stress[0],
    )


def _number(name: str, value: Any) -> float:  # noqa: ANN401 - the argument as it came
    """A setting as a plain number, from whatever holds a single one."""
    if not isinstance(value, str):
        with suppress(TypeError, ValueError, RuntimeError):
            return float(value)
    raise SettingError(f"{name} is {value!r}: expected a positive number")


def _check_choices(self_interaction: Any, backend: Any) -> None:  # noqa: ANN401 - the arguments as they came
    if not isinstance(self_interaction, bool | np.bool_):
        raise SettingError(f"self_interaction is {self_interaction!r}: expected True or False")
    if backend not in BACKENDS:
        raise SettingError(f"backend is {backend!r}: expected one of {', '.join(BACKENDS)}")


def _slack(cell: Tensor | None, positions: Tensor) -> float:
    """Share of the cutoff by which the rounding of a coarse cell may move k vectors on its sphere out of it."""
    is_coarse = cell is not None and cell.dtype == torch.float32 and positions.dtype == torch.float64
    return CUTOFF_TOLERANCE[torch.float32] if is_coarse else 0.0


def _is_plain(charges: Tensor, positions: Tensor, cell: Tensor, system_idx: Tensor | None) -> bool:
    """One system of one channel of which nothing is differentiated: the case that costs few steps."""
    is_one = system_idx is None and charges.ndim == 1 and cell.shape == (3, 3)
    return is_one and not needs_graph(charges, positions, cell)


@lru_cache(maxsize=8)
def _prepared(
    cell: tuple[float, ...], dtype: torch.dtype, device: torch.device, settings: Settings
) -> tuple[CoulombSum, GridKernel]:
    """The sum, and its kernel in a cell that is kept because it may come again."""
    coulomb = _coulomb_sum(settings)
    _refuse_flat(cell)
    return coulomb, coulomb.kernel(torch.tensor(cell, dtype=dtype, device=device).view(1, 3, 3))


def _coulomb_sum(settings: Settings) -> CoulombSum:
    smearing, k_cutoff, self_interaction, backend, nufft_tolerance, k_set = settings
    return CoulombSum(
        smearing=smearing,
        k_cutoff=k_cutoff,
        self_interaction=self_interaction,
        backend=backend,
        nufft_tolerance=nufft_tolerance,
        k_set=k_set,
    )


def _is_periodic(pbc: Any) -> bool:  # noqa: ANN401 - the argument as it came
    """One answer for all directions; three flags are never taken for a truth value, which they would pass as."""
    if isinstance(pbc, bool):
        return pbc
    try:
        flags = [bool(flag) for flag in pbc] if np.ndim(pbc) == 1 else [bool(pbc)]
    except (TypeError, ValueError, RuntimeError):
        flags = []
    if isinstance(pbc, str) or pbc is None or len(flags) not in (1, 3):
        raise SettingError(f"pbc is {pbc!r}: pass True or False, or three of them that agree")
    if len(set(flags)) > 1:
        raise BoundaryError(
            f"the cell is periodic along some directions only (pbc = {flags}): pass pbc=True to treat the vacuum as "
            "part of a three-dimensional cell, or pbc=False for a cluster"
        )
    return flags[0]


def _check_tensors(**arguments: Tensor | None) -> None:
    """Refuse what is no tensor of real numbers in single or double precision."""
    for name, value in arguments.items():
        if value is None and name == "cell":
            continue
        if not isinstance(value, Tensor):
            raise SettingError(f"{name} is a {type(value).__name__}: pass a torch tensor")
        if value.dtype not in (torch.float32, torch.float64):
            raise SettingError(f"{name} holds {value.dtype}: convert it to torch.float64 or torch.float32")


def _check_atoms(charges: Tensor, positions: Tensor) -> None:
    if positions.ndim != 2 or positions.shape[1] != 3:
        raise SettingError(f"positions have shape {tuple(positions.shape)}: pass (atoms, 3)")
    if charges.ndim not in (1, 2) or 0 in charges.shape[1:]:
        raise SettingError(f"charges have shape {tuple(charges.shape)}: pass (atoms,) or (atoms, channels)")
    n_charges, n_positions = charges.shape[0], positions.shape[0]
    if n_positions == 0:
        raise SettingError("there are no atoms: pass at least one position and charge")
    if n_charges != n_positions:
        raise SettingError(
            f"there are charges of {n_charges} and positions of {n_positions} atoms: pass one of each for every atom"
        )
    if charges.dtype != positions.dtype:
        raise SettingError(f"charges are {charges.dtype}, positions {positions.dtype}: convert one of them")


def _refuse_not_finite(energy: Tensor, charges: Tensor, positions: Tensor) -> None:
    """Name the atom that spoils the sum, if one does."""
    if all(bool(values.detach().isfinite().all()) for values in (energy, charges, positions)):
        return
    for name, values in (("charges", charges), ("positions", positions)):
        spoiled = ~values.detach().reshape(len(values), -1).isfinite().all(dim=1)
        if bool(spoiled.any()):
            atom = int(spoiled.nonzero()[0, 0])
            raise SettingError(f"{name} of atom {atom} are not finite: pass finite numbers")
    raise SettingError(
        f"the energy exceeds the range of {positions.dtype}: pass charges and positions of physical size in e and Å"
    )


def _layout(positions: Tensor, cell: Tensor | None, system_idx: Tensor | None) -> PaddedLayout:
    n_cells = cell.shape[0] if cell is not None and cell.ndim == 3 else 1
    if system_idx is None:
        if n_cells > 1:
            raise SettingError(f"there are {n_cells} cells: pass system_idx, the cell of each atom")
        return PaddedLayout(1, len(positions), None)
    if not isinstance(system_idx, Tensor) or system_idx.is_floating_point():
        raise SettingError("system_idx must be a torch tensor of whole numbers, one for each atom")
    if len(system_idx) != len(positions) or int(system_idx[0]) < 0 or bool((system_idx.diff() < 0).any()):
        raise SettingError(
            "system_idx must hold a number from 0 for each atom, sorted: put the atoms of each system together"
        )
    last = int(system_idx[-1])
    if cell is not None and last >= n_cells:
        raise SettingError(f"system_idx goes up to {last}, but there are {n_cells} cells: pass one for each system")
    return PaddedLayout.of(system_idx, max(n_cells, last + 1))


def _checked_cells(cell: Tensor | None, *, like: Tensor) -> Tensor:
    if cell is None:
        raise BoundaryError("a periodic sum needs a cell: pass cell=(3, 3) lattice vectors, or pbc=False")
    if cell.shape[-2:] != (3, 3):
        raise BoundaryError(f"the cell has shape {tuple(cell.shape)}: pass three lattice vectors as rows, (3, 3)")
    _refuse_flat(_numbers(cell))
    return cell.reshape(-1, 3, 3).to(like.dtype)


def _numbers(cell: Tensor) -> tuple[float, ...]:
    return tuple(cell.detach().flatten().tolist())


def _refuse_flat(numbers: tuple[float, ...]) -> None:
    for first in range(0, len(numbers), 9):
        a, b, c = (numbers[row : row + 3] for row in range(first, first + 9, 3))
        volume = abs(sum(a[i] * (b[i - 2] * c[i - 1] - b[i - 1] * c[i - 2]) for i in range(3)))
        if not volume > SMALLEST_VOLUME_RATIO * hypot(*a) * hypot(*b) * hypot(*c):
            rows = [list(a), list(b), list(c)]
            raise BoundaryError(
                f"the cell {rows} Å spans no volume: pass three independent lattice vectors, or pbc=False"
            )


def _warn_if_charged(totals: list[float], charges: Tensor) -> None:
    """Warn where the charges of a system do not cancel."""
    worst = max(totals, key=abs)
    if abs(worst) <= NEUTRALITY_TOLERANCE:
        return
    if abs(worst) > 10 * torch.finfo(charges.dtype).eps * charges.abs().sum().item():
        warnings.warn(
            f"the periodic cell carries a charge of {worst:+.4g} e: a uniform neutralising background is assumed",
            ChargedCellWarning,
            stacklevel=3,
        )
