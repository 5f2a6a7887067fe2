"""What a model says of a batch, with the graph that a loss on energies and forces (and more) needs.

With latent charges q, potential φ = A q and field f = B q (A, B constant for a geometry) and short-range energies e:

    E = Σ e + ½ Σ q φ                    F = -Σ_edges ∂/∂d (Σ e + φ·q at fixed φ) + q f
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from les_viz.models.edges import EdgeFunctions
from les_viz.models.heads import BondHead
from les_viz.models.model import Latent, LESModel
from les_viz.models.representation import Representation
from les_viz.train.frames import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Predictions for a batch, with their graph.

    Attributes:
        energy: (frames,) without atomic energies, eV.
        forces: (atoms, 3), eV/Å.
        charges: (atoms, channels) latent charges, e.
        pulls: (atoms, neighbours, 3) derivatives of the energy in the edge vectors at fixed potential, eV/Å.
    """

    energy: Tensor
    forces: Tensor
    charges: Tensor
    pulls: Tensor


class Forward:
    """A pass of a model over a batch, kept for derivatives."""

    def __init__(self, model: LESModel, batch: Batch) -> None:
        """Evaluate the networks; D and the edge vectors are leaves of the graph."""
        self.model, self.batch = model, batch
        parts = representations_of(model)
        self.edges = [EdgeFunctions.of(part, batch.surroundings.vectors, batch.widths) for part in parts]
        self.sums = [edges.sums().requires_grad_() for edges in self.edges]
        self.surroundings = batch.surroundings
        self._leaves = [*self.sums]
        if isinstance(model.charge_head, BondHead) or any(part.message is not None for part in parts):
            # Transfers and messages depend on the edges themselves, not only through D.
            vectors = batch.surroundings.vectors.detach().requires_grad_()
            self.surroundings = replace(batch.surroundings, vectors=vectors)
            self._leaves.append(vectors)
        self.features = [
            part.features_of_sums(sums, self.surroundings) for part, sums in zip(parts, self.sums, strict=True)
        ]
        self.latent: Latent = model.read(self.features, self.surroundings)

    def outputs(self, *, training: bool) -> Outputs:
        """Energies and forces; `training` keeps the graph behind them."""
        batch, latent = self.batch, self.latent
        per_atom, weights = latent.energies, [torch.ones_like(latent.energies)]
        depending, forces = [latent.energies], None
        if batch.couplings is not None:
            potential, field = self._coulomb(batch.couplings)
            per_atom = per_atom + 0.5 * (latent.charges * potential).sum(dim=1)
            forces = (latent.charges.unsqueeze(2) * field).sum(dim=1)
            depending.append(latent.charges)
            weights.append(potential)
        pulls = self.edge_slopes(depending, weights, training=training)
        slopes = self.at_atoms(pulls)
        return Outputs(
            energy=batch.per_frame(per_atom),
            forces=-slopes if forces is None else forces - slopes,
            charges=latent.charges,
            pulls=pulls,
        )

    def edge_slopes(self, depending: list[Tensor], weights: list[Tensor], *, training: bool) -> Tensor:
        """(atoms, neighbours, 3) derivatives in the edge vectors of the weighted sum of what depends on them."""
        gradients = torch.autograd.grad(
            depending, self._leaves, weights, create_graph=training, retain_graph=True, materialize_grads=True
        )
        n_sums = len(self.sums)
        parts = [edges.pulls(slope) for edges, slope in zip(self.edges, gradients[:n_sums], strict=True)]
        pulls, *others = (*parts, *gradients[n_sums:])
        for part in others:
            pulls = pulls + part
        return pulls

    def at_atoms(self, pulls: Tensor) -> Tensor:
        """(atoms, 3) derivatives in the positions from those in the edge vectors."""
        return pulls.sum(dim=1) - self.at_senders(pulls)

    def at_senders(self, per_edge: Tensor) -> Tensor:
        """(atoms, ...) sum of what belongs to the edges that an atom sends."""
        senders = self.surroundings.neighbor_indices.flatten()
        found = per_edge.new_zeros(len(per_edge), *per_edge.shape[2:])
        return found.index_add(0, senders, per_edge.flatten(0, 1))

    def _coulomb(self, couplings: Tensor) -> tuple[Tensor, Tensor]:
        """(atoms, channels) potential and (atoms, channels, 3) field, differentiable in the charges."""
        charges, slots = self.latent.charges, self.batch.slots
        n_frames, _, most, _ = couplings.shape
        if slots is None:
            block = charges.unsqueeze(0)
        else:
            flat = charges.new_zeros(n_frames * most, charges.shape[1]).index_copy(0, slots, charges)
            block = flat.view(n_frames, most, -1)
        found = torch.bmm(couplings.flatten(1, 2), block).unflatten(1, (4, most)).permute(0, 2, 3, 1).flatten(0, 1)
        if slots is not None:
            found = found.index_select(0, slots)
        return found[..., 0], found[..., 1:]


def representations_of(model: LESModel) -> list[Representation]:
    """The representations of a model, all of a kind that this trainer knows."""
    parts = [part for part in model.representations if isinstance(part, Representation)]
    if len(parts) < len(model.representations):
        raise TypeError("this trainer knows Cartesian ACE representations only")
    return parts
