"""Which runs there are: the folder where the app keeps them, and a list of them with what each is of."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from les_viz.elements import subscripted
from les_viz.errors import LesVizError
from les_viz.md.protocols import FieldProtocol
from les_viz.runs.config import RunConfig, run_config
from les_viz.runs.control import read_wishes
from les_viz.runs.directory import RunDirectory
from les_viz.runs.states import Status, read_status

FOLDER_VARIABLE = "LES_VIZ_RUNS"
"""Environment variable that says where the app keeps its runs."""

LONGEST_OWNER = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """A run in the list.

    Attributes:
        name: of its folder.
        folder: where it lies.
        status: state, step, message.
        config: what was asked for.
        field: that of the configuration, or what was asked for since.
        described: the content of run.json.
        size_bytes: of all its files.
        modified: Unix time of the last change.
        has_frames: whether there is a trajectory to look at.
        owner: for whom the app runs it; empty where nobody is named.
    """

    name: str
    folder: Path
    status: Status
    config: RunConfig
    field: FieldProtocol
    described: dict[str, Any]
    size_bytes: int
    modified: float
    has_frames: bool
    owner: str

    @property
    def label(self) -> str:
        """One line for people: what, by which model, how, and how long."""
        dynamics, field = self.config.dynamics, self.field
        model = Path(self.config.model.name).name.removesuffix(".safetensors")
        parts = [f"{subscripted(self.described['structure']['formula'])}, {model}", f"{dynamics.temperature_K:g} K"]
        parts.append(dynamics.ensemble)
        if not field.is_off:
            parts.append(f"{field.shape} {field.amplitude_V_per_A:g} V/Å".replace("-", "−"))
        parts.append(f"{self.status.step * dynamics.timestep_fs / 1000:.3g} ps")
        return f"{self.name} · {' · '.join(parts)}"


def runs_folder() -> Path:
    """Where the app keeps its runs: `$LES_VIZ_RUNS`, else the user's folder for data."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "les_viz" / "runs"


def list_runs(root: Path | None = None) -> list[RunEntry]:
    """All runs of a folder, newest first; those of a server that is gone as well.

    Args:
        root: folder of the folders of runs; None for the app's own.
    """
    try:
        folders = list((root or runs_folder()).iterdir())
    except OSError:
        return []
    entries = [entry for entry in map(entry_of, folders) if entry is not None]
    return sorted(entries, key=lambda entry: (entry.described["created"], entry.name), reverse=True)


def entry_of(folder: Path) -> RunEntry | None:
    """The run in a folder; None if it holds none, or none that this version can read."""
    directory = RunDirectory(folder)
    if folder.name.startswith(".") or not directory.run.is_file():
        return None
    try:
        described = directory.described()
        config = run_config(described["config"])
        files = [path.stat() for path in folder.iterdir() if path.is_file()]
        return RunEntry(
            name=folder.name,
            folder=folder,
            status=read_status(directory),
            config=config,
            field=read_wishes(directory).field or config.field,
            described=described,
            size_bytes=sum(file.st_size for file in files),
            modified=max(file.st_mtime for file in files),
            has_frames=directory.trajectory.is_file() and directory.thermo.is_file(),
            owner=_owner(directory),
        )
    except (LesVizError, OSError, KeyError, TypeError, ValueError):  # being deleted, or of another version
        return None


def _owner(directory: RunDirectory) -> str:
    if not directory.owner.is_file():
        return ""
    with directory.owner.open(encoding="ascii") as file:
        return file.read(LONGEST_OWNER)
