"""Reads structure files: allow-listed formats only, parsed in a limited process.

The file's own name never reaches a parser, and the process that parses sees only bytes. Nothing of ASE guesses a
format, follows a name or unpickles.
"""

import operator
import os
import stat
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from les_viz.errors import SettingError, StructureError
from les_viz.io.formats import Format, check_content, named_format
from les_viz.io.limits import ReadLimits
from les_viz.io.names import display_name
from les_viz.io.selection import Index, index_text
from les_viz.io.transport import Structures, unpack
from les_viz.io.validation import check_geometry
from les_viz.sandbox import Limits, run_limited

if TYPE_CHECKING:
    import ase

__all__ = ["Structures", "read", "read_bytes", "read_structures"]

_DEFAULT_LIMITS = ReadLimits()

_MOST_MEMBERS = 20_000
"""Pieces that a gzip file may be made of; a file of blocks, as bgzip writes, has one for each 64 kB."""

_BITE = 16_384


def read(
    path: str | os.PathLike[str],
    *,
    index: int = -1,
    format: str | None = None,
    limits: ReadLimits = _DEFAULT_LIMITS,
) -> "ase.Atoms":
    """Read one structure.

    Args:
        path: an extxyz, xyz, CIF, POSCAR/CONTCAR, PDB, LAMMPS data, ASE .traj or ASE .json file; .gz of a text one.
        index: which frame; the last by default.
        format: `extxyz`, `cif`, `poscar`, `pdb`, `lammps-data`, `traj` or `json`, where the name does not tell.
        limits: size and time.

    Returns:
        The structure; energies, forces and the like from the file are in its calculator, arrays and info.

    Raises:
        StructureError: one sentence that says what is wrong and where.
        SettingError: `index` is not one number.
    """
    try:
        number = operator.index(index)
    except TypeError:
        raise SettingError(
            f"index is {index!r}: read gives one structure and takes one number; use read_structures for more"
        ) from None
    return read_structures(path, index=number, format=format, limits=limits).frames[0]


def read_structures(
    path: str | os.PathLike[str],
    *,
    index: Index = ":",
    format: str | None = None,
    limits: ReadLimits = _DEFAULT_LIMITS,
) -> Structures:
    """Read several structures of one file, with the notes that belong beside them.

    Args:
        path: as for `read`.
        index: frames, as in ASE: -1, ":", "10:20:2" or a slice.
        format: as for `read`.
        limits: size and time.

    Raises:
        StructureError: one sentence that says what is wrong and where.
    """
    if not isinstance(path, str | os.PathLike):
        raise SettingError(f"{str(path)[:40]!r} is no path: pass the name of a file")
    name = os.fspath(path)
    return read_bytes(name, _content(name, limits.max_bytes), index=index, format=format, limits=limits)


def read_bytes(
    name: str,
    data: bytes,
    *,
    index: Index = ":",
    format: str | None = None,
    limits: ReadLimits = _DEFAULT_LIMITS,
) -> Structures:
    """Read structures from the content of a file, as an upload delivers it.

    Args:
        name: file name, for the format and for messages; nothing is opened by it.
        data: content.
        index: frames, as in ASE: -1, ":", "10:20:2" or a slice.
        format: as for `read`.
        limits: size and time.

    Raises:
        StructureError: one sentence that says what is wrong and where.
    """
    shown = display_name(name)
    try:
        file_format, content, frames = _prepare(name, data, index, format, limits)
    except StructureError as error:
        raise StructureError(f"{shown}: {error}") from None
    packed = run_limited(
        "les_viz.io.worker",
        content,
        arguments=(shown, file_format.value, frames, str(limits.max_atoms), str(limits.max_frames)),
        limits=Limits(seconds=limits.seconds),
        task=f"read {shown}",
        error=StructureError,
    )
    structures = unpack(packed)
    for atoms in structures.frames:
        check_geometry(atoms, limits.max_atoms)
    return structures


def _prepare(name: str, data: bytes, index: Index, format: str | None, limits: ReadLimits) -> tuple[Format, bytes, str]:
    """Everything that can be refused without parsing."""
    compressed = name.lower().endswith(".gz")
    file_format = named_format(name[:-3] if compressed else name, format)
    frames = index_text(index)
    _check_size(len(data), limits.max_bytes)
    if compressed:
        if file_format is Format.TRAJ:
            raise StructureError("a compressed ASE trajectory is not read: expand it first")
        data = _expand(data, limits.max_expanded_bytes)
    check_content(data, file_format)
    return file_format, data, frames


def _expand(data: bytes, max_bytes: int) -> bytes:
    """Expand gzip data, one member after another, and stop at the limit.

    They are taken in small bites: what a member leaves over is copied, and members may be empty and many.
    """
    expanded = bytearray()
    position = members = 0
    while data[position : position + 1].strip(b"\x00") or data[position:].strip(b"\x00"):
        members += 1
        if members > _MOST_MEMBERS:
            raise StructureError(f"it is made of more than {_MOST_MEMBERS} pieces: compress it again, as one")
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        while not member.eof:
            bite = data[position : position + _BITE]
            if not bite:
                raise StructureError("its gzip data end too early: the file is cut off")
            try:
                expanded += member.decompress(bite, max_bytes + 1 - len(expanded))
            except zlib.error:
                raise StructureError("it is not valid gzip data: compress it again or give it uncompressed") from None
            if len(expanded) > max_bytes:
                raise StructureError(f"it expands to more than {max_bytes / 1e6:g} MB, the limit: use a smaller file")
            position += len(bite) - len(member.unused_data)
    return bytes(expanded)


def _content(name: str, max_bytes: int) -> bytes:
    """Content of a regular file of bounded size."""
    shown = display_name(name)
    try:
        # A pipe would block the open; a device has no end.
        if not stat.S_ISREG(Path(name).stat().st_mode):
            raise StructureError(f"{shown}: it is not a file")
        with Path(name).open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise StructureError(f"{shown}: there is no such file; check the path") from None
    except (OSError, ValueError) as caught:
        reason = caught.strerror if isinstance(caught, OSError) else str(caught)
        raise StructureError(f"{shown}: it cannot be opened ({reason})") from None
    try:
        _check_size(len(data), max_bytes)
    except StructureError as error:
        raise StructureError(f"{shown}: {error}") from None
    return data


def _check_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise StructureError(f"it is larger than {max_bytes / 1e6:g} MB, the limit for one file: use a smaller one")
