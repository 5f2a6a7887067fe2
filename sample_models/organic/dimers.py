"""Interaction energies of two molecules that are too far apart for a short-range model to see both."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from molecules import Molecule, relaxed
from scipy.spatial.distance import cdist
from scipy.spatial.transform import Rotation
from xtb import XTB, Array

PAIRS = (("H2O", "H2O"), ("H2O", "H2CO"), ("HCN", "HCN"), ("NH3", "H2O"), ("HCOOH", "CH3OH"))
GAPS = (5.0, 6.0, 7.0, 8.5, 10.0)
"""Å between the nearest atoms of the two molecules."""
ORIENTATIONS = 6
SEED = 5
ALONG = np.array([1.0, 0.0, 0.0])
ACCURACY = 1e-3


@dataclass(frozen=True)
class Dimer:
    """Two relaxed molecules and what xTB says of their interaction."""

    name: str
    gap: float
    """Å between the nearest atoms."""
    together: Atoms
    apart: tuple[Atoms, Atoms]
    energy: float
    """eV, relative to the molecules apart."""


def dimers() -> Iterator[Dimer]:
    """Every pair, orientation and distance; the same every time."""
    rng = np.random.default_rng(SEED)
    for first, second in PAIRS:
        for _ in range(ORIENTATIONS):
            one, two = turned(relaxed(first), rng), turned(relaxed(second), rng)
            for gap in GAPS:
                moved = two.positions + distance_for(one.positions, two.positions, gap) * ALONG
                yield labelled(f"{first}-{second}", gap, one, Atoms(two.numbers, moved))


def turned(molecule: Molecule, rng: np.random.Generator) -> Atoms:
    """The molecule at the origin in a random orientation."""
    return Atoms(molecule.numbers, Rotation.random(random_state=rng).apply(molecule.positions))


def distance_for(fixed: Array, moving: Array, gap: float) -> float:
    """How far to move along x, Å, until the nearest atoms are a gap apart; by bisection."""
    near, far = gap, gap + 20
    while far - near > 1e-6:
        middle = (near + far) / 2
        closer = cdist(fixed, moving + middle * ALONG).min() < gap
        near, far = (middle, far) if closer else (near, middle)
    return far


def labelled(name: str, gap: float, one: Atoms, two: Atoms) -> Dimer:
    """Interaction energy by xTB."""
    both = one + two
    energies = [XTB(x.numbers, x.positions, accuracy=ACCURACY).label(x.positions).energy for x in (both, one, two)]
    return Dimer(name, gap, both, (one, two), energies[0] - energies[1] - energies[2])
