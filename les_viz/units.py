"""Physical constants and conversions: the only place where such a number lives.

Internal units are eV, Å, fs, K, e and V. Values are CODATA 2022 (exact where the SI defines them); a test checks
every one against `scipy.constants`.
"""

from math import pi
from typing import Final

COULOMB_CONSTANT: Final = 14.3996454791
"""e²/4πε0 in eV Å."""

RECIPROCAL_COULOMB_CONSTANT: Final = 2 * pi * COULOMB_CONSTANT
"""K = e²/2ε0 in eV Å, the prefactor of the reciprocal-space sum (90.47564)."""

DEBYE: Final = 0.20819433271
"""One debye in e Å."""

KV_PER_CM: Final = 1e-5
"""One kV/cm in V/Å."""

EV_PER_CUBIC_ANGSTROM_IN_GPA: Final = 160.2176634
"""One eV/Å³ in GPa."""
