"""The Coulomb sum as a model owns it: its parameters, and energies, potentials and fields of padded batches."""

from dataclasses import dataclass, replace
from math import inf, pi, prod
from numbers import Real
from typing import Literal, NamedTuple, get_args

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from les_viz.errors import SettingError
from les_viz.ewald.grid import LARGE_GRID, HalfGrid, KSet
from les_viz.ewald.one_system import interaction
from les_viz.ewald.open_boundary import open_potential_and_field
from les_viz.ewald.phase_sums import BackendName, PhaseSums, needs_graph
from les_viz.ewald.reciprocal import (
    GridKernel,
    fractional_coordinates,
    grid_kernel,
    interaction_on_grid,
    periodic_energy,
    power_spectrum,
)
from les_viz.units import RECIPROCAL_COULOMB_CONSTANT

Backend = Literal["auto", "direct", "nufft"]
BACKENDS = get_args(Backend)

FINEST_TOLERANCE = 1e-15

NUFFT_TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-6}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoulombSum:
    """Parameters of the sum.

    Attributes:
        smearing: Gaussian width σ, Å.
        k_cutoff: largest |k| of the periodic sum, 1/Å.
        self_interaction: whether each Gaussian's interaction with itself stays in the energy.
        backend: `direct` (exact), `nufft` (large systems; in cells too thin for it `auto`) or `auto`.
        nufft_tolerance: relative accuracy of `nufft`; None for the default of the precision.
        k_set: the k vectors, chosen before and kept in every cell; None for those within `k_cutoff` in each.
        single_precision_k: whether vectors on the sphere of the cutoff count as they do for the reference codes, whose
            reciprocal vectors are rounded to single precision; else all of them count.
        removed_self_terms: how often the self term leaves a periodic sum that does not keep it; above 1 only in
            published models of several channels, whose code takes the sum over the channels away once a channel.
    """

    smearing: float
    k_cutoff: float
    self_interaction: bool
    backend: Backend = "auto"
    nufft_tolerance: float | None = None
    k_set: KSet | None = None
    single_precision_k: bool = False
    removed_self_terms: int = 1

    def __post_init__(self) -> None:
        """Refuse parameters without a meaning."""
        for name, value in (("smearing", self.smearing), ("k_cutoff", self.k_cutoff)):
            if not _is_between(value, 0, inf):
                raise SettingError(f"{name} is {value!r}: expected a positive number")
        if self.nufft_tolerance is not None and not _is_between(self.nufft_tolerance, FINEST_TOLERANCE, 1):
            raise SettingError(f"nufft_tolerance is {self.nufft_tolerance!r}: expected a number from 1e-15 to below 1")
        if self.backend not in BACKENDS:
            raise SettingError(f"backend is {self.backend!r}: expected one of {', '.join(BACKENDS)}")

    def with_k_vectors_of(self, cell: ArrayLike) -> "CoulombSum":
        """The sum over the k vectors of one cell, whatever cell comes: smooth while the cell changes.

        Args:
            cell: (3, 3), Å, rows are lattice vectors.
        """
        return replace(self, k_set=KSet.of(cell, self.k_cutoff, single_precision=self.single_precision_k))

    def kernel(self, cell: Tensor) -> GridKernel:
        """The k vectors of a batch of cells and their weights.

        Args:
            cell: (systems, 3, 3), Å, rows are lattice vectors.
        """
        k_vectors = self.k_set or self.k_cutoff
        return grid_kernel(cell, k_vectors, self.smearing, single_precision=self.single_precision_k)

    def energy(self, charges: Tensor, positions: Tensor, cell: Tensor | None) -> Tensor:
        """Energies of systems that are all periodic (`cell` given) or all open, cheapest way to differentiate.

        Args:
            charges: (systems, channels, atoms), e.
            positions: (systems, atoms, 3), Å.
            cell: (systems, 3, 3), Å, or None for open systems.

        Returns:
            (systems,), eV.
        """
        if cell is None:
            potential, _ = open_potential_and_field(charges, positions, self.smearing)
            energy = 0.5 * (charges * potential).sum(dim=(1, 2))
        else:
            kernel = self.kernel(cell)
            sums = self._sums(kernel, charges.shape[2])
            fractional = fractional_coordinates(positions, kernel.inverse_cell)
            energy = periodic_energy(power_spectrum(sums.spread(charges, fractional)), kernel)
        self_terms = self._self_terms(periodic=cell is not None)
        if self_terms:
            energy = energy + 0.5 * self_terms * self_potential(self.smearing) * charges.square().sum(dim=(1, 2))
        return energy

    def everything(
        self, charges: Tensor, positions: Tensor, cell: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Energy, potential, field and stress of systems that are all periodic (`cell` given) or all open.

        Args:
            charges: (systems, channels, atoms), e.
            positions: (systems, atoms, 3), Å.
            cell: (systems, 3, 3), Å, or None for open systems.

        Returns:
            (systems,) eV; (systems, channels, atoms) V; (systems, channels, atoms, 3) V/Å; (systems, 3, 3) eV/Å³.
        """
        if cell is None:
            potential, field = open_potential_and_field(charges, positions, self.smearing)
            stress = positions.new_zeros(positions.shape[0], 3, 3)
        elif charges.shape[:2] == (1, 1) and not needs_graph(charges, positions, cell):
            energy, potential, field, stress = self.of_one(charges[0, 0], positions[0], self.kernel(cell))
            return energy[None], potential[None, None], field[None, None], stress[None]
        else:
            potential, field, stress = self._periodic(charges, positions, cell)
        self_terms = self._self_terms(periodic=cell is not None)
        if self_terms:
            potential = torch.add(potential, charges, alpha=self_terms * self_potential(self.smearing))
        return 0.5 * (charges * potential).sum(dim=(1, 2)), potential, field, stress

    def of_one(self, charges: Tensor, positions: Tensor, kernel: GridKernel) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """`everything` of one periodic system of one channel, without a graph, in as few steps as can be.

        Args:
            charges: (atoms,), e.
            positions: (atoms, 3), Å.
            kernel: of its cell.

        Returns:
            () eV; (atoms,) V; (atoms, 3) V/Å; (3, 3) eV/Å³.
        """
        if self._chosen_backend(kernel, charges.shape[0]) == "direct":
            potential, field, stress = interaction(charges, positions, kernel)
        else:
            phases = self._sums(kernel, charges.shape[0]).phases
            potential, field, stress = phases.interaction(charges[None, None], positions[None], kernel)
            potential, field, stress = potential[0, 0], field[0, 0], stress[0]
        if not self.self_interaction:
            potential.sub_(charges, alpha=self.removed_self_terms * self_potential(self.smearing))
        return charges.dot(potential).mul_(0.5), potential, field, stress

    def _periodic(self, charges: Tensor, positions: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        kernel = self.kernel(cell)
        sums = self._sums(kernel, charges.shape[2])
        if not needs_graph(charges, positions, kernel.coulomb):
            return sums.phases.interaction(charges, positions, kernel)
        return interaction_on_grid(sums, charges, positions, kernel)

    def _chosen_backend(self, kernel: GridKernel, n_atoms: int) -> BackendName:
        if self.backend == "auto" or (self.backend == "nufft" and is_thin(kernel.grid)):
            return cheapest_backend(kernel.grid, n_atoms, kernel.coulomb.device.type, self.nufft_tolerance)
        return self.backend

    def _sums(self, kernel: GridKernel, n_atoms: int) -> PhaseSums:
        tolerance = self.nufft_tolerance or NUFFT_TOLERANCE.get(kernel.coulomb.dtype, 1e-6)
        return PhaseSums(kernel.grid, self._chosen_backend(kernel, n_atoms), tolerance)

    def _self_terms(self, *, periodic: bool) -> int:
        """How many self terms belong to the plain sum: a periodic one holds one already, a sum over pairs none."""
        if self.self_interaction:
            return 0 if periodic else 1
        return -self.removed_self_terms if periodic else 0


def _is_between(value: object, low: float, high: float) -> bool:
    """Whether a setting is a number within bounds; text and the like are not."""
    return isinstance(value, Real) and low <= float(value) < high and float(value) > 0


def self_potential(smearing: float) -> float:
    """Potential in V that a Gaussian of one e makes at its own centre, 2K/(σ(2π)^{3/2})."""
    return 2 * RECIPROCAL_COULOMB_CONSTANT / (smearing * float((2 * pi) ** 1.5))


def cheapest_backend(grid: HalfGrid, n_atoms: int, device: str, tolerance: float | None = None) -> BackendName:
    """Choose by the cost measured on one CPU core (`les-viz benchmark ewald`); other devices use `direct`.

    Args:
        grid: the half grid.
        n_atoms: of one system.
        device: type of the device.
        tolerance: of `nufft`, where it is not the default of the precision.
    """
    if device != "cpu":
        return "direct"
    modes = _points(grid, fewest=1)
    cost = COSTS[torch.float64 if grid.triples.dtype == torch.float64 else torch.float32]
    if cost is COSTS[torch.float64] and tolerance is not None and tolerance >= LOOSE_TOLERANCE:
        cost = LOOSE_COST
    direct = cost.direct_product * n_atoms * modes
    nufft = cost.nufft_call + cost.nufft_atom * n_atoms + cost.nufft_mode * _points(grid, fewest=FEWEST_POINTS)
    return "direct" if direct <= nufft else "nufft"


def is_thin(grid: HalfGrid) -> bool:
    """Whether a cell is so long and thin that most of the large grid of `nufft` would be padding.

    In 1e5 × 3 × 3 Å it would take a minute and gigabytes, where `direct` takes a second for a hundred atoms.
    """
    points = _points(grid, fewest=FEWEST_POINTS)
    return points > LARGE_GRID and points > THIN * _points(grid, fewest=1)


def _points(grid: HalfGrid, *, fewest: int) -> int:
    """Points of the full grid, no fewer than so many along each axis."""
    return prod(max(2 * n + 1, fewest) for n in grid.extents)


FEWEST_POINTS = 13
"""Along each axis of a grid of `nufft`, which spreads each atom over so many."""

THIN = 8
"""How often larger than the sum the grid of `nufft` may be for the shape of the cell alone."""


class Cost(NamedTuple):
    """Milliseconds of one core.

    Attributes:
        direct_product: of `direct`, for each atom times each mode.
        nufft_call: of `nufft`, whatever the size.
        nufft_atom: for each atom.
        nufft_mode: for each mode of the full grid.
    """

    direct_product: float
    nufft_call: float
    nufft_atom: float
    nufft_mode: float


LOOSE_TOLERANCE = 1e-7
"""From here on finufft spreads over half as many points and takes its smaller grid, in double precision too."""

LOOSE_COST = Cost(8e-7, 3.0, 4e-3, 2e-4)

COSTS = {torch.float32: Cost(2.8e-7, 2.0, 1.3e-3, 1e-4), torch.float64: Cost(8e-7, 4.0, 1e-2, 8e-4)}
