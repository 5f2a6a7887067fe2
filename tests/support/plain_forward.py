"""The published forward pass, atom by atom and edge by edge (oracle CHECKPOINTS §2), for small molecules."""

from itertools import product
from math import factorial

import numpy as np


def triples(l_max):
    return [(x, y, n - x - y) for n in range(l_max + 1) for x in range(n, -1, -1) for y in range(n - x, -1, -1)]


def multiplicity(powers):
    x, y, z = powers
    return factorial(x + y + z) // (factorial(x) * factorial(y) * factorial(z))


def invariants(density, l_max, nu_max):
    """density: {triple: (radial, channels)} -> list of (radial, channels) in the published order."""
    features = [density[0, 0, 0]]
    if nu_max >= 2:
        degrees = range(1, l_max + 1)
        features += [sum(multiplicity(t) * density[t] ** 2 for t in density if sum(t) == degree) for degree in degrees]
    if nu_max >= 3:
        found = {}
        ascending = sorted(density)
        for first, second in product(ascending, ascending):
            total = tuple(np.add(first, second))
            if 1 <= sum(first) <= sum(second) and sum(total) <= l_max:
                term = multiplicity(first) * multiplicity(second) * density[first] * density[second] * density[total]
                key = (sum(first), sum(second))
                found[key] = found.get(key, 0) + term
        features += list(found.values())
    return features


def network(features, weights, name, linear=None):
    values, layer = features, 0
    while f"{name}.{layer}.weight" in weights:
        if layer:
            values = values / (1 + np.exp(-values))
        values = weights[f"{name}.{layer}.weight"] @ values + weights.get(f"{name}.{layer}.bias", 0.0)
        layer += 1
    if linear and f"{linear}.weight" in weights:
        values = values + weights[f"{linear}.weight"] @ features + weights.get(f"{linear}.bias", 0.0)
    return values


class PlainRepresentation:
    def __init__(self, config, elements, weights, name):
        self.config, self.elements = config, elements
        self.weights = {k.removeprefix(f"{name}."): v.astype(float) for k, v in weights.items() if k.startswith(name)}
        self.triples = triples(config.l_max)

    def features(self, numbers, positions):
        """(atoms, features), flattened as [radial, invariant, channel, step]."""
        c = self.config
        species = [self.elements.index(number) for number in numbers]
        edges = []
        for i, j in product(range(len(numbers)), repeat=2):
            vector = positions[i] - positions[j]
            distance = np.linalg.norm(vector)
            if i != j and distance < c.cutoff:
                edges.append((j, i, distance, self._edge(species[j], species[i], vector, distance)))
        density = [
            {t: self._mix(t, sum(edge[t] for _, i, _, edge in edges if i == n)) for t in self.triples}
            for n in range(len(numbers))
        ]
        steps = [[invariants(d, c.l_max, c.nu_max) for d in density]]
        if c.message is not None:
            density = self._messages(edges, density, steps[0])
            steps.append([invariants(d, c.l_max, c.nu_max) for d in density])
        stacked = np.array(steps)  # step, atom, invariant, radial, channel
        return np.transpose(stacked, (1, 3, 2, 4, 0)).reshape(len(numbers), -1)

    def _edge(self, sender, receiver, vector, distance):
        w = self.weights
        channels = np.outer(w["sender_embedding"][sender], w["receiver_embedding"][receiver]).ravel()
        radial = w["bessel_prefactor"][0] * np.sin(w["bessel_frequencies"] * distance) / distance * self._cut(distance)
        unit = vector / (distance + 1e-9)
        return {t: np.outer(radial, channels) * np.prod(unit ** np.array(t)) for t in self.triples}

    def _cut(self, distance):
        p, x = self.config.cutoff_power, distance / self.config.cutoff
        return 1 - (p + 1) * (p + 2) / 2 * x**p + p * (p + 2) * x ** (p + 1) - p * (p + 1) / 2 * x ** (p + 2)

    def _mix(self, powers, values):
        values = np.zeros((self.config.n_radial_basis, self.config.n_embedding**2)) + values
        return np.einsum("nmc,nc->mc", self.weights["mixing"][sum(powers)], values)

    def _messages(self, edges, density, features):
        c, w, message = self.config, self.weights, self.config.message
        n_l = c.l_max + 1 if message.modulation_per_l else 1
        new = []
        for n, old in enumerate(density):
            arriving = [(j, distance, edge) for j, i, distance, edge in edges if i == n]
            result = {}
            for t in self.triples:
                degree, total = sum(t), 0.0
                if message.decay:
                    fall, rate = w["message.decay_prefactor"][degree], w["message.decay_rate"][degree]
                    total = sum(density[j][t] * fall * np.exp(-d * rate) * self._cut(d) for j, d, _ in arriving)
                if message.modulation:
                    modulated = 0.0
                    for j, _, edge in arriving:
                        flat = np.transpose(np.array(features[j]), (1, 0, 2)).ravel()
                        gains = network(flat, w, "message.modulation").reshape(n_l, -1)
                        modulated = modulated + edge[t] * gains[degree if n_l > 1 else 0]
                    total = total + self._mix(t, modulated)
                result[t] = message.norm_factor * total
                if message.memory:
                    result[t] = result[t] + w["message.memory"][degree] * old[t]
            new.append(result)
        return new


def plain_energy_and_charges(config, weights, numbers, positions):
    """Short-range energy and latent charges (atoms, channels)."""
    features = [
        PlainRepresentation(part, config.elements, weights, f"representations.{index}").features(numbers, positions)
        for index, part in enumerate(config.representations)
    ]
    energy = 0.0
    for index, head in enumerate(config.energy_heads):
        name = f"energy_heads.{index}"
        for row in features[head.representation]:
            energy += head.scale * network(row, weights, f"{name}.layers", f"{name}.linear").sum()
    if config.charge_head is None:
        return energy, np.zeros((len(numbers), 1))
    head = config.charge_head
    rows = features[head.representation]
    charges = [network(row, weights, "charge_head.layers", "charge_head.linear") for row in rows]
    return energy, head.scale * np.array(charges)
