r"""Cartesian atomic cluster expansion: descriptors of each atom's surroundings, written for dense blocks.

For sender j of element z and receiver i, with R_n the radial functions (cut off smoothly) and Y_l the monomials of the
unit vector:

    D_i[z, n, l] = Σ_{j of z} R_n(d_ij) Y_l(ij)                     a batched matrix product over the neighbours
    A_i[l, m, ab] = θ'_i[b] Σ_{z,n} D_i[z, n, l] W_l[n, m, ab] θ_z[a]       one matrix product for each monomial
    B_i = invariants of A_i of one, two and three factors

Because the embeddings θ enter after the sum over the neighbours, no tensor has both an edge and a channel axis
(Cheng, npj Comput. Mater. 10, 157 (2024), and oracle CHECKPOINTS §2, define the same A and B edge by edge).
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from les_viz.models import monomials
from les_viz.models.config import RepresentationConfig
from les_viz.models.edges import SMALLEST_DISTANCE, sums_over_neighbors
from les_viz.models.message import MessagePassing
from les_viz.models.senders import Senders


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a representation sees: who is where around each atom.

    Attributes:
        vectors: (atoms, neighbours, 3) from sender to receiver, Å; may carry a graph.
        neighbor_indices: (atoms, neighbours).
        is_neighbor: (atoms, neighbours) bool.
        element_idx: (atoms,) position of each atom's element in the model's list.
    """

    vectors: Tensor
    neighbor_indices: Tensor
    is_neighbor: Tensor
    element_idx: Tensor

    @property
    def sender_elements(self) -> Tensor:
        """(atoms, neighbours) position of each sender's element."""
        return self.element_idx[self.neighbor_indices]


@dataclass(frozen=True, slots=True)
class EdgeBasis:
    """Functions of each edge.

    Attributes:
        distance: (atoms, neighbours), Å.
        cutoff: (atoms, neighbours), smooth cutoff, 0 for padding.
        radial: (atoms, neighbours, n_radial_basis), cutoff included.
        angular: (atoms, neighbours, monomials).
    """

    distance: Tensor
    cutoff: Tensor
    radial: Tensor
    angular: Tensor


@dataclass(frozen=True, slots=True)
class AtomDensity:
    """State of the atoms after a layer.

    Attributes:
        density: A, (monomials, atoms, n_radial · channels).
        invariants: B, (atoms, n_radial, n_invariants, channels).
    """

    density: Tensor
    invariants: Tensor


