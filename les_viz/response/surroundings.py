"""What surrounds each atom: how near its nearest neighbour is, and how many are bonded to it."""

import numpy as np

from les_viz.response.dipole import find_bonds
from les_viz.response.prediction import FloatArray, Prediction

FIRST_REACH = 3.0
"""Å within which nearest neighbours are looked for first."""


def nearest_distances(prediction: Prediction) -> FloatArray:
    """(atoms,) distance to the nearest other atom or image, Å; infinite for an atom that is alone."""
    import vesin

    found = np.full(len(prediction.positions), np.inf)
    reach = FIRST_REACH
    while not np.isfinite(found).all() and reach < 100:
        finder = vesin.NeighborList(cutoff=reach, full_list=True)
        first, distances = finder.compute(
            points=prediction.positions, box=prediction.cell, periodic=prediction.pbc, quantities="id"
        )
        np.minimum.at(found, first.astype(np.int64), distances)
        reach *= 2
    return found


def coordination_numbers(prediction: Prediction) -> FloatArray:
    """(atoms,) number of bonded neighbours, by distance."""
    bonds = find_bonds(prediction.atomic_numbers, prediction.positions, prediction.cell, periodic=prediction.pbc)
    return np.bincount(bonds.first, minlength=len(prediction.positions)).astype(float)
