"""Numerical slopes, fourth order in the step."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from ase import Atoms

Value = TypeVar("Value", float, np.ndarray)


def slope(function: Callable[[float], Value], step: float = 5e-4) -> Value:
    """The derivative of a function of one number at zero, from five points."""
    near = function(step) - function(-step)
    far = function(2 * step) - function(-2 * step)
    return (8 * near - far) / (12 * step)


def moved(atoms: Atoms, step: np.ndarray) -> Atoms:
    """The structure with all atoms moved by (atoms, 3)."""
    copy = atoms.copy()
    copy.positions += step
    return copy


def unit_step(atom: int, axis: int, n_atoms: int = 7) -> np.ndarray:
    """(atoms, 3) step of one atom along one axis."""
    step = np.zeros((n_atoms, 3))
    step[atom, axis] = 1
    return step
