"""The public face of the engine: energy, potential, field, forces and stress of latent charges."""

import warnings
from dataclasses import dataclass
from math import pi

import torch
from jaxtyping import Float, Int
from torch import Tensor

from les_viz.errors import BoundaryError, SettingError
from les_viz.ewald.coulomb import Backend, CoulombSum
from les_viz.ewald.layout import PaddedLayout

NEUTRALITY_TOLERANCE = 1e-5
"""Total charge in e below which a cell counts as neutral."""


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
    pbc: bool = True,  # noqa: FBT001, FBT002 - as above
    *,
    smearing: float = 1.0,
    k_cutoff: float = pi,
    self_interaction: bool = False,
    backend: Backend = "auto",
    system_idx: Int[Tensor, " atoms"] | None = None,
    nufft_tolerance: float | None = None,
) -> Electrostatics:
    r"""Compute the Coulomb interaction of Gaussian charges, k_e q_i q_j erf(r/(√2σ))/r.

    Args:
        charges: (atoms,) or (atoms, channels), e; channels do not interact.
        positions: (atoms, 3), Å.
        cell: (3, 3), or (systems, 3, 3) with `system_idx`; Å, rows are lattice vectors, any handedness.
        pbc: periodic in all three directions, or open.
        smearing: Gaussian width σ, Å.
        k_cutoff: largest |k| of the periodic sum, 1/Å (2π/dl of the reference codes).
        self_interaction: whether each Gaussian's interaction with itself stays in the energy.
        backend: `direct` (exact), `nufft` (large systems) or `auto`.
        system_idx: (atoms,) sorted index of the system of each atom, for a batch.
        nufft_tolerance: relative accuracy of `nufft`; by default 1e-12 in double and 1e-6 in single precision.

    Returns:
        Tensors that can be differentiated twice in charges, positions and cell.

    Raises:
        SettingError: an argument is out of range.
        BoundaryError: a periodic sum without a proper cell.

    Reference:
        Cheng, npj Comput. Mater. 11, 80 (2025), eq. 4-6; oracle SPEC §1-2.
    """
    coulomb = CoulombSum(
        smearing=smearing,
        k_cutoff=k_cutoff,
        self_interaction=self_interaction,
        backend=backend,
        nufft_tolerance=nufft_tolerance,
    )
    index = torch.zeros_like(positions[:, 0], dtype=torch.int64) if system_idx is None else system_idx
    _check_atoms(charges, positions, index)
    cells = _checked_cells(cell, like=positions) if pbc else None
    layout = PaddedLayout.of(index, _n_systems(cells, cell, index))
    channels = charges.reshape(len(charges), -1)
    if pbc:
        _warn_if_charged(channels.detach(), index, layout.n_systems)
    energy, potential, field, stress = coulomb.everything(
        layout.pad(channels).transpose(1, 2), layout.pad(positions), cells
    )
    potential, field = layout.unpad(potential.transpose(1, 2)), layout.unpad(field.transpose(1, 2))
    batched = cell is not None and cell.ndim == 3 or system_idx is not None
    return Electrostatics(
        energy=energy if batched else energy[0],
        potential=potential.reshape(charges.shape),
        electric_field=field.reshape(*charges.shape, 3),
        forces=(channels.unsqueeze(2) * field).sum(dim=1),
        stress=stress if batched else stress[0],
    )


def _check_atoms(charges: Tensor, positions: Tensor, system_idx: Tensor) -> None:
    if len(positions) == 0:
        raise SettingError("there are no atoms: pass at least one position and charge")
    if not (len(charges) == len(positions) == len(system_idx)):
        raise SettingError(
            f"charges, positions and system_idx are of {len(charges)}, {len(positions)} and {len(system_idx)} atoms: "
            "pass one of each for every atom"
        )
    if charges.dtype != positions.dtype:
        raise SettingError(f"charges are {charges.dtype}, positions {positions.dtype}: convert one of them")
    if len(system_idx) > 1 and bool((system_idx.diff() < 0).any()):
        raise SettingError("system_idx is not sorted: put the atoms of each system together")


def _checked_cells(cell: Tensor | None, *, like: Tensor) -> Tensor:
    if cell is None:
        raise BoundaryError("a periodic sum needs a cell: pass cell=(3, 3) lattice vectors, or pbc=False")
    cells = cell.reshape(-1, 3, 3).to(like.dtype)
    lengths = cells.detach().norm(dim=2)
    volumes = torch.linalg.det(cells.detach()).abs()
    if not bool((volumes > 1e-6 * lengths.prod(dim=1)).all()):
        raise BoundaryError(
            f"the cell has lattice vectors of {lengths.tolist()} Å and a volume of {volumes.tolist()} Å³: "
            "pass three vectors that span a volume, or pbc=False"
        )
    return cells


def _n_systems(cells: Tensor | None, cell: Tensor | None, system_idx: Tensor) -> int:
    if cells is None:
        return cell.shape[0] if cell is not None and cell.ndim == 3 else int(system_idx[-1]) + 1
    if int(system_idx[-1]) >= len(cells):
        raise SettingError(f"system_idx goes up to {int(system_idx[-1])}, but there are {len(cells)} cells")
    return len(cells)


def _warn_if_charged(charges: Tensor, system_idx: Tensor, n_systems: int) -> None:
    totals = charges.new_zeros(n_systems).index_add(0, system_idx, charges.sum(dim=1))
    worst = totals[totals.abs().argmax()].item()
    rounding = torch.finfo(charges.dtype).eps * charges.abs().sum().item()
    if abs(worst) > max(NEUTRALITY_TOLERANCE, 10 * rounding):
        warnings.warn(
            f"the periodic cell carries a charge of {worst:+.4g} e: a uniform neutralising background is assumed",
            ChargedCellWarning,
            stacklevel=3,
        )
