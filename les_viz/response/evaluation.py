"""One pass of a model over a batch: charges, energies, and derivatives on demand.

With charges q_i from the surroundings and the Coulomb energy E_LR(q, r):

    dE/dd_ij = ∂/∂d_ij Σ_i (e_i + φ_i q_i)     (φ = ∂E_LR/∂q, held fixed: one backward pass on the edge vectors)
    F_i = Σ (pulls of its edges) + Σ_c q_ic field_ic
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from les_viz.ewald import ChargedBatch, CoulombSum, batch_everything
from les_viz.models.memory import bytes_needed
from les_viz.models.model import Latent, LESModel
from les_viz.models.representation import Surroundings
from les_viz.neighbors import NeighborTable
from les_viz.patience import check_wanted
from les_viz.room import check_room
from les_viz.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Networks and Coulomb sum evaluated once; `surroundings.vectors` is the leaf of the graph behind `latent`.

    Attributes:
        system: the batch.
        table: its neighbours.
        surroundings: edge vectors, elements.
        latent: energies and charges, with the graph.
        atomic_energies: (atoms,), eV, in double precision.
        long_range_energy: (systems,), eV.
        potential: (atoms, channels), V.
        field: (atoms, channels, 3), V/Å.
        long_range_stress: (systems, 3, 3), eV/Å³.
    """

    system: System
    table: NeighborTable
    surroundings: Surroundings
    latent: Latent
    atomic_energies: Tensor
    long_range_energy: Tensor
    potential: Tensor
    field: Tensor
    long_range_stress: Tensor

    @property
    def charges(self) -> Tensor:
        """(atoms, channels) latent charges without a graph, e."""
        return self.latent.charges.detach()

    def pulls(self) -> Tensor:
        """(atoms, neighbours, 3) derivatives of the energy in the edge vectors, eV/Å; keeps the graph."""
        target = self.latent.energies.sum() + (self.latent.charges * self.potential).sum()
        return edge_gradient(target, self.surroundings.vectors)

    def forces(self, pulls: Tensor) -> Tensor:
        """(atoms, 3) eV/Å."""
        return -sum_over_edges(pulls, self.table) + (self.charges.unsqueeze(2) * self.field).sum(dim=1)

    def stress(self, pulls: Tensor) -> Tensor:
        """(systems, 3, 3) eV/Å³; zero for open systems."""
        virials = torch.einsum("ika,ikb->iab", pulls, self.surroundings.vectors.detach())
        per_system = virials.new_zeros(self.system.n_systems, 3, 3).index_add(0, self.system.system_idx, virials)
        volume = torch.linalg.det(self.system.cell).abs().to(per_system.dtype)
        periodic = self.system.is_periodic
        inverse_volume = torch.where(periodic, 1 / torch.where(periodic, volume, torch.ones_like(volume)), 0.0)
        symmetric = 0.5 * (per_system + per_system.transpose(1, 2)) * inverse_volume[:, None, None]
        return symmetric.to(pulls.dtype) + self.long_range_stress


def evaluate(
    model: LESModel,
    system: System,
    table: NeighborTable | None = None,
    *,
    derivatives: bool,
    coulomb: CoulombSum | None = None,
) -> Evaluation:
    """Run a model over a batch.

    Args:
        model: the model.
        system: the batch, on the model's device and in its precision.
        table: neighbours, if the caller keeps them; found otherwise.
        derivatives: whether forces or charge derivatives will be asked for.
        coulomb: another sum than the model's: the same over kept k vectors (`CoulombSum.with_k_vectors_of`).

    Raises:
        RoomError: it would take more memory than is free.
    """
    check_wanted()
    table = table or model.neighbors(system)
    check_memory(model, system, table, derivatives=derivatives)
    vectors = table.edge_vectors(system.positions, system.cell, system.system_idx).detach()
    surroundings = Surroundings(
        vectors=vectors.requires_grad_(derivatives),
        neighbor_indices=table.neighbor_indices,
        is_neighbor=table.is_neighbor,
        element_idx=model.element_indices(system.atomic_numbers),
    )
    with torch.set_grad_enabled(derivatives):
        latent = model(surroundings)
    check_wanted()
    with torch.no_grad():
        energy, potential, field, stress = _coulomb(coulomb or model.coulomb, system, latent.charges.detach())
    return Evaluation(
        system=system,
        table=table,
        surroundings=surroundings,
        latent=latent,
        atomic_energies=model.atomic_energies[system.atomic_numbers],
        long_range_energy=energy,
        potential=potential,
        field=field,
        long_range_stress=stress,
    )


def check_memory(model: LESModel, system: System, table: NeighborTable, *, derivatives: bool) -> None:
    """Refuse to run a model over a batch where that takes more memory than is free.

    Args:
        model: the model; on another device than the processor nobody asks.
        system: the batch.
        table: its neighbours.
        derivatives: whether a graph is kept.

    Raises:
        RoomError: it would.
    """
    if model.device.type != "cpu":
        return
    n_edges = table.is_neighbor.numel()
    needed = bytes_needed(model.config, system.n_atoms, n_edges, derivatives=derivatives) * model.dtype.itemsize / 8
    check_room(
        needed,
        f"the model for this structure ({system.n_atoms} atoms, {n_edges / system.n_atoms:.0f} neighbours each within "
        f"{table.cutoff:.3g} Å)",
        "choose a smaller structure, or a model of fewer features or a shorter cutoff",
    )


def edge_gradient(target: Tensor, vectors: Tensor) -> Tensor:
    """Gradient of a scalar in the edge vectors, zero where it does not depend on them; keeps the graph."""
    if not target.requires_grad:
        return torch.zeros_like(vectors)
    (gradient,) = torch.autograd.grad(target, vectors, retain_graph=True, allow_unused=True)
    return torch.zeros_like(vectors) if gradient is None else gradient


def sum_over_edges(per_edge: Tensor, table: NeighborTable) -> Tensor:
    """(atoms, neighbours, ...) derivatives in edge vectors r_i - r_j to (atoms, ...) derivatives in positions."""
    return per_edge.sum(dim=1) - sum_at_senders(per_edge, table)


def sum_at_senders(per_edge: Tensor, table: NeighborTable) -> Tensor:
    """Sum the values of all edges that an atom sends, (atoms, ...)."""
    flat = per_edge.flatten(0, 1)
    return torch.zeros_like(per_edge[:, 0]).index_add(0, table.neighbor_indices.flatten(), flat)


def _coulomb(coulomb: CoulombSum | None, system: System, charges: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    if coulomb is None:
        zero = charges.new_zeros
        n = system.n_systems
        return zero(n), torch.zeros_like(charges), zero(*charges.shape, 3), zero(n, 3, 3)
    batch = ChargedBatch(
        charges=charges,
        positions=system.positions,
        cell=system.cell.to(charges.dtype),
        is_periodic=system.is_periodic,
        system_idx=system.system_idx,
    )
    return batch_everything(coulomb, batch)
