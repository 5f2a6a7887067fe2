"""Atomic energies: the part of the energies that only counts atoms, so that the network need not learn it."""

from collections.abc import Sequence

import numpy as np

from les_viz.train.labelled import FloatArray, Labelled


def fit_atomic_energies(frames: Sequence[Labelled], elements: Sequence[int]) -> dict[int, float]:
    """Energy of each element, eV, by least squares; of least norm where compositions do not tell elements apart."""
    return fit_to(np.array([frame.energy for frame in frames]), frames, elements)


def fit_to(energies: FloatArray, frames: Sequence[Labelled], elements: Sequence[int]) -> dict[int, float]:
    """As `fit_atomic_energies`, to other energies of the same frames."""
    fitted = np.linalg.lstsq(counts_of(frames, elements), energies, rcond=None)[0]
    return {z: float(energy) for z, energy in zip(elements, fitted, strict=True)}


def counts_of(frames: Sequence[Labelled], elements: Sequence[int]) -> FloatArray:
    """(frames, elements) numbers of atoms."""
    return np.array([[np.sum(frame.atoms.numbers == z) for z in elements] for frame in frames], dtype=float)


def atomic_energy(frame: Labelled, energies: dict[int, float]) -> float:
    """Sum of the atomic energies of a frame, eV."""
    return float(sum(energies[int(z)] for z in frame.atoms.numbers))
