"""`trajectory.h5`: frames in HDF5, single writer and many readers; what is flushed survives the death of the writer.

A reader trusts as many frames as the shortest data set holds. A file whose writer was killed can be read but not
opened for writing again; to go on, its frames are copied to a new file that takes its place.
"""

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from les_viz.md.frames import Frame
from les_viz.response.prediction import LARGEST_NUMBER

FloatArray = NDArray[np.float64]
COPIED_AT_ONCE = 256

DAMAGE = (OSError, RuntimeError, KeyError, TypeError, ValueError)
"""What reading raises where a file is damaged, or not there."""

_ATTEMPTS = 20
"""At a piece whose checksum is wrong: its writer may be at work on it, for a moment."""

_ON_THE_WAY = 1 << 24
"""Bytes of a data set that may be announced and not yet written, where a writer is at work or was killed."""


def create(path: Path, atomic_numbers: NDArray[np.int64], *, periodic: bool) -> None:
    """Make an empty file, or replace one."""
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["format"] = "les_viz trajectory 1"
        file.attrs["units"] = "Å, fs, e; positions never wrapped, charges latent and unscaled"
        file["atomic_numbers"] = atomic_numbers
        file["periodic"] = periodic
        for name, (shape, kind) in _layout(len(atomic_numbers)).items():
            file.create_dataset(
                name, shape=(0, *shape), maxshape=(None, *shape), chunks=_chunks(shape, kind), dtype=kind
            )


class TrajectoryWriter:
    """Appends frames to a file that was created, or closed in good order."""

    def __init__(self, path: Path) -> None:
        """Open the file; from now on others may read it. That nobody else writes, `execution.held` sees to."""
        self._file = h5py.File(path, "r+", libver="latest", locking=False)  # as readers do: HDF5 wants all alike
        self._n_frames = len(self._file["step"])
        self._file.swmr_mode = True

    def write(self, frame: Frame) -> None:
        """Append a frame and flush it."""
        self.append(
            {
                "positions": frame.positions[None],
                "velocities": frame.velocities[None],
                "cell": frame.cell[None],
                "latent_charges": frame.latent_charges[None],
                "time_fs": [frame.time_fs],
                "step": [frame.step],
            }
        )

    def append(self, columns: dict[str, Any]) -> None:
        """Append rows of all data sets; the steps last."""
        start, end = self._n_frames, self._n_frames + len(columns["step"])
        for name in _layout(0):
            data = self._file[name]
            data.resize(end, axis=0)
            data[start:end] = columns[name]
            data.flush()
        self._n_frames = end

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class TrajectoryReader:
    """Reads a file that may still grow."""

    def __init__(self, path: Path) -> None:
        """Open the file, without a lock, or nobody could write to it meanwhile: a run could not be gone on with."""
        self._file = _opened(path)
        try:
            _check_own(self._file)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "TrajectoryReader":
        """For `with`."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    @property
    def atomic_numbers(self) -> NDArray[np.int64]:
        """(atoms,)."""
        return np.asarray(self._file["atomic_numbers"], dtype=np.int64)

    @property
    def periodic(self) -> bool:
        """Whether the system was treated as periodic."""
        return bool(self._file["periodic"][()])

    def n_frames(self) -> int:
        """How many frames there are by now."""
        lengths = []
        for name in _layout(0):
            self._file[name].refresh()
            lengths.append(len(self._file[name]))
        return min(lengths)

    def read(self, name: str, start: int = 0, end: int | None = None, every: int = 1) -> FloatArray:
        """Rows of a data set.

        Args:
            name: `positions`, `velocities`, `cell`, `latent_charges`, `time_fs` or `step`.
            start: first frame.
            end: frame after the last; None for all that there are.
            every: stride.
        """
        n_frames = self.n_frames()
        last = n_frames if end is None else min(end, n_frames)
        values = np.asarray(self._file[name][start:last:every], dtype=float)
        if not (np.abs(values) <= LARGEST_NUMBER).all():  # NaN is not
            raise OSError(f"{name} holds what is no usable number")
        return values


def cut_after(path: Path, step: int) -> None:
    """Keep the frames up to a step, in a new file that takes the place of the old one."""
    unfinished = path.with_name(f".{path.name}.part")
    with TrajectoryReader(path) as reader:
        n_kept = int(np.searchsorted(reader.read("step"), step, side="right"))
        create(unfinished, reader.atomic_numbers, periodic=reader.periodic)
        writer = TrajectoryWriter(unfinished)
        for start in range(0, n_kept, COPIED_AT_ONCE):
            end = min(start + COPIED_AT_ONCE, n_kept)
            writer.append({name: reader.read(name, start, end) for name in _layout(0)})
        writer.close()
    unfinished.replace(path)


def _layout(n_atoms: int) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape of a frame and type of each data set, in the order of writing."""
    return {
        "positions": ((n_atoms, 3), "f8"),
        "velocities": ((n_atoms, 3), "f4"),
        "cell": ((3, 3), "f8"),
        "latent_charges": ((n_atoms,), "f4"),
        "time_fs": ((), "f8"),
        "step": ((), "i8"),
    }


def _opened(path: Path) -> h5py.File:
    """Open a file for reading while it may be written.

    Where a checksum is wrong HDF5 tries a hundred times and waits twice as long each time, for years, in which nothing
    else of the process goes on. h5py does not pass on the setting for that; on Windows, ctypes does not find it either.
    """
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    access.set_file_locking(False, True)  # noqa: FBT003 - not used, and that being impossible is no error
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(h5py.h5p.__file__)
        library.H5Pset_metadata_read_attempts(ctypes.c_int64(access.id), ctypes.c_uint(_ATTEMPTS))
    flags = h5py.h5f.ACC_RDONLY | h5py.h5f.ACC_SWMR_READ
    return h5py.File(h5py.h5f.open(os.fsencode(path), flags, fapl=access))


def _check_own(file: h5py.File) -> None:
    """Refuse what we do not write: data that lie in other files, are packed, or are only announced.

    HDF5 would follow a file from elsewhere to any file of this machine, and unpack it to any size.
    """
    for name in ("atomic_numbers", "periodic", *_layout(0)):
        if not isinstance(file.get(name, getlink=True), h5py.HardLink) or not isinstance(file[name], h5py.Dataset):
            raise KeyError(name)
        data = file[name]
        if data.is_virtual or data.external or data.id.get_create_plist().get_nfilters():
            raise OSError(f"{name} lies in another file or is packed")
        if data.nbytes > data.id.get_storage_size() + _ON_THE_WAY:
            raise OSError(f"{name} announces more than the file holds")
    n_atoms = file["atomic_numbers"].size
    for name, (shape, _) in _layout(n_atoms).items():
        if file[name].shape[1:] != shape or file[name].dtype.kind not in "fi":
            raise OSError(f"{name} has the wrong shape")


def _chunks(shape: tuple[int, ...], kind: str) -> tuple[int, ...]:
    """About 32 kB a chunk, at least one frame."""
    bytes_of_frame = int(np.prod(shape, dtype=int)) * int(kind[1])
    return (max(1, min(1024, 32_768 // max(1, bytes_of_frame))), *(max(1, n) for n in shape))
