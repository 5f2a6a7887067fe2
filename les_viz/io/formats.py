"""The structure formats that may be read, told by name and checked against the content.

ASE is never asked to guess a format: some of its readers start programs, open other files or connect to servers.
"""

import re
from enum import StrEnum

from les_viz.errors import StructureError


class Format(StrEnum):
    """The formats on the allow-list."""

    EXTXYZ = "extxyz"
    CIF = "cif"
    POSCAR = "poscar"
    PDB = "pdb"
    LAMMPS = "lammps-data"
    TRAJ = "traj"
    JSON = "json"


TITLES = {
    Format.EXTXYZ: "XYZ",
    Format.CIF: "CIF",
    Format.POSCAR: "VASP POSCAR",
    Format.PDB: "PDB",
    Format.LAMMPS: "LAMMPS data",
    Format.TRAJ: "ASE trajectory",
    Format.JSON: "ASE JSON",
}
"""Names for messages."""

_SUFFIXES = {
    "extxyz": Format.EXTXYZ,
    "xyz": Format.EXTXYZ,
    "cif": Format.CIF,
    "poscar": Format.POSCAR,
    "contcar": Format.POSCAR,
    "vasp": Format.POSCAR,
    "pdb": Format.PDB,
    "ent": Format.PDB,
    "data": Format.LAMMPS,
    "lmp": Format.LAMMPS,
    "lammps": Format.LAMMPS,
    "lammps-data": Format.LAMMPS,
    "traj": Format.TRAJ,
    "json": Format.JSON,
}

_READABLE = ".extxyz, .xyz, .cif, POSCAR, CONTCAR, .vasp, .pdb, LAMMPS .data, ASE .traj or .json"
_SNIFFED_BYTES = 65_536

_MAGIC = (
    (b"- of Ulm", "an ASE trajectory", Format.TRAJ),
    (b"AFFormat", "an ASE trajectory", Format.TRAJ),
    (b"PickleTrajectory", "an old ASE trajectory made of Python pickles", None),
    (b"\x80\x02", "a Python pickle", None),
    (b"\x80\x03", "a Python pickle", None),
    (b"\x80\x04", "a Python pickle", None),
    (b"\x80\x05", "a Python pickle", None),
    (b"PK\x03\x04", "a zip archive (perhaps a PyTorch model)", None),
    (b"\x1f\x8b", "gzip-compressed", None),
    (b"BZh", "bzip2-compressed", None),
    (b"\xfd7zXZ\x00", "xz-compressed", None),
    (b"SQLite format 3\x00", "an SQLite database", None),
    (b"\x89HDF\r\n", "an HDF5 file", None),
    (b"CDF", "a NetCDF file", None),
    (b"\x89PNG", "a PNG image", None),
    (b"\xff\xd8\xff", "a JPEG image", None),
    (b"%PDF", "a PDF document", None),
    (b"\x7fELF", "a program", None),
    (b"\xff\xfe", "UTF-16 text (save it as UTF-8)", None),
    (b"\xfe\xff", "UTF-16 text (save it as UTF-8)", None),
)
"""First bytes, what such a file is, and its format where it is on the list."""

_TEXT_SIGNS = (
    (r"\A\s*\{", Format.JSON),
    (r"^[ \t]*\d+[ \t]+atoms[ \t]*(#.*)?$", Format.LAMMPS),
    (r"^(ATOM  |HETATM|CRYST1|HEADER )", Format.PDB),
    (r"^data_", Format.CIF),
)
"""What a text of a format holds at the beginning of a line."""


def named_format(name: str, chosen: str | None) -> Format:
    """Find the format from the caller's choice, else from the file name.

    Args:
        name: file name, without a trailing `.gz`.
        chosen: a format or suffix given by the caller.

    Raises:
        StructureError: the choice or the name is not on the list.
    """
    if chosen is not None:
        if chosen.lower() in _SUFFIXES:
            return _SUFFIXES[chosen.lower()]
        raise StructureError(f"format {chosen[:30]!r} is not read: use one of {', '.join(Format)}")
    base = name.replace("\\", "/").rsplit("/", 1)[-1].lower()
    suffix = base.rsplit(".", 1)[-1] if "." in base else ""
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if base.startswith(("poscar", "contcar")):
        return Format.POSCAR
    raise StructureError(
        f"the format cannot be told from the name: use a file named {_READABLE}; where there is a choice of format "
        "(in Python, on the command line), choose it"
    )


def check_content(data: bytes, expected: Format) -> None:
    """Refuse content that is plainly of another kind than its name says.

    Args:
        data: the whole file.
        expected: the format by name.

    Raises:
        StructureError: naming what the content is.
    """
    if not data.strip():
        raise StructureError("the file is empty")
    found, description = _sniff(data[:_SNIFFED_BYTES])
    if description is None or found == expected:
        return
    advice = f"rename it or pass format={found.value!r}" if found else f"give a file of one of these kinds: {_READABLE}"
    raise StructureError(f"named as {TITLES[expected]}, but its content is {description}: {advice}")


def _sniff(head: bytes) -> tuple[Format | None, str | None]:
    """Tell the kind of a file from its beginning: (format, description), (None, None) if in doubt."""
    for magic, description, found in _MAGIC:
        if head.startswith(magic):
            return found, description
    if b"\x00" in head:
        return None, "binary data of an unknown kind"
    guess = _sniff_text(head.decode("utf-8", errors="replace").lstrip("\ufeff"))
    return (guess, f"in {TITLES[guess]} format") if guess else (None, None)


def _sniff_text(text: str) -> Format | None:
    lines = text.splitlines()
    if len(lines) >= 5 and all(_are_numbers(line, 3) for line in lines[2:5]) and _are_numbers(lines[1], 1):
        return Format.POSCAR
    if len(lines) >= 3 and lines[0].strip().isdecimal() and _are_numbers(" ".join(lines[2].split()[1:]), 3):
        return Format.EXTXYZ
    for pattern, found in _TEXT_SIGNS:
        if re.search(pattern, text, re.MULTILINE | re.IGNORECASE):
            return found
    return None


def _are_numbers(line: str, count: int) -> bool:
    words = line.split()
    if len(words) < count:
        return False
    try:
        for word in words[:count]:
            float(word)
    except ValueError:
        return False
    return True
