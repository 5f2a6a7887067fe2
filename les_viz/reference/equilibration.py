"""EEQ charges by dftd4: electronegativity equilibration, the classical charges from which D4 takes its coefficients.

    min_q  Σ_i (χ_i q_i + ½ η_i q_i²) + Σ_{i<j} q_i q_j erf(γ_ij r_ij)/r_ij      at a given total charge

dftd4 is an optional package; it is imported where it is used.

Reference: E. Caldeweyher et al., J. Chem. Phys. 150, 154122 (2019), doi:10.1063/1.5090222.
"""

from importlib.util import find_spec
from typing import Any

import numpy as np

from les_viz.errors import SettingError
from les_viz.reference.tight_binding import Cluster
from les_viz.units import BOHR


def is_installed() -> bool:
    """Whether dftd4 is there."""
    return find_spec("dftd4") is not None


def charges(cluster: Cluster) -> dict[str, Any]:
    """EEQ charges, (atoms,) in e.

    Raises:
        SettingError: dftd4 is not installed, or does not know an element.
    """
    if not is_installed():
        raise SettingError("dftd4 is not installed: install it with `pip install dftd4` to compare with EEQ charges")
    from dftd4.interface import DispersionModel

    lattice: dict[str, Any] = (
        {} if cluster.cell is None else {"lattice": cluster.cell / BOHR, "periodic": np.array([True] * 3)}
    )
    try:
        model = DispersionModel(cluster.atomic_numbers, cluster.positions / BOHR, cluster.charge, **lattice)
        found = model.get_properties()["partial charges"]
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise SettingError(f"dftd4 gives no EEQ charges for this structure ({reason})") from None
    return {"charges": np.asarray(found).tolist()}
