"""What a training leaves behind: the model file with its provenance, and the log."""

import json
import os
import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ase
import torch

import les_viz
from les_viz.errors import SettingError
from les_viz.models.config import ModelConfig
from les_viz.models.model import LESModel
from les_viz.models.native import write_native


@dataclass(frozen=True, slots=True)
class Files:
    """Where everything goes."""

    folder: Path
    name: str

    @property
    def model(self) -> Path:
        """The best model so far."""
        return self.folder / f"{self.name}.safetensors"

    @property
    def log(self) -> Path:
        """One line of JSON for each epoch."""
        return self.folder / f"{self.name}_training.jsonl"

    @property
    def checkpoint(self) -> Path:
        """From which to resume."""
        return self.folder / f"{self.name}_last.pt"

    @property
    def labels(self) -> Path:
        """What a teacher computed; the twin without charges reads it too."""
        return self.folder / "teacher_labels.jsonl"

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            SettingError: it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as caught:
            raise SettingError(f"cannot make the folder {self.folder} ({caught.strerror}): see output.folder") from None
        if not os.access(self.folder, os.W_OK):
            raise SettingError(f"cannot write into the folder {self.folder}: choose another output.folder")

    def write_log(self, records: list[dict[str, Any]]) -> None:
        """Write all records; replaced whole."""
        _replace(self.log, "".join(json.dumps(record) + "\n" for record in records).encode())

    def write_model(self, config: ModelConfig, model: LESModel, provenance: dict[str, str]) -> None:
        """Write the weights as they are; replaced whole."""
        weights = {name: value.detach().cpu().numpy() for name, value in model.named_parameters()}
        _replace(self.model, write_native(replace(config, provenance=provenance), weights))


def provenance(command: str, own: dict[str, str], hashes: dict[str, str], seed: int) -> dict[str, str]:
    """What the header of a model says of its origin; `own` are the user's words."""
    versions = f"les_viz {les_viz.__version__}, torch {torch.__version__}, ase {ase.__version__}"
    return {
        "source": "trained by les_viz",
        "command": command,
        **{f"{name}_sha256": value for name, value in hashes.items()},
        "seed": str(seed),
        "versions": f"{versions}, python {platform.python_version()}",
        **own,
    }


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as caught:
        raise SettingError(f"cannot write {path} ({caught.strerror}): choose another output.folder") from None
