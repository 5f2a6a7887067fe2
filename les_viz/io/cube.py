"""A scalar on a grid as a Gaussian cube file: lengths in bohr, potentials in hartree/e."""

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError
from les_viz.units import BOHR, HARTREE

FloatArray = NDArray[np.float64]

_PER_LINE = 6


def potential_cube(
    atomic_numbers: NDArray[np.int64],
    positions: FloatArray,
    values: FloatArray,
    *,
    origin: FloatArray,
    steps: FloatArray,
    title: str = "electrostatic potential",
) -> bytes:
    """Write a potential as a cube file.

    Args:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å.
        values: (nx, ny, nz), V.
        origin: (3,), Å: place of the first point.
        steps: (3, 3), Å: from one point to the next along each axis.
        title: first line, in ASCII.

    Returns:
        The file.

    Raises:
        SettingError: shapes that do not belong together.
    """
    if values.ndim != 3 or steps.shape != (3, 3) or origin.shape != (3,):
        raise SettingError(
            f"values {values.shape}, steps {steps.shape} and origin {origin.shape}: expected (nx, ny, nz), (3, 3), (3,)"
        )
    plain = title.encode("ascii", "replace").decode().splitlines() or [""]
    lines = [plain[0][:80], "potential in hartree/e, lengths in bohr; written by les_viz"]
    lines.append(_row(len(positions), origin / BOHR))
    lines += [_row(count, step / BOHR) for count, step in zip(values.shape, steps, strict=True)]
    for number, place in zip(atomic_numbers.tolist(), positions / BOHR, strict=True):
        lines.append(_row(number, np.array([float(number), *place])))
    for column in (values / HARTREE).reshape(-1, values.shape[2]):
        texts = [f"{value:13.5E}" for value in column]
        lines += ["".join(texts[start : start + _PER_LINE]) for start in range(0, len(texts), _PER_LINE)]
    return ("\n".join(lines) + "\n").encode("ascii")


def _row(count: int, numbers: FloatArray) -> str:
    return f"{count:5d}" + "".join(f"{number:12.6f}" for number in numbers)
