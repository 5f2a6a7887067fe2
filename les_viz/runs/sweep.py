"""Many runs that differ in field, temperature or seed: the table [sweep] of a configuration.

    [sweep]
    amplitudes_V_per_A = [-0.02, 0.02]
    temperatures_K = [300, 350]
    seeds = [1, 2, 3]
    at_once = 2

The other tables are those of a single run. Each combination is a run in a folder of its own.
"""

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from les_viz.errors import SettingError
from les_viz.md.protocols import Shape
from les_viz.runs.config import RunConfig, read_tables, run_config
from les_viz.strict_toml import table_as

MOST_RUNS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSettings:
    """[sweep]; an empty list keeps the value of the single run.

    Attributes:
        amplitudes_V_per_A: of the field.
        temperatures_K: K.
        seeds: of velocities and noise.
        at_once: processes at a time, where no cluster is given.
    """

    amplitudes_V_per_A: tuple[float, ...] = ()  # noqa: N815 - the names of the configuration
    temperatures_K: tuple[float, ...] = ()  # noqa: N815
    seeds: tuple[int, ...] = ()
    at_once: int = 1

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not 1 <= self.at_once <= 1024:
            raise SettingError(f"at_once is {self.at_once}: expected a whole number from 1 to 1024")
        n_runs = max(1, len(self.amplitudes_V_per_A)) * max(1, len(self.temperatures_K)) * max(1, len(self.seeds))
        if n_runs > MOST_RUNS:
            raise SettingError(f"asks for {n_runs} runs: expected at most {MOST_RUNS}")


@dataclass(frozen=True, slots=True)
class Sweep:
    """Runs by name, and how many may go at once."""

    runs: dict[str, RunConfig]
    at_once: int


def read_sweep(path: Path) -> Sweep:
    """Read a TOML file.

    Raises:
        SettingError: one sentence with file, key, what was expected and what came.
    """
    return read_tables(path, lambda content: sweep_of(content, folder=path.resolve().parent))


def sweep_of(content: dict[str, Any], *, folder: Path | None = None) -> Sweep:
    """All combinations of what is swept.

    Args:
        content: tables of a run and [sweep], as `tomllib` gives them.
        folder: to which paths may be relative.

    Raises:
        SettingError: names the key.
    """
    rest = dict(content)
    settings = table_as(SweepSettings, rest.pop("sweep", {}), "sweep")
    base = run_config(rest, folder=folder)
    if settings.amplitudes_V_per_A and base.field.shape == Shape.NONE:
        raise SettingError("sweep.amplitudes_V_per_A is given, but there is no [field]: say its shape and direction")
    if base.limits.threads == 0:  # the number of threads decides the last bits, so it may not depend on the machine
        base = replace(base, limits=replace(base.limits, threads=1))
    amplitudes = settings.amplitudes_V_per_A or (base.field.amplitude_V_per_A,)
    temperatures = settings.temperatures_K or (base.dynamics.temperature_K,)
    seeds = settings.seeds or (base.dynamics.seed,)
    runs: dict[str, RunConfig] = {}
    for amplitude, temperature, seed in product(amplitudes, temperatures, seeds):
        dynamics = replace(base.dynamics, temperature_K=temperature, seed=seed)
        field = replace(base.field, amplitude_V_per_A=amplitude)
        name = f"E{amplitude:+.9g}_T{temperature:.9g}_s{seed}"
        if name in runs:
            raise SettingError(f"sweep holds the same run twice ({name}): give each value once")
        runs[name] = replace(base, dynamics=dynamics, field=field)
    return Sweep(runs, settings.at_once)
