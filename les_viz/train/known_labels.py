"""What a teacher has computed, kept beside the model: labels may cost days, and a resumed training needs them again."""

import hashlib
import json
from pathlib import Path

import ase
import numpy as np

from les_viz.errors import SettingError
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
        text = _text(path)
        self._found = dict(filter(None, map(_parsed, text.splitlines())))
        self._opening = "\n" if text and not text.endswith("\n") else ""

    def find(self, atoms: ase.Atoms, asked: list[str]) -> dict[str, FloatArray] | None:
        """The labels of a structure, or None."""
        return self._found.get(self._key(atoms, asked))

    def keep(self, atoms: ase.Atoms, asked: list[str], labels: dict[str, FloatArray]) -> None:
        """Write the labels of a structure at once."""
        key = self._key(atoms, asked)
        self._found[key] = labels
        line = json.dumps({"key": key, **{name: values.tolist() for name, values in labels.items()}})
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{self._opening}{line}\n")
        except OSError as caught:
            raise SettingError(f"cannot write {self._path} ({caught.strerror}): choose another output.folder") from None
        self._opening = ""

    def _key(self, atoms: ase.Atoms, asked: list[str]) -> str:
        digest = hashlib.sha256(f"{self._teacher} {sorted(asked)}".encode())
        for values in (atoms.numbers, atoms.positions, atoms.cell.array, atoms.pbc):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as caught:
        raise SettingError(f"cannot read {path} ({caught.strerror}): choose another output.folder") from None


def _parsed(line: str) -> tuple[str, dict[str, FloatArray]] | None:
    """Key and labels of a line; None if it is damaged."""
    try:
        content = json.loads(line)
        key = content.pop("key")
        labels = {name: np.array(values, dtype=float) for name, values in content.items()}
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    return (key, labels) if {"energy", "forces"} <= set(labels) else None
