"""A small picture of a structure as SVG: circles coloured by charge, seen along the shortest extent."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from les_viz.elements import covalent_radius
from les_viz.plots.theme import DIVERGING, REFERENCE_GREY

WIDTH, HEIGHT = 280, 170
_MARGIN = 1.2
"""Å around the atoms."""

_SHADE = 0.35
"""How much the farthest atoms fade."""


def thumbnail(
    atomic_numbers: NDArray[np.int64], positions: NDArray[np.float64], charges: Sequence[float], *, title: str
) -> str:
    """Draw a structure.

    Args:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å.
        charges: (atoms,), e; the colours saturate at the largest of them in size.
        title: for those who do not see it.

    Returns:
        The SVG.
    """
    placed = _seen(positions)
    low, high = placed[:, :2].min(axis=0) - _MARGIN, placed[:, :2].max(axis=0) + _MARGIN
    scale = min(WIDTH / (high[0] - low[0]), HEIGHT / (high[1] - low[1]), 26.0)
    middle = 0.5 * (low + high)
    limit = max(1e-9, max(abs(charge) for charge in charges))
    depth = placed[:, 2]
    span = max(1e-9, float(depth.max() - depth.min()))
    circles = []
    for atom in np.argsort(depth):
        x = WIDTH / 2 + scale * (placed[atom, 0] - middle[0])
        y = HEIGHT / 2 - scale * (placed[atom, 1] - middle[1])
        radius = scale * (0.45 + 0.35 * covalent_radius(int(atomic_numbers[atom])))
        opacity = 1 - _SHADE * float(depth.max() - depth[atom]) / span
        circles.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{_color(charges[atom] / limit)}" '
            f'stroke="{REFERENCE_GREY}" stroke-width="0.6" opacity="{opacity:.2f}"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title, quote=True)}" width="{WIDTH}" height="{HEIGHT}">{"".join(circles)}</svg>'
    )


def _seen(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turned such that the two largest extents lie in the picture."""
    centred = positions - positions.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned = centred @ axes[:, ::-1]
    return np.asarray(turned, dtype=np.float64)


def _color(value: float) -> str:
    """Nearest of the diverging colours for −1 to 1."""
    step = round((min(1.0, max(-1.0, value)) + 1) / 2 * (len(DIVERGING) - 1))
    return DIVERGING[step]
