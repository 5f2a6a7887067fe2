"""What a teacher has computed, kept beside the model: labels may cost days, and a resumed training needs them again."""

import hashlib
import json
from pathlib import Path
from typing import Any

import ase
import numpy as np

from les_viz.train.config import TeacherConfig
from les_viz.train.labelled import FloatArray


class KnownLabels:
    """A file with a line for each structure; numbers come back as they went in, to the last bit.

    A line is found by the hash of the teacher's settings and of the structure, so that neither another order of frames
    nor another teacher can mix labels up. Lines that a kill cut short are computed again.
    """

    def __init__(self, path: Path, config: TeacherConfig) -> None:
        """Read what is there.

        Args:
            path: made with the first label.
            config: the teacher.
        """
        self._path = path
        self._teacher = json.dumps([config.calculator, config.arguments], sort_keys=True, default=repr)
        self._found = dict(_lines(path))

    def find(self, atoms: ase.Atoms, asked: list[str]) -> dict[str, FloatArray] | None:
        """The labels of a structure, or None."""
        return self._found.get(self._key(atoms, asked))

    def keep(self, atoms: ase.Atoms, asked: list[str], labels: dict[str, FloatArray]) -> None:
        """Write the labels of a structure at once."""
        key = self._key(atoms, asked)
        self._found[key] = labels
        line = json.dumps({"key": key, **{name: values.tolist() for name, values in labels.items()}})
        with self._path.open("a") as file:
            file.write(line + "\n")

    def _key(self, atoms: ase.Atoms, asked: list[str]) -> str:
        digest = hashlib.sha256(f"{self._teacher} {sorted(asked)}".encode())
        for values in (atoms.numbers, atoms.positions, atoms.cell.array, atoms.pbc):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


def _lines(path: Path) -> list[tuple[str, dict[str, FloatArray]]]:
    if not path.exists():
        return []
    read = [_parsed(line) for line in path.read_text().splitlines()]
    return [(line.pop("key"), {name: np.array(v, dtype=float) for name, v in line.items()}) for line in read if line]


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(line)
    except json.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) and "key" in parsed else None
