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

BOHR: Final = 0.529177210544
"""One bohr in Å."""

HARTREE: Final = 27.211386245981
"""One hartree in eV."""

VACUUM_PERMITTIVITY: Final = 1 / (4 * pi * COULOMB_CONSTANT)
"""ε0 in e/(V Å)."""

BOLTZMANN: Final = 8.617333262145e-5
"""k_B in eV/K."""

SPEED_OF_LIGHT: Final = 2997.92458
"""c in Å/fs."""

WAVENUMBER: Final = SPEED_OF_LIGHT * 1e-8
"""c in cm/fs: a wave of so many 1/cm has this many times as many periods a fs."""

V_PER_NM: Final = 0.1
"""One V/nm in V/Å."""

CONDUCTIVITY_IN_S_PER_M: Final = 1.602176634e6
"""One e/(V Å fs) in S/m."""

INFRARED_KM_PER_MOL: Final = 42.2560615
"""One (D/Å)²/amu of ∂μ/∂Q squared in km/mol of integrated absorption: N_A/(12 ε0 c²)."""
