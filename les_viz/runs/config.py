"""The configuration of a run: the tables of the TOML file, with their defaults. Unknown keys are refused."""

import dataclasses
import os
import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from les_viz.errors import SettingError
from les_viz.md.protocols import FieldProtocol, period_of_wavenumber
from les_viz.md.settings import DynamicsSettings
from les_viz.resources import SAMPLE_MODELS
from les_viz.strict_toml import read_toml, table_as

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureSettings:
    """[structure]: a file or a bundled sample.

    Attributes:
        path: structure file.
        sample: `water` for the first structure of that sample, or `water/water_dimer`.
        index: frame of the file.
        supercell: copies along each lattice vector.
        boundary: `periodic` or `open` overrules the file's periodicity; empty keeps it.
    """

    path: str = ""
    sample: str = ""
    index: int = -1
    supercell: tuple[int, int, int] = (1, 1, 1)
    boundary: str = ""

    def __post_init__(self) -> None:
        """One source, sensible copies."""
        if bool(self.path) == bool(self.sample):
            raise SettingError("path and sample: give one of them")
        if not all(1 <= n <= 50 for n in self.supercell):
            raise SettingError(f"supercell is {list(self.supercell)}: expected whole numbers from 1 to 50")
        if self.boundary not in ("", "periodic", "open"):
            raise SettingError(f"boundary is {reprlib.repr(self.boundary)}: expected 'periodic', 'open' or nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """[model].

    Attributes:
        name: sample name, file or folder.
        device: where it computes.
        dtype: `float64` or `float32`.
        charge_sign: +1 or -1 overrules the model's; 0 keeps it.
        epsilon_infinity: overrules the model's; 0 keeps it.
    """

    name: str
    device: str = "cpu"
    dtype: str = "float64"
    charge_sign: int = 0
    epsilon_infinity: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    """[output].

    Attributes:
        every: steps between lines of thermo.jsonl and frames.
        checkpoint_s: seconds between checkpoints.
    """

    every: int = 10
    checkpoint_s: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not 1 <= self.every <= 10**6:
            raise SettingError(f"every is {self.every}: expected a whole number from 1 to 1000000")
        if not self.checkpoint_s >= 0:
            raise SettingError(f"checkpoint_s is {self.checkpoint_s}: expected a number of at least 0")


MOST_THREADS = 1024
"""Of one run: beyond it, a slip of the hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """[limits]: what the process of a run may use; 0 for no limit.

    Attributes:
        threads: of the numerical libraries; 0 for what the machine offers.
        memory_MB: resident memory; a run that takes more is ended, its last checkpoint stays.
        disk_MB: size of the trajectory; a run that reaches it stops.
        hours: wall clock; a run that reaches it stops.
        unwatched_s: a run started by an app stops when no page has looked at it for so long.
    """

    threads: int = 0
    memory_MB: int = 0  # noqa: N815 - the names of the configuration
    disk_MB: int = 0  # noqa: N815
    hours: float = 0.0
    unwatched_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.threads > MOST_THREADS:
            raise SettingError(f"threads is {self.threads}: expected a whole number from 0 to {MOST_THREADS}")
        for name in ("threads", "memory_MB", "disk_MB", "hours", "unwatched_s"):
            if getattr(self, name) < 0:
                raise SettingError(f"{name} is {getattr(self, name)}: expected a number of at least 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Everything that decides a run."""

    structure: StructureSettings
    model: ModelSettings
    dynamics: DynamicsSettings = dataclasses.field(default_factory=DynamicsSettings)
    field: FieldProtocol = dataclasses.field(default_factory=FieldProtocol)
    output: OutputSettings = dataclasses.field(default_factory=OutputSettings)
    limits: LimitSettings = dataclasses.field(default_factory=LimitSettings)


DEFAULT_AMPLITUDE = 0.05
"""V/Å, where [field] does not say."""


def read_run_config(path: Path) -> RunConfig:
    """Read a TOML file; paths in it may be relative to its folder.

    Raises:
        SettingError: one sentence with file, key, what was expected and what came.
    """
    return read_tables(path, lambda content: run_config(content, folder=path.resolve().parent))


def read_tables(path: Path, make: Callable[[dict[str, Any]], _Made]) -> _Made:
    """Read a TOML file and make something of its tables; complaints name the file.

    Raises:
        SettingError: one sentence with file, key, what was expected and what came.
    """
    content = read_toml(path)
    try:
        return make(content)
    except SettingError as caught:
        raise SettingError(f"{path}: {caught}") from None


def run_config(content: dict[str, Any], *, folder: Path | None = None) -> RunConfig:
    """Check tables and make a configuration of them.

    Args:
        content: as `tomllib` gives it, or `run.json` holds it.
        folder: to which paths may be relative.

    Raises:
        SettingError: names the key.
    """
    content = {**content}
    if "field" in content:
        content["field"] = _field_table(content["field"])
    for table, key in (("structure", "path"), ("model", "name")):
        if isinstance(content.get(table), dict):
            content[table] = _resolved(content[table], key, folder)
    return table_as(RunConfig, content)


def _field_table(given: object) -> object:
    if not isinstance(given, dict):
        return given
    table = {"shape": "constant", "amplitude_V_per_A": DEFAULT_AMPLITUDE, **given}
    if "wavenumber_per_cm" in table:
        if "period_fs" in table:
            raise SettingError("field.wavenumber_per_cm and field.period_fs say the same: give one of them")
        wavenumber = table.pop("wavenumber_per_cm")
        if type(wavenumber) not in (int, float):
            raise SettingError(f"field.wavenumber_per_cm is {reprlib.repr(wavenumber)}: expected a number")
        table["period_fs"] = period_of_wavenumber(wavenumber)
    return table


def _resolved(table: dict[str, Any], key: str, folder: Path | None) -> dict[str, Any]:
    """The table with a path made absolute where a file is there; a name of a sample stays a name.

    Of a run of another user, the file may lie where one may not look: then it counts as not there.
    """
    name = table.get(key)
    if not isinstance(name, str) or not name or os.path.isdir(SAMPLE_MODELS / name):
        return table
    for start in ([folder] if folder else []) + [Path.cwd()]:
        if os.path.exists(start / name):
            return {**table, key: str((start / name).resolve())}
    return table
