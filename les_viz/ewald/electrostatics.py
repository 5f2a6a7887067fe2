"""The public face of the engine: energy, potential, field, forces and stress of latent charges."""

import warnings
from dataclasses import dataclass
from math import hypot, pi

import torch
from jaxtyping import Float, Int
from torch import Tensor

from les_viz.errors import BoundaryError, SettingError
from les_viz.ewald.coulomb import Backend, CoulombSum
from les_viz.ewald.grid import KSet
from les_viz.ewald.layout import PaddedLayout

NEUTRALITY_TOLERANCE = 1e-5
"""Total charge in e below which a cell counts as neutral."""


SMALLEST_VOLUME_RATIO = 1e-6
"""Volume over the product of the edges below which a cell is taken for flat."""


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
    k_set: KSet | None = None,
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
        nufft_tolerance: relative accuracy of `nufft`; by default 1e-12 in double and 2e-6 in single precision.
        k_set: k vectors chosen in another cell (`KSet.of`), which take the place of those within `k_cutoff`.

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
        k_set=k_set,
    )
    _check_atoms(charges, positions)
    cells = _checked_cells(cell, like=positions) if pbc else None
    layout = _layout(positions, cell, system_idx)
    channels = charges.reshape(len(charges), -1)
    if pbc:
        _warn_if_charged(layout.pad(channels.detach()))
    energy, potential, field, stress = coulomb.everything(
        layout.pad(channels).transpose(1, 2), layout.pad(positions), cells
    )
    potential, field = layout.unpad(potential.transpose(1, 2)), layout.unpad(field.transpose(1, 2))
    batched = (cell is not None and cell.ndim == 3) or system_idx is not None
    return Electrostatics(
        energy=energy if batched else energy[0],
        potential=potential.reshape(charges.shape),
        electric_field=field.reshape(*charges.shape, 3),
        forces=channels * field[:, 0] if channels.shape[1] == 1 else (channels.unsqueeze(2) * field).sum(dim=1),
        stress=stress if batched else stress[0],
    )


def _check_atoms(charges: Tensor, positions: Tensor) -> None:
    if len(positions) == 0:
        raise SettingError("there are no atoms: pass at least one position and charge")
    if len(charges) != len(positions):
        raise SettingError(
            f"there are charges of {len(charges)} and positions of {len(positions)} atoms: "
            "pass one of each for every atom"
        )
    if charges.dtype != positions.dtype:
        raise SettingError(f"charges are {charges.dtype}, positions {positions.dtype}: convert one of them")


def _layout(positions: Tensor, cell: Tensor | None, system_idx: Tensor | None) -> PaddedLayout:
    n_cells = cell.shape[0] if cell is not None and cell.ndim == 3 else 1
    if system_idx is None:
        if n_cells > 1:
            raise SettingError(f"there are {n_cells} cells: pass system_idx, the cell of each atom")
        return PaddedLayout(1, len(positions), None)
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
    for rows in cell.detach().reshape(-1, 9).tolist():
        a, b, c = rows[:3], rows[3:6], rows[6:]
        volume = abs(sum(a[i] * (b[i - 2] * c[i - 1] - b[i - 1] * c[i - 2]) for i in range(3)))
        if not volume > SMALLEST_VOLUME_RATIO * hypot(*a) * hypot(*b) * hypot(*c):
            raise BoundaryError(
                f"the cell {rows} Å spans no volume: pass three independent lattice vectors, or pbc=False"
            )
    return cell.reshape(-1, 3, 3).to(like.dtype)


def _warn_if_charged(charges: Tensor) -> None:
    """Warn of (systems, atoms, channels) charges that do not cancel."""
    totals = charges.sum(dim=(1, 2)).tolist()
    worst = max(totals, key=abs)
    if abs(worst) <= NEUTRALITY_TOLERANCE:
        return
    if abs(worst) > 10 * torch.finfo(charges.dtype).eps * charges.abs().sum().item():
        warnings.warn(
            f"the periodic cell carries a charge of {worst:+.4g} e: a uniform neutralising background is assumed",
            ChargedCellWarning,
            stacklevel=3,
        )
