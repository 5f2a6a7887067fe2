"""Heads: small networks that read energies or charges off the features of the atoms.

`AtomicHead` gives each atom numbers of its own (oracle CHECKPOINTS §2.8); charges made so need not sum to anything.
`BondHead` gives charges as transfers between neighbours, known in force fields as split charges or bond-charge
increments:

    q_i = s z_i + Σ_j p_ij,   p_ij = Σ_k ρ_k(d_ij) (a_ik b_jk - b_ik a_jk) = -p_ji

with donor and acceptor values a, b that a network reads off each atom, formal charges z and a learned factor s. The
total charge is s Σ z_i in any geometry, and

    P = ½ Σ_ij p_ij (r_i - r_j) + s Σ_i z_i r_i

needs neither an origin nor molecules made whole.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from les_viz.models.config import BondHeadConfig, HeadConfig
from les_viz.models.networks import feed_forward_layers, run_feed_forward
from les_viz.models.representation import Surroundings, smooth_cutoff

BOND_CUTOFF_POWER = 6
"""Of the polynomial that makes transfers vanish at the bond cutoff."""


class AtomicHead(nn.Module):
    """A network, plus a linear map if the configuration has one."""

    def __init__(self, config: HeadConfig, n_features: int) -> None:
        """Allocate the layers for so many features."""
        super().__init__()
        self.config = config
        self.layers = feed_forward_layers((n_features, *config.hidden, config.n_out), bias=config.bias)
        self.linear = nn.Linear(n_features, config.n_out, bias=config.linear_bias) if config.linear else None

    def forward(self, features: Tensor) -> Tensor:
        """(atoms, n_features) to (atoms, n_out), in eV or e."""
        output = run_feed_forward(self.layers, features)
        if self.linear is not None:
            output = output + self.linear(features)
        return output * self.config.scale


@dataclass(frozen=True, slots=True)
class BondCharges:
    """Charges of a bond head.

    Attributes:
        transferred: (atoms,), e: the sum of the transfers to each atom.
        formal: (atoms,), e: the formal charges times their learned factor.
        dipoles: (atoms, 3), e Å: half the transfers of each atom times their edge vectors.
    """

    transferred: Tensor
    formal: Tensor
    dipoles: Tensor


class BondHead(nn.Module):
    """Charges as antisymmetric transfers between neighbours."""

    def __init__(self, config: BondHeadConfig, n_features: int, elements: tuple[int, ...]) -> None:
        """Allocate the layers for so many features and these elements."""
        super().__init__()
        self.config = config
        self.layers = feed_forward_layers((n_features, *config.hidden, 2 * config.n_transfers), bias=False)
        self.element_values = nn.Parameter(torch.zeros(len(elements), 2 * config.n_transfers))
        self.radial = nn.Parameter(torch.zeros(config.n_radial_basis, config.n_transfers))
        self.formal_scale = nn.Parameter(torch.ones(1))
        self.formal_charges = tuple(config.formal_charges.get(number, 0.0) for number in elements)

    def forward(self, features: Tensor, surroundings: Surroundings) -> BondCharges:
        """Charges from (atoms, n_features) features; differentiable in the edge vectors."""
        values = run_feed_forward(self.layers, features) + self.element_values[surroundings.element_idx]
        every_vector = surroundings.vectors.flatten(0, 1)
        bonds = self._within_cutoff(every_vector)
        receivers = bonds.div(surroundings.vectors.shape[1], rounding_mode="floor")
        senders = surroundings.neighbor_indices.flatten()[bonds]
        vectors = every_vector.index_select(0, bonds)
        donor, acceptor = values.index_select(0, receivers).chunk(2, dim=1)
        other_donor, other_acceptor = values.index_select(0, senders).chunk(2, dim=1)
        antisymmetric = donor * other_acceptor - acceptor * other_donor
        transfers = (antisymmetric * self._weights(vectors)).sum(dim=1) * self.config.scale
        halves = 0.5 * transfers.unsqueeze(1) * vectors
        return BondCharges(
            transferred=values.new_zeros(len(values)).index_add(0, receivers, transfers),
            formal=self.formal_scale * values.new_tensor(self.formal_charges)[surroundings.element_idx],
            dipoles=values.new_zeros(len(values), 3).index_add(0, receivers, halves),
        )

    @torch.no_grad()
    def _within_cutoff(self, vectors: Tensor) -> Tensor:
        """Which of (edges, 3) vectors are bonds: few of those that the representation sees."""
        return (vectors.square().sum(dim=1) < self.config.cutoff**2).nonzero()[:, 0]

    def _weights(self, vectors: Tensor) -> Tensor:
        """(edges, n_transfers) weight of each term at each distance; 0 beyond the bond cutoff."""
        waves, decay = self.radial_functions(vectors)
        return (waves @ self.radial) * decay

    def radial_functions(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """(..., n_radial_basis) waves and the decay (..., 1) by which each is multiplied, of (..., 3) vectors."""
        distance = vectors.square().sum(dim=-1).sqrt()
        decay = smooth_cutoff(distance / self.config.cutoff, BOND_CUTOFF_POWER) / distance
        orders = torch.arange(1, self.config.n_radial_basis + 1, dtype=vectors.dtype, device=vectors.device)
        waves = torch.sin(distance.unsqueeze(-1) * (orders * (torch.pi / self.config.cutoff)))
        return waves, decay.unsqueeze(-1)
