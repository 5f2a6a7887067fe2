"""A run as arrays: what `analyse`, figures and pages start from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from les_viz.errors import LesVizError, SettingError
from les_viz.md.protocols import FieldProtocol
from les_viz.runs.checkpoint import read_first_atoms
from les_viz.runs.config import RunConfig, run_config
from les_viz.runs.directory import RunDirectory
from les_viz.runs.replay import changes_of, field_of
from les_viz.runs.thermo import check_columns, read_columns
from les_viz.runs.trajectory import DAMAGE, TrajectoryReader

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResults:
    """Everything of a run that lies at even times, from a chosen time on.

    Attributes:
        config: what was asked for.
        protocol: the field at the end, which was that of the configuration if nobody changed it.
        protocol_from_fs: time from which it acted.
        described: the content of run.json.
        thermo: columns of thermo.jsonl.
        atomic_numbers: (atoms,).
        masses: (atoms,), u.
        periodic: whether there is a cell.
        positions: (frames, atoms, 3), Å, never wrapped.
        velocities: (frames, atoms, 3), Å/fs.
        cells: (frames, 3, 3), Å.
        latent_charges: (frames, atoms), e.
        interval_fs: between frames.
    """

    config: RunConfig
    protocol: FieldProtocol
    protocol_from_fs: float
    described: dict[str, Any]
    thermo: dict[str, FloatArray]
    atomic_numbers: NDArray[np.int64]
    masses: FloatArray
    periodic: bool
    positions: FloatArray
    velocities: FloatArray
    cells: FloatArray
    latent_charges: FloatArray
    interval_fs: float

    @property
    def volume(self) -> float:
        """Mean volume of the cell, Å³."""
        return float(np.abs(np.linalg.det(self.cells)).mean())

    @property
    def temperature(self) -> float:
        """Mean temperature, K."""
        return float(self.thermo["temperature_K"].mean())

    @property
    def field(self) -> FloatArray:
        """(frames,) component of the field along the direction that it has at the end, V/Å."""
        found: FloatArray = self.thermo["electric_field_V_per_A"] @ self.protocol.unit
        return found

    @property
    def has_field(self) -> bool:
        """Whether there ever was one, in whatever direction."""
        return bool(self.thermo["electric_field_V_per_A"].any())


def load_results(folder: Path, *, skip_fs: float = 0.0) -> RunResults:
    """Read a run, finished or not.

    Args:
        folder: of the run.
        skip_fs: leave out what is before this time.

    Raises:
        SettingError: no run, or no frames after the time.
    """
    try:
        return _load(RunDirectory(folder), skip_fs)
    except LesVizError:
        raise
    except DAMAGE as caught:
        raise SettingError(
            f"{folder}: a file of this run is damaged ({' '.join(repr(caught).split())}): "
            "leave the run out, or run it anew"
        ) from None


def _load(directory: RunDirectory, skip_fs: float) -> RunResults:
    folder = directory.path
    described = directory.described()
    config = run_config(described["config"])
    thermo = read_columns(directory.thermo)
    check_columns(thermo)
    if not thermo or not directory.trajectory.exists():
        raise SettingError(f"{folder} holds no frames yet: run it first (les-viz md ... --out {folder} --resume)")
    with TrajectoryReader(directory.trajectory) as reader:
        times, steps = reader.read("time_fs"), reader.read("step")
        even = steps % config.output.every == 0  # the last step may lie between
        end = min(int(even.sum()), int((thermo["step"] % config.output.every == 0).sum()))
        start = int(np.searchsorted(times[:end], skip_fs))
        if end - start < 1:
            raise SettingError(f"the run lasts {times[-1]:g} fs: skip less than {skip_fs:g} fs, or run longer")
        arrays = {name: reader.read(name, start, end) for name in ("positions", "velocities", "cell", "latent_charges")}
        numbers, periodic = reader.atomic_numbers, reader.periodic
    start_atoms = read_first_atoms(directory.start)
    if not np.array_equal(start_atoms.numbers, numbers):
        raise ValueError("trajectory.h5 and start.npz hold different atoms")
    if periodic and not np.linalg.det(arrays["cell"]).all():
        raise ValueError("trajectory.h5 holds a cell without a volume")
    kept = thermo["step"] % config.output.every == 0
    changes = changes_of(directory)
    return RunResults(
        config=config,
        protocol=field_of(changes[-1]) if changes else config.field,
        protocol_from_fs=changes[-1]["after_step"] * config.dynamics.timestep_fs if changes else 0.0,
        described=described,
        thermo={name: column[kept][start:end] for name, column in thermo.items()},
        atomic_numbers=numbers,
        masses=start_atoms.get_masses(),
        periodic=periodic,
        positions=arrays["positions"],
        velocities=arrays["velocities"],
        cells=arrays["cell"],
        latent_charges=arrays["latent_charges"],
        interval_fs=config.output.every * config.dynamics.timestep_fs,
    )
