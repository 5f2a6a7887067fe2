"""GFN2-xTB by tblite: charges, dipole, Born effective charges from forces in a finite field, and vibrations.

    Z[i, a, b] = ∂F_{i,b}/∂E_a        by central differences, six single points

tblite is an optional package; it is imported where it is used, in a process of its own (`les_viz.reference.process`).

Reference: C. Bannwarth, S. Ehlert, S. Grimme, J. Chem. Theory Comput. 15, 1652 (2019), doi:10.1021/acs.jctc.8b01176.
"""

from collections.abc import Generator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError
from les_viz.units import BOHR, HARTREE

if TYPE_CHECKING:
    from tblite.interface import Calculator, Result

FloatArray = NDArray[np.float64]

FIELD = 1e-3
"""Field of the differences in atomic units, 0.05 V/Å: large against rounding, small against the bonds."""

ACCURACY = 1e-3
"""Convergence of the charges relative to tblite's default: what the sum rule needs to hold to 1e-10."""


DISPLACEMENT = 0.005
"""Å of the differences that make a Hessian."""

LARGEST_FORCE = 1e-3
"""eV/Å below which a molecule counts as relaxed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What tight binding is asked about.

    Attributes:
        atomic_numbers: (atoms,).
        positions: (atoms, 3), Å.
        cell: (3, 3), Å, or None for an open system.
        charge: total charge, e.
    """

    atomic_numbers: NDArray[np.int64]
    positions: FloatArray
    cell: FloatArray | None = None
    charge: float = 0.0


def is_installed() -> bool:
    """Whether tblite is there."""
    return find_spec("tblite") is not None


def charges_and_dipole(cluster: Cluster) -> dict[str, Any]:
    """Mulliken charges (e), energy (eV) and, for an open system, the dipole about its geometric centre (e Å)."""
    result = _single_point(_calculator(cluster))
    found = {
        "energy": float(result.get("energy")) * HARTREE,
        "charges": np.asarray(result.get("charges")).tolist(),
        "dipole": None,
    }
    if cluster.cell is None:
        about_origin = np.asarray(result.get("dipole")) * BOHR
        found["dipole"] = (about_origin - cluster.charge * cluster.positions.mean(axis=0)).tolist()
    return found


def born_charges(cluster: Cluster) -> Generator[tuple[float, str], None, dict[str, Any]]:
    """Born effective charges (atoms, 3 field, 3 displacement) in e of an open system, by six single points.

    Raises:
        SettingError: the system is periodic.
    """
    if cluster.cell is not None:
        raise SettingError(
            "a finite field needs an open system: GFN2-xTB gives Born effective charges of molecules only"
        )
    tensors = np.zeros((len(cluster.positions), 3, 3))
    for step in range(6):
        axis, sign = step // 2, 1 - 2 * (step % 2)
        yield step / 6, f"field along {'xyz'[axis]}, {step + 1} of 6"
        result = _single_point(_calculator(cluster, sign * FIELD * np.eye(3)[axis]))
        tensors[:, axis] -= sign * np.asarray(result.get("gradient")) / (2 * FIELD)
    return {"born_effective_charges": tensors.tolist()}


def vibrations(cluster: Cluster) -> Generator[tuple[float, str], None, dict[str, Any]]:
    """Relax an open system, then differentiate forces and dipole there.

    Returns:
        positions (atoms, 3) in Å, hessian (3 atoms, 3 atoms) in eV/Å², dipole_gradient (3 atoms, 3) in e.

    Raises:
        SettingError: the system is periodic, or does not come to rest.
    """
    if cluster.cell is not None:
        raise SettingError("vibrations by GFN2-xTB are offered for open systems only")
    calculator = _calculator(cluster)
    yield 0.0, "relaxing with GFN2-xTB"
    positions = _relaxed(calculator, cluster.positions)
    n = positions.size
    hessian, slopes = np.zeros((n, n)), np.zeros((n, 3))
    for row in range(n):
        yield 0.2 + 0.8 * row / n, f"displacement {row + 1} of {n}"
        for sign in (1, -1):
            moved = positions.copy()
            moved.flat[row] += sign * DISPLACEMENT
            gradient, dipole = _slopes(calculator, moved)
            hessian[row] += sign * gradient.ravel() / (2 * DISPLACEMENT)
            slopes[row] += sign * dipole / (2 * DISPLACEMENT)
    return {"positions": positions.tolist(), "hessian": hessian.tolist(), "dipole_gradient": slopes.tolist()}


def _relaxed(calculator: "Calculator", positions: FloatArray) -> FloatArray:
    from scipy.optimize import minimize

    def energy(flat: FloatArray) -> tuple[float, FloatArray]:
        calculator.update(positions=flat.reshape(-1, 3) / BOHR)
        result = _single_point(calculator)
        return float(result.get("energy")) * HARTREE, np.asarray(result.get("gradient")).ravel() * HARTREE / BOHR

    found = minimize(
        energy, positions.ravel(), jac=True, method="BFGS", options={"gtol": LARGEST_FORCE, "maxiter": 500}
    )
    if np.abs(found.jac).max() > 10 * LARGEST_FORCE:
        raise SettingError("GFN2-xTB does not bring this molecule to rest: vibrations need a minimum")
    return np.asarray(found.x).reshape(-1, 3)


def _slopes(calculator: "Calculator", positions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gradient (eV/Å) and dipole (e Å)."""
    calculator.update(positions=positions / BOHR)
    result = _single_point(calculator)
    return np.asarray(result.get("gradient")) * HARTREE / BOHR, np.asarray(result.get("dipole")) * BOHR


def _calculator(cluster: Cluster, field: FloatArray | None = None) -> "Calculator":
    if not is_installed():
        raise SettingError("tblite is not installed: install it with `pip install tblite` to compare with GFN2-xTB")
    from tblite.interface import Calculator
    from tblite.library import ffi  # type: ignore[attr-defined]  # exported without being listed

    lattice: dict[str, Any] = (
        {} if cluster.cell is None else {"lattice": cluster.cell / BOHR, "periodic": np.array([True] * 3)}
    )
    calculator = Calculator("GFN2-xTB", cluster.atomic_numbers, cluster.positions / BOHR, cluster.charge, **lattice)
    calculator.set("verbosity", 0)
    calculator.set("accuracy", ACCURACY if cluster.cell is None else 1.0)
    if field is not None:
        # tblite 0.8 hands the field to C as it comes, so it must be a C array already.
        calculator.add("electric-field", ffi.new("double[3]", field.tolist()))
    return calculator


def _single_point(calculator: "Calculator") -> "Result":
    try:
        return calculator.singlepoint()
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise SettingError(f"GFN2-xTB did not converge for this structure ({reason}): try a relaxed one") from None
