"""Structures with what is known of them, from extended XYZ files or a teacher."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ase
import ase.io
import numpy as np
from ase.stress import voigt_6_to_full_3x3_stress
from numpy.typing import NDArray

from les_viz.errors import SettingError, StructureError
from les_viz.train.config import DataConfig

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which labels are looked for beside energy and forces: `apart` in each frame, the others in some."""

    stress: bool = False
    dipole: bool = False
    born_effective_charges: bool = False
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Labels of the molecules of a frame, each alone.

    Attributes:
        molecule: (atoms,) number of the molecule of each atom.
        energy: their sum, eV.
        forces: (atoms, 3), eV/Å.
    """

    molecule: NDArray[np.int64]
    energy: float
    forces: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One structure and its labels.

    Attributes:
        atoms: the structure.
        energy: eV.
        forces: (atoms, 3), eV/Å.
        stress: (3, 3), eV/Å³, ASE's sign, or None.
        dipole: (3,), e Å, or None.
        born_effective_charges: (atoms, field direction, displacement direction), e, or None.
        total_charge: e.
        apart: of its molecules alone, or None.
        interactions_only: whether energy and forces count only as differences between together and apart.
        where: file and number of the frame, for messages.
    """

    atoms: ase.Atoms
    energy: float
    forces: FloatArray
    stress: FloatArray | None = None
    dipole: FloatArray | None = None
    born_effective_charges: FloatArray | None = None
    total_charge: float = 0.0
    apart: Apart | None = None
    interactions_only: bool = False
    where: str = "a frame"


def read_frames(path: Path) -> list[ase.Atoms]:
    """All frames of an extended XYZ file.

    Raises:
        StructureError: it cannot be read, or a frame is periodic along some directions only.
    """
    try:
        frames = ase.io.read(path, ":", format="extxyz")
    except (FileNotFoundError, PermissionError, IsADirectoryError) as caught:
        raise StructureError(f"{path}: cannot be read ({caught.strerror}); check the path") from None
    except Exception as caught:  # ASE's parser raises whatever a broken line happens to cause
        raise StructureError(f"{path}: is no valid extended XYZ file ({type(caught).__name__}: {caught})") from None
    if not isinstance(frames, list) or not frames:
        raise StructureError(f"{path}: holds no frames")
    for number, frame in enumerate(frames):
        if frame.pbc.any() and not frame.pbc.all():
            flags = " ".join("FT"[int(flag)] for flag in frame.pbc)
            raise StructureError(
                f'{path}, frame {number}: is periodic along some directions only (pbc="{flags}"); training takes all '
                'or none: write pbc="T T T", with vacuum in the cell, or pbc="F F F"'
            )
    return frames


def labelled_frames(path: Path, config: DataConfig, wanted: Wanted) -> list[Labelled]:
    """Frames of a file with the labels that the file gives.

    Raises:
        StructureError: a label is missing, or not a finite number of the right shape; says which, where and what is
            there instead.
    """
    return [_from_file(atoms, config, wanted, f"{path}, frame {n}") for n, atoms in enumerate(read_frames(path))]


def refuse_missing(frames: Sequence[Labelled], config: DataConfig, wanted: Wanted) -> None:
    """Refuse frames of which none has a label that is wanted: some may lack it, not all.

    Raises:
        StructureError: says which, and what the first frame that could have it holds instead.
    """
    sought = {
        "stress": (wanted.stress, config.stress_key, [frame for frame in frames if frame.atoms.pbc.all()]),
        "dipole": (wanted.dipole, config.dipole_key, frames),
        "born_effective_charges": (wanted.born_effective_charges, config.born_effective_charges_key, frames),
    }
    for name, (is_wanted, key, able) in sought.items():
        if is_wanted and able and all(getattr(frame, name) is None for frame in able):
            _Labels(able[0].atoms, able[0].where).required(key, name)


def without_net_force(frames: Iterable[Labelled]) -> Iterator[Labelled]:
    """The frames with the mean force of each taken off."""
    for frame in frames:
        yield replace(frame, forces=frame.forces - frame.forces.mean(axis=0))


def chosen_frames(frames: list[Labelled], most: int, seed: int) -> list[Labelled]:
    """At most so many frames, drawn by the seed, in their order; all if `most` is 0."""
    if most == 0 or most >= len(frames):
        return frames
    picked = np.sort(np.random.default_rng(seed).permutation(len(frames))[:most])
    return [frames[i] for i in picked]


