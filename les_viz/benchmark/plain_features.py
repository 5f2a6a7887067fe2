"""The Cartesian ACE features of the reference codes, written the plain way (oracle CHECKPOINTS.md §2).

One tensor e[edge, radial function, monomial, channel], summed onto the receiving atoms, mixed, multiplied. Nothing
here is shared with the engine, so that agreement means something.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import factorial, prod

import torch
from torch import Tensor

from les_viz.models.config import BondHeadConfig, HeadConfig, MessageConfig, RepresentationConfig

Monomial = tuple[int, int, int]
Weights = Mapping[str, Tensor]


def monomials(l_max: int) -> list[Monomial]:
    """Exponents (x, y, z) up to a total of l_max: by total, then descending."""
    down = range(l_max, -1, -1)
    return sorted(((x, y, z) for x in down for y in down for z in down if x + y + z <= l_max), key=sum)


def symmetriser(l_max: int, nu_max: int) -> list[list[tuple[float, tuple[int, ...]]]]:
    """The rotation invariants as sums of products of components, in the order of the features.

    Returns:
        One list an invariant, of (coefficient, indices of the monomials to multiply).
    """
    order = monomials(l_max)
    index = {triple: position for position, triple in enumerate(order)}
    terms: list[list[tuple[float, tuple[int, ...]]]] = [[(1.0, (0,))]]
    if nu_max >= 2:
        terms += [
            [(_multiplicity(t), (index[t], index[t])) for t in order if sum(t) == total]
            for total in range(1, l_max + 1)
        ]
    if nu_max >= 3:
        triples: dict[tuple[int, int], list[tuple[float, tuple[int, ...]]]] = {}
        for one, two, both in _pairs(l_max):
            entry = (_multiplicity(one) * _multiplicity(two), (index[one], index[two], index[both]))
            triples.setdefault((sum(one), sum(two)), []).append(entry)
        terms.extend(triples.values())
    return terms


def _multiplicity(triple: Monomial) -> float:
    return factorial(sum(triple)) / prod(factorial(n) for n in triple)


def _pairs(l_max: int) -> Iterator[tuple[Monomial, Monomial, Monomial]]:
    ascending = sorted(t for t in monomials(l_max) if sum(t) >= 1)
    for one, two in product(ascending, repeat=2):
        if sum(one) <= sum(two) and sum(one) + sum(two) <= l_max:
            yield one, two, (one[0] + two[0], one[1] + two[1], one[2] + two[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Directed neighbour pairs."""

    senders: Tensor
    receivers: Tensor
    shifts: Tensor
    """(edges, 3), Å: what to add to receiver minus sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bonds:
    """What the transfers of charge depend on beside the features."""

    edges: Edges
    distances: Tensor
    """(edges,), Å."""
    elements: tuple[int, ...]
    """Atomic numbers in the order of the species."""


def features(
    config: RepresentationConfig, weights: Weights, species: Tensor, positions: Tensor, edges: Edges
) -> Tensor:
    """The invariant features of each atom.

    Args:
        config: of the representation.
        weights: its tensors under the names of our native format.
        species: (atoms,), index of each atom's element in the model.
        positions: (atoms, 3), Å.
        edges: all pairs within the cutoff.

    Returns:
        (atoms, features).
    """
    vectors = positions[edges.receivers] - positions[edges.senders] + edges.shifts
    distances = vectors.norm(dim=1)
    angular = _angular(vectors / (distances + 1e-9)[:, None], config.l_max)
    decay = _cutoff(distances / config.cutoff, config.cutoff_power)
    radial = _bessel(distances, weights) * decay[:, None]
    sender = weights["sender_embedding"][species[edges.senders]]
    receiver = weights["receiver_embedding"][species[edges.receivers]]
    channels = (sender[:, :, None] * receiver[:, None, :]).flatten(1)
    edge_tensor = radial[:, :, None, None] * angular[:, None, :, None] * channels[:, None, None, :]
    layout = _Layout.of(config)
    density = _mix(_scatter(edge_tensor, edges.receivers, len(positions)), weights, layout)
    invariants = [_invariants(density, layout)]
    if config.message is not None:
        sent = _Sent(edges=edges, tensor=edge_tensor, distances=distances, decay=decay)
        density = _pass_messages(config.message, weights, sent, density, layout)
        invariants.append(_invariants(density, layout))
    return torch.stack(invariants, dim=-1).flatten(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Which monomial has which degree, and which products of them are invariant."""

    degrees: Tensor
    terms: list[list[tuple[float, tuple[int, ...]]]]

    @staticmethod
    def of(config: RepresentationConfig) -> "_Layout":
        degrees = torch.tensor([sum(triple) for triple in monomials(config.l_max)])
        return _Layout(degrees=degrees, terms=symmetriser(config.l_max, config.nu_max))

    @property
    def l_max(self) -> int:
        return int(self.degrees.max())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """What travels along the edges."""

    edges: Edges
    tensor: Tensor
    """(edges, radial functions, monomials, channels), before mixing."""
    distances: Tensor
    decay: Tensor


