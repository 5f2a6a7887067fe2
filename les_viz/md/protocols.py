"""How a uniform electric field changes with time: E(t) = amplitude · shape(t) · direction.

    none       0
    constant   1
    step       0 before start_fs, 1 from there on
    ramp       0 before start_fs, rising evenly to 1 over duration_fs
    triangle   0, 1, 0, -1, 0 in straight lines, once a period_fs: a hysteresis loop
    sine       sin(2π (t - start_fs)/period_fs) from start_fs on
    pulse      exp(-(t - center_fs)²/2 width_fs²)

A negative amplitude turns all of them round.
"""

import reprlib
from dataclasses import dataclass
from enum import StrEnum
from math import exp, isfinite, pi, sin

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import SettingError
from les_viz.units import WAVENUMBER

FloatArray = NDArray[np.float64]


class Shape(StrEnum):
    """How the strength of the field depends on time."""

    NONE = "none"
    CONSTANT = "constant"
    STEP = "step"
    RAMP = "ramp"
    TRIANGLE = "triangle"
    SINE = "sine"
    PULSE = "pulse"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProtocol:
    """A field along one direction.

    Attributes:
        shape: one of `Shape`.
        amplitude_V_per_A: largest strength, V/Å; negative points against `direction`.
        direction: any length but zero.
        start_fs: when step, ramp, triangle and sine begin.
        duration_fs: of the rise of a ramp.
        period_fs: of triangle and sine.
        center_fs: when a pulse is strongest.
        width_fs: standard deviation of a pulse.
        sum_rule: whether the mean of the Born effective charges is removed (the acoustic sum rule); if not, the field
            pushes the whole.
    """

    shape: str = "none"
    amplitude_V_per_A: float = 0.0  # noqa: N815 - the name of the configuration
    direction: tuple[float, float, float] = (0.0, 0.0, 1.0)
    start_fs: float = 0.0
    duration_fs: float = 1000.0
    period_fs: float = 1000.0
    center_fs: float = 500.0
    width_fs: float = 100.0
    sum_rule: bool = True

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.shape not in {shape.value for shape in Shape}:
            raise SettingError(f"shape is {reprlib.repr(self.shape)}: expected one of {', '.join(Shape)}")
        if len(self.direction) != 3 or not all(map(isfinite, self.direction)) or not any(self.direction):
            raise SettingError(f"direction is {list(self.direction)}: expected three numbers, not all zero")
        if not abs(self.amplitude_V_per_A) <= LARGEST_FIELD:
            raise SettingError(
                f"amplitude_V_per_A is {self.amplitude_V_per_A}: expected at most {LARGEST_FIELD} V/Å, beyond which "
                "matter comes apart (1 V/nm is 0.1 V/Å, 1 kV/cm is 1e-5 V/Å)"
            )
        for name in ("duration_fs", "period_fs", "width_fs"):
            if not 0 < getattr(self, name) < float("inf"):
                raise SettingError(f"{name} is {getattr(self, name)}: expected a positive number of fs")
        if not (isfinite(self.start_fs) and isfinite(self.center_fs)):
            raise SettingError(f"start_fs is {self.start_fs} and center_fs {self.center_fs}: expected finite numbers")

    @property
    def is_off(self) -> bool:
        """Whether there never is a field."""
        return self.shape == Shape.NONE or self.amplitude_V_per_A == 0

    @property
    def unit(self) -> FloatArray:
        """(3,) direction of length one."""
        direction = np.array(self.direction, dtype=float)
        direction /= np.linalg.norm(direction)
        return direction

    def strength(self, time_fs: float) -> float:
        """Component along `direction` at a time, V/Å."""
        return self.amplitude_V_per_A * _SHAPES[Shape(self.shape)](self, time_fs)

    def at(self, time_fs: float) -> FloatArray:
        """(3,) field at a time, V/Å."""
        return self.strength(time_fs) * self.unit


LARGEST_FIELD = 10.0
"""V/Å: more than holds an electron to a proton at 1 Å."""


def period_of_wavenumber(wavenumber_per_cm: float) -> float:
    """Period in fs of a wave of so many 1/cm."""
    if not 0 < wavenumber_per_cm < float("inf"):
        raise SettingError(f"wavenumber_per_cm is {wavenumber_per_cm}: expected a positive number")
    return 1 / (wavenumber_per_cm * WAVENUMBER)


def _ramp(protocol: FieldProtocol, time_fs: float) -> float:
    return min(1.0, max(0.0, (time_fs - protocol.start_fs) / protocol.duration_fs))


def _triangle(protocol: FieldProtocol, time_fs: float) -> float:
    phase = (time_fs - protocol.start_fs) / protocol.period_fs
    if phase < 0:
        return 0.0
    phase = (phase + 0.25) % 1.0
    return 4 * phase - 1 if phase < 0.5 else 3 - 4 * phase


def _sine(protocol: FieldProtocol, time_fs: float) -> float:
    since = time_fs - protocol.start_fs
    return sin(2 * pi * since / protocol.period_fs) if since > 0 else 0.0


def _pulse(protocol: FieldProtocol, time_fs: float) -> float:
    return exp(-0.5 * ((time_fs - protocol.center_fs) / protocol.width_fs) ** 2)


_SHAPES = {
    Shape.NONE: lambda protocol, time_fs: 0.0,
    Shape.CONSTANT: lambda protocol, time_fs: 1.0,
    Shape.STEP: lambda protocol, time_fs: float(time_fs >= protocol.start_fs),
    Shape.RAMP: _ramp,
    Shape.TRIANGLE: _triangle,
    Shape.SINE: _sine,
    Shape.PULSE: _pulse,
}