def split_frames(frames: list[Labelled], fraction: float, seed: int) -> tuple[list[Labelled], list[Labelled]]:
    """Training and held-out frames; at least one of each.

    Raises:
        SettingError: a single frame cannot be split.
    """
    if len(frames) < 2:
        raise SettingError("data.train holds a single frame: give more, or name data.validation")
    n_held_out = min(max(1, round(fraction * len(frames))), len(frames) - 1)
    held_out = set(np.random.default_rng(seed).permutation(len(frames))[:n_held_out].tolist())
    train = [frame for i, frame in enumerate(frames) if i not in held_out]
    return train, [frame for i, frame in enumerate(frames) if i in held_out]


def _from_file(atoms: ase.Atoms, config: DataConfig, wanted: Wanted, where: str) -> Labelled:
    labels = _Labels(atoms, where)
    n, born_key = len(atoms), config.born_effective_charges_key
    stress = labels.optional(config.stress_key) if wanted.stress and atoms.pbc.all() else None
    dipole = labels.optional(config.dipole_key) if wanted.dipole else None
    born = labels.optional(born_key) if wanted.born_effective_charges else None
    charge = labels.optional(config.total_charge_key)
    return Labelled(
        atoms=atoms,
        energy=float(labels.shaped(labels.required(config.energy_key, "energy"), config.energy_key, ())),
        forces=labels.shaped(labels.required(config.forces_key, "forces"), config.forces_key, (n, 3)),
        stress=None if stress is None else _full_stress(stress, labels, config.stress_key),
        dipole=None if dipole is None else labels.shaped(dipole, config.dipole_key, (3,)),
        born_effective_charges=None if born is None else _tensors_of_atoms(born, labels, born_key, n),
        total_charge=0.0 if charge is None else float(labels.shaped(charge, config.total_charge_key, ())),
        apart=_apart(labels, config, n) if wanted.apart else None,
        where=where,
    )


def _apart(labels: "_Labels", config: DataConfig, n_atoms: int) -> Apart | None:
    """Labels of the molecules alone; None where the frame is a single one."""
    numbers = labels.shaped(labels.required(config.molecule_key, "molecule"), config.molecule_key, (n_atoms,))
    _, molecule = np.unique(numbers, return_inverse=True)
    if molecule.max() == 0:
        return None
    return Apart(
        molecule=molecule.astype(np.int64),
        energy=float(
            labels.shaped(labels.required(config.energy_apart_key, "energy_apart"), config.energy_apart_key, ())
        ),
        forces=labels.shaped(
            labels.required(config.forces_apart_key, "forces_apart"), config.forces_apart_key, (n_atoms, 3)
        ),
    )


def _full_stress(values: FloatArray, labels: "_Labels", key: str) -> FloatArray:
    if values.size == 6:
        return np.asarray(voigt_6_to_full_3x3_stress(labels.shaped(values, key, (6,))))
    return labels.shaped(values.reshape(-1), key, (9,)).reshape(3, 3)


def _tensors_of_atoms(values: FloatArray, labels: "_Labels", key: str, n_atoms: int) -> FloatArray:
    """(atoms, 3, 3) from such an array, or from nine columns."""
    if values.size == n_atoms * 9:
        values = values.reshape(n_atoms, 3, 3)
    return labels.shaped(values, key, (n_atoms, 3, 3))


class _Labels:
    """What a frame carries, wherever ASE's reader put it."""

    def __init__(self, atoms: ase.Atoms, where: str) -> None:
        results = atoms.calc.results if atoms.calc is not None else {}
        arrays = {key: value for key, value in atoms.arrays.items() if key not in ("numbers", "positions")}
        self._found = {**atoms.info, **arrays, **results}
        self._where = where

    def required(self, key: str, name: str) -> FloatArray:
        found = self.optional(key)
        if found is None:
            there = ", ".join(sorted(map(str, self._found))) or "none"
            raise StructureError(
                f"{self._where}: has no {key!r}; the keys that are there: {there}; set data.{name}_key to the one that "
                "holds it"
            )
        return found

    def optional(self, key: str) -> FloatArray | None:
        if key not in self._found:
            return None
        try:
            return np.asarray(self._found[key], dtype=np.float64)
        except (TypeError, ValueError):
            raise StructureError(f"{self._where}: its {key!r} holds something that is no number") from None

    def shaped(self, values: FloatArray, key: str, shape: tuple[int, ...]) -> FloatArray:
        if values.shape != shape:
            raise StructureError(f"{self._where}: its {key!r} has the shape {values.shape}: expected {shape}")
        if not np.isfinite(values).all():
            raise StructureError(f"{self._where}: its {key!r} holds a number that is not finite")
        return values
