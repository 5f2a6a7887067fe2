"""The folder of a run: names of its files, and small JSON files that are written whole or not at all.

    run.json          everything needed to repeat it; never changed after the start
    status.json       state, step, heartbeat of the process that runs it
    control.json      wishes of whoever watches: pause, stop, another field
    watched           touched by whoever looks on
    owner             for whom the app runs it, where it has several visitors
    worker.log        what the process of the run printed
    start.npz         the atoms at the start
    thermo.jsonl      one line an output step
    trajectory.h5     frames, readable while written
    checkpoint.npz    from which the run goes on
    events.jsonl      fields that were changed while it ran

Whatever one finds there is whole, also after the process was killed.
"""

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from les_viz.errors import SettingError
from les_viz.whole_file import write_whole

LARGEST_JSON = 20_000_000
"""Bytes of one of the small files."""

_TOLD: dict[tuple[str, ...], tuple[type, ...]] = {
    ("created",): (str,),
    ("config",): (dict,),
    ("structure", "formula"): (str,),
    ("structure", "sha256"): (str,),
    ("model", "sha256"): (str,),
    ("model", "charge_scale"): (int, float),
    ("model", "charge_sign"): (int,),
    ("model", "epsilon_infinity"): (int, float),
    ("versions", "les_viz"): (str,),
}
"""What others rely on in run.json, and what it is."""


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """A folder that holds a run."""

    path: Path

    @property
    def run(self) -> Path:
        """What was asked for, on what, with which versions."""
        return self.path / "run.json"

    @property
    def status(self) -> Path:
        """State and heartbeat."""
        return self.path / "status.json"

    @property
    def control(self) -> Path:
        """Wishes."""
        return self.path / "control.json"

    @property
    def watched(self) -> Path:
        """Touched by whoever looks on."""
        return self.path / "watched"

    @property
    def owner(self) -> Path:
        """For whom the app runs it."""
        return self.path / "owner"

    @property
    def log(self) -> Path:
        """What the process of the run printed."""
        return self.path / "worker.log"

    @property
    def start(self) -> Path:
        """Atoms at the start."""
        return self.path / "start.npz"

    @property
    def thermo(self) -> Path:
        """Energies and the like."""
        return self.path / "thermo.jsonl"

    @property
    def trajectory(self) -> Path:
        """Frames."""
        return self.path / "trajectory.h5"

    @property
    def checkpoint(self) -> Path:
        """Where it goes on."""
        return self.path / "checkpoint.npz"

    @property
    def events(self) -> Path:
        """Changes of the field while it ran."""
        return self.path / "events.jsonl"

    def create(self) -> None:
        """Make the folder.

        Raises:
            SettingError: it holds something already, or cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            occupied = any(self.path.iterdir())
        except OSError as caught:
            raise SettingError(f"cannot write {self.path} ({caught.strerror}): choose another folder") from None
        if occupied:
            what = "holds a run already: go on with it by --resume" if self.run.exists() else "is not empty"
            raise SettingError(f"{self.path} {what}, or choose another folder")

    def described(self) -> dict[str, Any]:
        """The content of run.json.

        Raises:
            SettingError: the folder holds no run, or it is damaged.
        """
        content = read_json(self.run)
        if content is None:
            raise SettingError(f"{self.path} holds no run (no {self.run.name}): give the folder of a run")
        for keys, kinds in _TOLD.items():
            value: object = content
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            if type(value) not in kinds:
                said = f"{'.'.join(keys)} is {str(value)[:40]!r}"
                raise SettingError(f"{self.run} is damaged ({said}): leave the run out, or run it anew")
        return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file so that a reader finds the old or the new content, also after a crash."""
    write_whole(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def read_json(path: Path) -> dict[str, Any] | None:
    """The content of a file; None if it is missing, too large, no JSON object or no regular file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would keep its reader waiting, a device has no end
            return None
        with path.open("rb") as stream:
            data = stream.read(LARGEST_JSON + 1)
        content = json.loads(data) if len(data) <= LARGEST_JSON else None
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