class Representation(nn.Module):
    """Cartesian ACE features of each atom; parameters are named as in our file format."""

    level_of_each: Tensor
    three_body: Tensor

    def __init__(self, config: RepresentationConfig, n_elements: int) -> None:
        """Allocate the parameters of a representation for so many elements."""
        super().__init__()
        self.config = config
        channels = config.n_embedding**2
        self.sender_embedding = nn.Parameter(torch.zeros(n_elements, config.n_embedding))
        self.receiver_embedding = nn.Parameter(torch.zeros(n_elements, config.n_embedding))
        self.bessel_frequencies = nn.Parameter(torch.zeros(config.n_radial_basis))
        self.bessel_prefactor = nn.Parameter(torch.ones(1))
        self.mixing = nn.Parameter(torch.zeros(config.l_max + 1, config.n_radial_basis, config.n_radial, channels))
        levels = monomials.level_of_each(config.l_max)
        self.register_buffer("level_of_each", torch.tensor(levels), persistent=False)
        weights = torch.zeros(config.l_max, len(levels) - 1)
        for l in range(1, config.l_max + 1):  # noqa: E741
            place = monomials.level_slice(l)
            weights[l - 1, place.start - 1 : place.stop - 1] = torch.as_tensor(monomials.three_body_weights(l))
        self.register_buffer("three_body", weights, persistent=False)
        for l1, l2 in self._four_body_keys():
            weights = torch.as_tensor(monomials.four_body_weights(l1, l2), dtype=torch.get_default_dtype())
            self.register_buffer(f"four_body_{l1}_{l2}", weights, persistent=False)
        self.message = MessagePassing(config) if config.message is not None else None

    @property
    def n_features(self) -> int:
        """Number of features of an atom."""
        config = self.config
        per_layer = config.n_radial * monomials.n_invariants(config.l_max, config.nu_max) * config.n_embedding**2
        return per_layer * (1 if config.message is None else 2)

    def forward(self, surroundings: Surroundings) -> Tensor:
        """(atoms, n_features) features of each atom."""
        if self.message is None and not (self.bessel_frequencies.requires_grad or self.bessel_prefactor.requires_grad):
            summed = sums_over_neighbors(self, surroundings.vectors, surroundings.sender_elements)
            return self.features_of_sums(summed, surroundings)
        basis = self.edge_basis(surroundings.vectors)
        first = self.first_layer(surroundings, basis)
        if self.message is None:
            return first.invariants.flatten(1)
        return self.second_layer(surroundings, basis, own=first, sent=self.sent_by(surroundings, first))

    def edge_basis(self, vectors: Tensor) -> EdgeBasis:
        """Radial and angular functions of (atoms, neighbours, 3) edge vectors."""
        config = self.config
        distance = vectors.square().sum(dim=2).sqrt()
        cutoff = smooth_cutoff(distance / config.cutoff, config.cutoff_power)
        waves = torch.sin(distance.unsqueeze(2) * self.bessel_frequencies)
        radial = waves * (self.bessel_prefactor * cutoff / distance).unsqueeze(2)
        unit = vectors / (distance + SMALLEST_DISTANCE).unsqueeze(2)
        return EdgeBasis(distance, cutoff, radial, angular_monomials(unit, config.l_max))

    def first_layer(self, surroundings: Surroundings, basis: EdgeBasis) -> AtomDensity:
        """Densities and invariants before any message."""
        return self.density_of_sums(self.plain_sums(basis, surroundings.sender_elements), surroundings)

    def plain_sums(self, basis: EdgeBasis, sender_elements: Tensor) -> Tensor:
        """D by tensor operations, differentiable in parameters too."""
        is_element = torch.nn.functional.one_hot(sender_elements, len(self.sender_embedding)).to(basis.radial.dtype)
        by_element = (is_element.unsqueeze(3) * basis.radial.unsqueeze(2)).flatten(2)
        return torch.bmm(by_element.transpose(1, 2), basis.angular)

    def density_of_sums(self, summed: Tensor, surroundings: Surroundings) -> AtomDensity:
        """Densities and invariants from D, (atoms, elements · n_radial_basis, monomials)."""
        return self._with_invariants(self.times_receiver(self._mixed(summed), surroundings))

    def features_of_sums(self, summed: Tensor, surroundings: Surroundings) -> Tensor:
        """(atoms, n_features) from D; only messages read the edge vectors as well."""
        if self.message is None:
            return self._features_without_messages(summed, surroundings)
        first = self.density_of_sums(summed, surroundings)
        basis = self.edge_basis(surroundings.vectors)
        return self.second_layer(surroundings, basis, own=first, sent=self.sent_by(surroundings, first))

    def _features_without_messages(self, summed: Tensor, surroundings: Surroundings) -> Tensor:
        """The receiver's embedding multiplies each factor of an invariant alike.

        So it is applied to the invariants, which are fewer than the densities.
        """
        invariants = self._invariants(self._mixed(summed))
        receiver = self._receiver(surroundings, invariants.shape[2])
        powers = [receiver]
        for _ in range(self.config.nu_max - 1):
            powers.append(powers[-1] * receiver)
        factors = (1, *[2] * (self.config.l_max if self.config.nu_max >= 2 else 0), *[3] * len(self._four_body_keys()))
        return self._by_radial(invariants * torch.stack([powers[n - 1] for n in factors])).flatten(1)

    def _mixed(self, summed: Tensor) -> Tensor:
        """(monomials, atoms, n_radial · channels), the density without the receiver's embedding."""
        n_embedding = self.sender_embedding.shape[1]
        mixing = self.mixing.unflatten(3, (n_embedding, n_embedding))
        to_channels = torch.einsum("lnmab,za->lznmab", mixing, self.sender_embedding).flatten(3).flatten(1, 2)
        return torch.bmm(summed.permute(2, 0, 1), to_channels[self.level_of_each])

    def times_receiver(self, density: Tensor, surroundings: Surroundings) -> Tensor:
        """Multiply (monomials, atoms, ... a b) by the receiver's embedding θ'[b]."""
        return density * self._receiver(surroundings, density.shape[2])

    def sent_by(self, surroundings: Surroundings, first: AtomDensity) -> tuple[Tensor, ...]:
        """What each atom sends in the message-passing step."""
        if self.message is None:
            raise RuntimeError("this representation passes no messages")
        embedding = self.sender_embedding[surroundings.element_idx]
        return self.message.sent_by(first.density, first.invariants, embedding)

    def second_layer(
        self,
        surroundings: Surroundings,
        basis: EdgeBasis,
        *,
        own: AtomDensity,
        sent: tuple[Tensor, ...],
        senders: Senders | None = None,
    ) -> Tensor:
        """(atoms, n_features) features of both layers; `senders` bring what was sent to the receivers."""
        if self.message is None:
            raise RuntimeError("this representation passes no messages")
        senders = senders or Senders(surroundings.neighbor_indices)
        modulated, decayed = self.message.receive(basis, sent, senders, self.mixing)
        if modulated is not None:
            modulated = self.times_receiver(modulated, surroundings)
        density = self.message.combine(own.density, modulated, decayed)
        layers = (own.invariants, self._with_invariants(density).invariants)
        return torch.stack(layers, dim=4).flatten(1)

    def _four_body_keys(self) -> list[tuple[int, int]]:
        return monomials.four_body_keys(self.config.l_max) if self.config.nu_max >= 3 else []

    def _receiver(self, surroundings: Surroundings, width: int) -> Tensor:
        """(atoms, width) θ'[b] repeated, not broadcast: products with a last axis of two or three numbers are slow."""
        receiver = self.receiver_embedding
        return receiver.repeat(1, width // receiver.shape[1]).index_select(0, surroundings.element_idx)

    def _with_invariants(self, density: Tensor) -> AtomDensity:
        return AtomDensity(density, self._by_radial(self._invariants(density)))

    def _invariants(self, density: Tensor) -> Tensor:
        """(n_invariants, atoms, n_radial · channels) invariants of one, two and three factors."""
        if self.config.nu_max < 2:
            return density[:1]
        low: Tensor = _OneAndTwo.apply(density, self.three_body)  # type: ignore[no-untyped-call]
        if not self._four_body_keys():
            return low
        invariants = [low]
        levels = density.split([len(monomials.monomials_of(level)) for level in range(self.config.l_max + 1)])
        for l1, l2 in self._four_body_keys():
            pairs = (levels[l1].unsqueeze(1) * levels[l2].unsqueeze(0)).flatten(0, 1)
            summed = (getattr(self, f"four_body_{l1}_{l2}") @ pairs.flatten(1)).view_as(levels[l1 + l2])
            invariants.append((levels[l1 + l2] * summed).sum(dim=0, keepdim=True))
        return torch.cat(invariants)

    def _by_radial(self, invariants: Tensor) -> Tensor:
        """(atoms, n_radial, n_invariants, channels), the order of the features."""
        by_radial: Tensor = invariants.unflatten(2, (self.config.n_radial, -1)).permute(1, 2, 0, 3)
        return by_radial


class _OneAndTwo(torch.autograd.Function):
    """Invariants of one factor (the first density) and of two (weighted sums of squares of the others)."""

    @staticmethod
    def forward(ctx: Any, density: Tensor, weights: Tensor) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(density, weights)
        invariants = density.new_empty(1 + len(weights), *density.shape[1:])
        invariants[0] = density[0]
        torch.mm(weights, density[1:].square().flatten(1), out=invariants[1:].flatten(1))
        return invariants

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        density, weights = ctx.saved_tensors
        slopes = 2 * weights.T
        if torch.is_grad_enabled():
            pulled = (slopes @ upstream[1:].flatten(1)).view_as(density[1:]) * density[1:]
            return torch.cat((upstream[:1], pulled)), None
        pulled = torch.empty_like(density)
        pulled[0] = upstream[0]
        torch.mm(slopes, upstream[1:].flatten(1), out=pulled[1:].flatten(1))
        pulled[1:].mul_(density[1:])
        return pulled, None


def smooth_cutoff(ratio: Tensor, power: int) -> Tensor:
    """Polynomial that falls from 1 at ratio 0 to 0 at ratio 1, with two vanishing derivatives there."""
    p = power
    x_p = ratio**p
    poly = 1 - x_p * ((p + 1) * (p + 2) / 2 - ratio * (p * (p + 2) - ratio * (p * (p + 1) / 2)))
    return torch.where(ratio < 1, poly, torch.zeros_like(poly))


def angular_monomials(unit: Tensor, l_max: int) -> Tensor:
    """(..., monomials) products of the components of (..., 3) unit vectors, in our order."""
    components = unit.unbind(dim=-1)
    found = {(0, 0, 0): torch.ones_like(components[0])}
    for l in range(1, l_max + 1):  # noqa: E741
        for powers in monomials.monomials_of(l):
            axis = next(d for d in range(3) if powers[d] > 0)
            parent = tuple(n - (d == axis) for d, n in enumerate(powers))
            found[powers] = found[parent] * components[axis]  # type: ignore[index]
    return torch.stack(list(found.values()), dim=-1)
