"""Measured numbers that spectra are held against.

Liquid water at 25 °C absorbs most at these wavenumbers: J. E. Bertie, Z. Lan, Appl. Spectrosc. 50, 1047 (1996),
doi:10.1366/0003702963905385. The static dielectric constant is
78.4: D. P. Fernández et al., J. Phys. Chem. Ref. Data 26, 1125 (1997), doi:10.1063/1.555997.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A band of a measured spectrum.

    Attributes:
        name: of the motion.
        low: where it begins, cm⁻¹.
        high: where it ends, cm⁻¹.
        peak: where it is highest, cm⁻¹, rounded.
    """

    name: str
    low: float
    high: float
    peak: float


WATER_BANDS: Final = (
    Band(name="libration", low=400, high=900, peak=670),
    Band(name="bend", low=1550, high=1750, peak=1644),
    Band(name="O–H stretch", low=3000, high=3750, peak=3405),
)

WATER_BANDS_SOURCE: Final = "measured: Bertie & Lan 1996, 25 °C"

WATER_DIELECTRIC_CONSTANT: Final = 78.4
