"""Clusters of molecules: placed from contact to 10 Å, drawn together by xTB, shaken again."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from ase.data import covalent_radii
from molecules import Molecule
from scipy.spatial.distance import cdist
from scipy.spatial.transform import Rotation
from xtb import XTB, Array

CONTACT = 0.7
"""Share of the molecules that are placed in contact, the others out to `FARTHEST`."""
GAP = (1.1, 2.4)
"""Å between the covalent spheres of two molecules in contact: from a short hydrogen bond on."""
FARTHEST = 10.0
"""Å between the nearest atoms of molecules that are apart."""
TEMPERATURES = (50.0, 450.0)
"""K, of the vibrations."""
LARGEST_STEP = 0.08
"""Å an atom may go in one step of the relaxation."""
MOBILITY = 0.06
"""Å per eV/Å in the same."""
STRONGEST_FORCE = 6.0
"""eV/Å: frames beyond are left out."""


@dataclass(frozen=True)
class Cluster:
    """Molecules side by side, without a boundary."""

    molecules: Sequence[Molecule]
    positions: Array
    """(atoms, 3), Å."""

    @property
    def numbers(self) -> Array:
        """(atoms,) atomic numbers."""
        return np.concatenate([one.numbers for one in self.molecules])

    @property
    def parts(self) -> list[slice]:
        """The atoms of each molecule."""
        ends = np.cumsum([len(one.numbers) for one in self.molecules])
        return [slice(end - len(one.numbers), end) for end, one in zip(ends, self.molecules, strict=True)]

    @property
    def name(self) -> str:
        """The species, as in `H2O+H2O+HCN`."""
        return "+".join(sorted(one.name for one in self.molecules))


def placed(molecules: Sequence[Molecule], rng: np.random.Generator, *, contact: float = CONTACT) -> Cluster:
    """Molecules at random, each at a drawn distance from the nearest of those before it.

    Args:
        molecules: one or more.
        rng: where chance comes from.
        contact: share placed in contact.
    """
    temperature = rng.uniform(*TEMPERATURES)
    done, numbers = np.zeros((0, 3)), np.zeros(0, dtype=int)
    for one in molecules:
        turned = Rotation.random(random_state=rng).apply(one.positions + one.shaken(temperature, rng))
        if len(done):
            touching = rng.random() < contact
            wanted = rng.uniform(*GAP) if touching else rng.uniform(GAP[1], FARTHEST)
            turned = turned + done[rng.integers(len(done))]
            spheres = covalent_radii[numbers][:, None] + covalent_radii[one.numbers] if touching else 0.0
            turned = turned + approach(turned, done, wanted + spheres, Rotation.random(random_state=rng).as_matrix()[0])
        done, numbers = np.concatenate((done, turned)), np.concatenate((numbers, one.numbers))
    return Cluster(molecules, done)


def approach(moving: Array, fixed: Array, least: Array, direction: Array) -> Array:
    """(3,), Å: how far to go along a direction until every pair of atoms keeps its least distance.

    Args:
        moving: (atoms, 3).
        fixed: (others, 3).
        least: (others, atoms), or a number, for every pair.
        direction: (3,), of length 1.
    """
    offsets = moving[None] - fixed[:, None]
    along = offsets @ direction
    aside = (offsets**2).sum(axis=2) - along**2
    needed = np.sqrt(np.maximum(least**2 - aside, 0)) - along
    return direction * needed.max()


def drawn_together(cluster: Cluster, steps: Sequence[int]) -> Iterator[Cluster]:
    """The cluster on its way downhill, after each of the given numbers of steps (ascending)."""
    xtb = XTB(cluster.numbers, cluster.positions)
    positions = cluster.positions.copy()
    for step in range(max(steps) + 1):
        if step in steps:
            yield Cluster(cluster.molecules, positions.copy())
        move = MOBILITY * xtb.label(positions).forces
        for part in cluster.parts:
            move[part] += 5 * move[part].mean(axis=0)  # a molecule as a whole is held by soft forces only
        longest = np.linalg.norm(move, axis=1).max()
        positions += move * min(1.0, LARGEST_STEP / longest)


def shaken(cluster: Cluster, rng: np.random.Generator) -> Cluster:
    """Each molecule where it is, with vibrations drawn anew."""
    positions = np.empty_like(cluster.positions)
    temperature = rng.uniform(*TEMPERATURES)
    for one, part in zip(cluster.molecules, cluster.parts, strict=True):
        here = cluster.positions[part]
        centre = one.masses @ here / one.masses.sum()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a linear molecule may be turned about its axis
            turn, _ = Rotation.align_vectors(here - centre, one.positions)
        positions[part] = centre + turn.apply(one.positions + one.shaken(temperature, rng))
    return Cluster(cluster.molecules, positions)


def clash(cluster: Cluster) -> bool:
    """Whether atoms of two molecules are closer than molecules come."""
    numbers = cluster.numbers
    for index, part in enumerate(cluster.parts):
        for other in cluster.parts[:index]:
            spheres = covalent_radii[numbers[part]][:, None] + covalent_radii[numbers[other]]
            if (cdist(cluster.positions[part], cluster.positions[other]) - spheres).min() < 0.5:
                return True
    return False