def _angular(directions: Tensor, l_max: int) -> Tensor:
    x, y, z = directions.unbind(dim=1)
    return torch.stack([x**i * y**j * z**k for i, j, k in monomials(l_max)], dim=1)


def _cutoff(x: Tensor, p: int) -> Tensor:
    value = 1 - (p + 1) * (p + 2) / 2 * x**p + p * (p + 2) * x ** (p + 1) - p * (p + 1) / 2 * x ** (p + 2)
    return torch.where(x < 1, value, torch.zeros_like(x))


def _bessel(distances: Tensor, weights: Weights) -> Tensor:
    frequencies = weights["bessel_frequencies"]
    return weights["bessel_prefactor"] * torch.sin(distances[:, None] * frequencies) / distances[:, None]


def _scatter(messages: Tensor, receivers: Tensor, n_atoms: int) -> Tensor:
    return messages.new_zeros(n_atoms, *messages.shape[1:]).index_add(0, receivers, messages)


def _mix(density: Tensor, weights: Weights, layout: _Layout) -> Tensor:
    by_degree = [
        torch.einsum("anlc,nmc->amlc", density[:, :, layout.degrees == degree], weights["mixing"][degree])
        for degree in range(layout.l_max + 1)
    ]
    return torch.cat(by_degree, dim=2)


def _invariants(density: Tensor, layout: _Layout) -> Tensor:
    components = density.unbind(dim=2)
    columns = []
    for entries in layout.terms:
        column = torch.zeros_like(components[0])
        for coefficient, indices in entries:
            column = column + coefficient * prod([components[i] for i in indices], start=torch.ones(()).to(density))
        columns.append(column)
    return torch.stack(columns, dim=2)


def _pass_messages(config: MessageConfig, weights: Weights, sent: _Sent, density: Tensor, layout: _Layout) -> Tensor:
    """One step of message passing (CHECKPOINTS.md §2.6)."""
    senders, receivers = sent.edges.senders, sent.edges.receivers
    messages = torch.zeros_like(density)
    if config.decay:
        prefactor = _by_monomial(weights["message.decay_prefactor"], layout)
        rate = _by_monomial(weights["message.decay_rate"], layout)
        factor = prefactor * torch.exp(-sent.distances[:, None, None, None] * rate) * sent.decay[:, None, None, None]
        messages = messages + _scatter(density[senders] * factor, receivers, len(density))
    if config.modulation:
        gate = network(_invariants(density, layout).flatten(1), weights, "message.modulation")
        gate = gate.reshape(len(density), layout.l_max + 1 if config.modulation_per_l else 1, -1)
        gate = gate.expand(-1, layout.l_max + 1, density.shape[-1])[:, layout.degrees]
        modulated = sent.tensor * gate[senders][:, None]
        messages = messages + _mix(_scatter(modulated, receivers, len(density)), weights, layout)
    messages = config.norm_factor * messages
    if config.memory:
        messages = messages + _by_monomial(weights["message.memory"], layout) * density
    return messages


def _by_monomial(per_degree: Tensor, layout: _Layout) -> Tensor:
    """(radial, monomials, channels) from (degrees, radial, channels)."""
    return per_degree[layout.degrees].transpose(0, 1)


def network(inputs: Tensor, weights: Weights, prefix: str) -> Tensor:
    """Linear layers with silu between them."""
    layer = 0
    while f"{prefix}.{layer}.weight" in weights:
        inputs = inputs if layer == 0 else torch.nn.functional.silu(inputs)
        inputs = torch.nn.functional.linear(
            inputs, weights[f"{prefix}.{layer}.weight"], weights.get(f"{prefix}.{layer}.bias")
        )
        layer += 1
    return inputs


def head(config: HeadConfig, inputs: Tensor, weights: Weights) -> Tensor:
    """(atoms, outputs) of one head."""
    outputs = network(inputs, weights, "layers")
    if config.linear:
        outputs = outputs + torch.nn.functional.linear(inputs, weights["linear.weight"], weights.get("linear.bias"))
    return config.scale * outputs


def bond_charges(config: BondHeadConfig, inputs: Tensor, weights: Weights, species: Tensor, bonds: Bonds) -> Tensor:
    """(atoms, 1) charges as transfers between neighbours, pair by pair."""
    donor, acceptor = (network(inputs, weights, "layers") + weights["element_values"][species]).chunk(2, dim=1)
    i, j = bonds.edges.receivers, bonds.edges.senders
    ratio = bonds.distances / config.cutoff
    orders = torch.arange(1, config.n_radial_basis + 1).to(ratio)
    waves = torch.sin(torch.pi * ratio[:, None] * orders) / bonds.distances[:, None]
    terms = (donor[i] * acceptor[j] - acceptor[i] * donor[j]) * (waves @ weights["radial"])
    transfers = config.scale * terms.sum(dim=1) * _cutoff(ratio, 6)
    formal = torch.tensor([config.formal_charges.get(z, 0.0) for z in bonds.elements]).to(ratio)
    return (weights["formal_scale"] * formal[species] + _scatter(transfers, i, len(inputs)))[:, None]
