"""How a run moves: ensemble, time step, thermostat, preparation, and where it stops itself."""

import reprlib
from dataclasses import dataclass
from enum import StrEnum

from les_viz.errors import SettingError


class Ensemble(StrEnum):
    """What is held constant."""

    NVE = "nve"
    LANGEVIN = "langevin"
    NOSE_HOOVER = "nose-hoover"
    BUSSI = "bussi"
    NPT = "npt"


class Minimizer(StrEnum):
    """How atoms are brought to rest before the run."""

    NONE = "none"
    FIRE = "fire"
    BFGS = "bfgs"


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicsSettings:
    """Everything about the motion but the field.

    Attributes:
        ensemble: one of `Ensemble`.
        timestep_fs: fs.
        steps: how many.
        temperature_K: of the thermostat and of the first velocities.
        seed: of velocities and thermostat noise.
        velocities: `maxwell` draws them, `keep` takes those of the structure; the whole comes to rest.
        friction_per_fs: of Langevin, 1/fs.
        thermostat_time_fs: of Nosé-Hoover, Bussi and NPT.
        pressure_GPa: of NPT.
        barostat_time_fs: of NPT.
        cell: `isotropic` or `anisotropic`, of NPT.
        minimize: one of `Minimizer`.
        minimize_force_eV_per_A: largest force at which the minimisation ends.
        minimize_steps: most steps of it.
        temperature_limit_K: a hotter run is stopped.
        closest_A: a run with two atoms closer than this is stopped.
    """

    ensemble: str = "nve"
    timestep_fs: float = 0.5
    steps: int = 2000
    temperature_K: float = 300.0  # noqa: N815 - the names of the configuration
    seed: int = 1
    velocities: str = "maxwell"
    friction_per_fs: float = 0.01
    thermostat_time_fs: float = 100.0
    pressure_GPa: float = 1e-4  # noqa: N815
    barostat_time_fs: float = 1000.0
    cell: str = "isotropic"
    minimize: str = "none"
    minimize_force_eV_per_A: float = 0.05  # noqa: N815
    minimize_steps: int = 200
    temperature_limit_K: float = 5000.0  # noqa: N815
    closest_A: float = 0.4  # noqa: N815

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        _one_of("ensemble", self.ensemble, [e.value for e in Ensemble])
        _one_of("velocities", self.velocities, ["maxwell", "keep"])
        _one_of("cell", self.cell, ["isotropic", "anisotropic"])
        _one_of("minimize", self.minimize, [m.value for m in Minimizer])
        for name, lowest, highest in _RANGES:
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise SettingError(f"{name} is {value}: expected a number from {lowest:g} to {highest:g}")
        if self.ensemble != Ensemble.NVE and self.temperature_K == 0:
            raise SettingError(f"temperature_K is 0: a thermostat ({self.ensemble}) needs a positive temperature")


_RANGES = (
    ("timestep_fs", 1e-3, 20.0),
    ("steps", 1, 10**9),
    ("temperature_K", 0.0, 1e5),
    ("seed", 0, 2**63 - 1),
    ("friction_per_fs", 1e-7, 1.0),
    ("thermostat_time_fs", 1.0, 1e6),
    ("pressure_GPa", -100.0, 1000.0),
    ("barostat_time_fs", 10.0, 1e7),
    ("minimize_force_eV_per_A", 1e-6, 10.0),
    ("minimize_steps", 1, 10**6),
    ("temperature_limit_K", 1.0, 1e9),
    ("closest_A", 0.0, 2.0),
)


def _one_of(name: str, value: str, known: list[str]) -> None:
    if value not in known:
        raise SettingError(f"{name} is {reprlib.repr(value)}: expected one of {', '.join(known)}")
