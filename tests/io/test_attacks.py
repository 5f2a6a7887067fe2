"""Hostile and broken structure files (PEERS §3.3, items 28 to 41): one sentence, in bounded time, nothing else."""

import bz2
import contextlib
import gzip
import io
import json
import lzma
import pickle
import time
import zlib

import ase.io
import numpy as np
import pytest
from ase.build import bulk, molecule

from les_viz.errors import StructureError
from les_viz.io.limits import ReadLimits
from les_viz.io.reading import read_bytes

HEADER = 'Lattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3'


@pytest.fixture(autouse=True)
def in_bounded_time():
    # Time of this process: others may keep the machine busy.
    start = time.process_time()
    yield
    assert time.process_time() - start < 10


def refused(parse_here, content, file_format="extxyz", match=None, **options):
    with pytest.raises(StructureError, match=match) as caught:
        parse_here(content, file_format, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    assert message.isprintable()


@pytest.mark.parametrize(
    ("count", "match"),
    [
        ("100000000", r"line 1 announces 100000000 atoms, more than the limit of 200000"),
        ("150000", r"line 1 announces 150000 atoms, but 1 lines follow: is it cut off\?"),
        ("-3", r"line 1 should give the number of atoms, but holds '-3'"),
        ("2.5", r"line 1 should give the number of atoms, but holds '2.5'"),
        ("0", r"line 1 announces no atoms: a structure needs at least one"),
        ("9" * 5000, r"line 1 should give the number of atoms"),
        ("１", r"line 1 should give the number of atoms"),
    ],
)
def test_28_29_counts(parse_here, count, match):
    refused(parse_here, f"{count}\n\nH 0 0 0\n", match=match)


def test_28_the_line_of_a_later_frame_is_named(parse_here, water):
    refused(parse_here, water + "7\n\nH 0 0 0\n", match=r"line 6 announces 7 atoms, but 1 lines follow")
    refused(parse_here, water + "3\n\nH 0 0 0\nH 0 0 oops\nH 1 1 1\n", match=r"line 9: 'oops' is not a number")
    refused(parse_here, water + "2\n\nH 0 0 0\nH 0 0\n", match=r"line 9 holds 3 columns, but 4 are expected")


def test_28_counts_of_other_formats(parse_here):
    poscar = "x\n1\n5 0 0\n0 5 0\n0 0 5\nH\n{}\nDirect\n0 0 0\n"
    refused(parse_here, poscar.format("100000000"), "poscar", match="line 7 announces 100000000 atoms, more than")
    refused(parse_here, poscar.format("100000"), "poscar", match="line 7 announces 100000 atoms, but 1 lines follow")
    refused(parse_here, poscar.format("-1"), "poscar", match="line 7: '-1' is no count of atoms")
    refused(parse_here, poscar.format("1 1"), "poscar", match="line 6 names 1 elements, but line 7 gives 2 counts")
    lammps = "x\n\n{} atoms\n1 atom types\n\nMasses\n\n1 1.008\n\nAtoms # atomic\n\n1 1 0 0 0\n"
    refused(parse_here, lammps.format("100000000"), "lammps-data", match="announces 100000000 atoms, more than")
    refused(parse_here, lammps.format("10000"), "lammps-data", match="announces 10000 atoms, but only 1 lines follow")


@pytest.mark.parametrize("word", ["nan", "inf", "-inf", "1e400"])
def test_30_numbers_that_are_not_finite(parse_here, word):
    refused(parse_here, f"2\n\nH 0 0 0\nH 0 {word} 0\n", match="the position of atom 1 is not a finite number")
    cell = HEADER.replace("5 0 0 0 5", f"5 0 0 0 {word}")
    refused(parse_here, f"1\n{cell}\nH 0 0 0\n", match="the cell holds a number that is not finite")


@pytest.mark.parametrize(
    ("cell", "match"),
    [
        ("5 0 0 0 5 0 5 5 0", "lie in one plane"),
        ("1e-3 0 0 0 1e-3 0 0 0 1e-3", r"the cell is only 0\.001 Å thick"),
        ("5 0 0 5e6 5 0 0 0 5", "a lattice vector is longer than 100000 Å"),
        ("1 0 0 90000 0.1 0 0 0 5", "Å thick"),
        ("0 0 0 0 0 0 0 0 0", "periodic along a but gives no such lattice vector"),
        ("5 0 0 0 5 0 0 0", "Lattice"),
    ],
)
def test_31_cells_without_an_end(parse_here, cell, match):
    refused(parse_here, f'1\nLattice="{cell}" Properties=species:S:1:pos:R:3\nH 0 0 0\n', match=match)


def test_31_a_left_handed_cell_is_kept(parse_here):
    text = '1\nLattice="-5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3\nH 0 0 0\n'
    assert np.linalg.det(parse_here(text).frames[0].cell[:]) == pytest.approx(-125)


def test_32_coincident_atoms_are_named_across_the_boundary(parse_here):
    refused(parse_here, "3\n\nH 0 0 0\nO 1 1 1\nH 1 1 1.0000001\n", match="atoms 1 and 2 are 1e-07 Å apart: remove")
    refused(parse_here, f"2\n{HEADER}\nH 0.0002 1 1\nH 4.9998 1 1\n", match="atoms 0 and 1 are 0.0004 Å apart")
    refused(parse_here, f"3\n{HEADER}\nH 1 1 1\nO 3 3 3\nH -4 6 1\n", match="atoms 0 and 2 are .* Å apart")
    refused(parse_here, "3000\n\n" + "H 0 0 0\n" * 3000, match="atoms 0 and 1 are 0 Å apart")
    open_ends = HEADER + ' pbc="F F F"'
    assert len(parse_here(f"2\n{open_ends}\nH 0 1 1\nH 5 1 1\n").frames[0]) == 2


@pytest.mark.parametrize(
    ("line", "columns", "match"),
    [
        ("X 0 0 0", "species:S:1:pos:R:3", "atom 0 has atomic number 0, which is no element"),
        ("500 0 0 0", "Z:I:1:pos:R:3", "atom 0 has atomic number 500"),
        ("-1 0 0 0", "Z:I:1:pos:R:3", "atom 0 has atomic number -1"),
        ("Qq 0 0 0", "species:S:1:pos:R:3", "line 3: 'Qq' is not an element symbol"),
        ("<script> 0 0 0", "species:S:1:pos:R:3", "line 3: '<script>' is not an element symbol"),
    ],
)
def test_33_unknown_elements(parse_here, line, columns, match):
    refused(parse_here, f"1\nProperties={columns}\n{line}\n", match=match)


def test_34_limits_are_named(parse_here, water):
    limits = ReadLimits(max_atoms=2, max_frames=3, max_bytes=100)
    refused(parse_here, water, limits=limits, match="announces 3 atoms, more than the limit of 2")
    refused(
        parse_here, "1\n\nH 0 0 0\n" * 5, limits=limits, match=r"5 frames are more than the limit of 3: .* index '::10'"
    )
    with pytest.raises(StructureError, match=r"^w\.xyz: it is larger than 0\.0001 MB, the limit for one file"):
        read_bytes("w.xyz", water.encode(), limits=limits)


def test_35_bombs_stop_at_the_limit(water):
    bomb = gzip.compress(b"0" * 30_000_000)
    limits = ReadLimits(max_expanded_bytes=1_000_000)
    with pytest.raises(StructureError, match=r"^b\.xyz\.gz: it expands to more than 1 MB, the limit"):
        read_bytes("b.xyz.gz", bomb, limits=limits)
    with pytest.raises(StructureError, match="expands to more than 1 MB"):
        read_bytes("b.xyz.gz", gzip.compress(b"0" * 600_000) * 2, limits=limits)
    with pytest.raises(StructureError, match="cut off"):
        read_bytes("b.xyz.gz", gzip.compress(water.encode())[:-9])
    with pytest.raises(StructureError, match="not valid gzip"):
        read_bytes("b.xyz.gz", zlib.compress(water.encode()))
    with pytest.raises(StructureError, match="its content is gzip-compressed"):
        read_bytes("b.xyz.gz", gzip.compress(gzip.compress(water.encode())))
    for name, compress in (("b.xyz.bz2", bz2.compress), ("b.xyz.xz", lzma.compress)):
        with pytest.raises(StructureError, match="the format cannot be told from the name"):
            read_bytes(name, compress(water.encode()))


def test_35_members_of_gzip_are_taken_in_time_that_grows_with_the_file(water):
    padded = gzip.compress(water[:60].encode()) + gzip.compress(b"") * 19_000 + gzip.compress(water[60:].encode())
    assert len(read_bytes("b.xyz.gz", padded + bytes(100)).frames[0]) == 3
    begin = time.process_time()
    with pytest.raises(StructureError, match=r"^b\.xyz\.gz: it is made of more than 20000 pieces: compress it again"):
        read_bytes("b.xyz.gz", gzip.compress(b"") * 100_000)
    assert time.process_time() - begin < 3  # 12 s where each member copied the rest of the file


def test_35_one_long_text_does_not_lengthen_all_others(parse_here):
    n_atoms = 1000
    lines = [f"H {2 * i} 0 0 {'x' * 60_000 if i == 0 else 'a'} b{i}" for i in range(n_atoms)]
    text = "\n".join([str(n_atoms), "Properties=species:S:1:pos:R:3:long:S:1:short:S:1", *lines, ""])
    structures = parse_here(text)
    assert structures.notes == ("'long' holds texts that are too long for so many atoms: left out",)
    assert structures.frames[0].arrays["short"][-1] == "b999"
    assert "long" not in structures.frames[0].arrays


@pytest.mark.parametrize("name", ["a.cell", "a.fdf", "a.dat", "geometry.in", "a.res", "a.db", "a.py", "a", "a.pth", ""])
def test_36_other_formats_of_ase_are_refused_by_name(name):
    with pytest.raises(StructureError, match="the format cannot be told from the name: use a file named"):
        read_bytes(name, b"%BLOCK LATTICE_CART\n")
    with pytest.raises(StructureError, match="format 'castep-cell' is not read"):
        read_bytes(name, b"x", format="castep-cell")


def pickled() -> bytes:
    return pickle.dumps({"a": 1})


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.traj", pickled(), "named as ASE trajectory, but its content is a Python pickle"),
        ("a.xyz", b"- of UlmASE-Trajectory", r"its content is an ASE trajectory: .*format='traj'"),
        ("a.cif", b"PK\x03\x04....", "a zip archive"),
        ("a.json", b"SQLite format 3\x00", "an SQLite database"),
        ("a.pdb", b"\x89PNG\r\n\x1a\n", "a PNG image"),
        ("a.vasp", "3\n\n".encode("utf-16"), "UTF-16 text"),
        ("a.xyz", b"1\n\nH 0 0 0\n\x00\x00", "binary data"),
        ("POSCAR", b"1\n\nH 0 0 0\n", r"named as VASP POSCAR, but its content is in XYZ format: .*format='extxyz'"),
        ("a.xyz", b'{"1": {}}', "in ASE JSON format"),
        ("a.xyz", b"ATOM      1", "in PDB format"),
        ("a.xyz", b"  \n\n", "the file is empty"),
        ("a.xyz", b"", "the file is empty"),
    ],
)
def test_36_content_of_another_kind_is_named(name, content, match):
    with pytest.raises(StructureError, match=match):
        read_bytes(name, content)


def test_38_markup_is_kept_as_plain_text(parse_here):
    evil = "</script><script>alert(1)</script> <img src=x onerror=alert(1)> $\\frac{1}{0}$"
    (atoms,) = parse_here(f"1\n{evil.replace('=', ':')}\nH 0 0 0\n").frames
    assert atoms.info["comment"].startswith("</script>")
    (atoms,) = parse_here(f'1\nProperties=species:S:1:pos:R:3 note="{evil[:34]}"\nH 0 0 0\n').frames
    assert atoms.info["note"] == evil[:34]


def database_row(**changes) -> str:
    row = {"numbers": [1], "positions": [[0.0, 0.0, 0.0]], "cell": [[0.0] * 3] * 3, "pbc": [False] * 3}
    return json.dumps({"1": {**row, **changes}, "ids": [1], "nextid": 2})


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (
            database_row(positions={"__ndarray__": [[30000, 3000], "float64", [0.0]]}),
            "but gives 1 numbers",
        ),
        (database_row(positions={"__ndarray__": [[1, 3], "object", [0, 0, 0]]}), "an array of type 'object'"),
        (database_row(positions={"__ndarray__": [[1], "<U90000000", ["a"]]}), "announces an array"),
        (database_row(positions={"__ndarray__": [[-1, 3], "float64", []]}), "not given as ASE writes them"),
        (database_row(positions={"__ndarray__": "abc"}), "not given as ASE writes them"),
        (database_row(data={"__ase_objtype__": "vibrationsdata"}), "an ASE object of kind 'vibrationsdata'"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"1": {"data": ' + "[" * 100_000, "nested too deeply"),
        ('{"1": ', "line 1 is not JSON"),
        ('{"structures": []}', "it is not an ASE JSON database"),
        ('{"ids": [1, 2], "nextid": 3}', "it is not an ASE JSON database"),
    ],
)
def test_39_json(parse_here, content, match):
    refused(parse_here, content, "json", match=match)


@pytest.mark.parametrize(
    ("properties", "match"),
    [
        ("species:S:1:pos:R:3:pos:R:3", "names the column 'positions' twice"),
        ("Z:I:1:numbers:I:1:pos:R:3", "names the column 'numbers' twice"),
        ("species:S:1:pos:R:3:f:R:999999999", "must be triplets"),
        ("species:S:1:pos:R:3:f:R:400", "line 3 holds 7 columns, but 404 are expected"),
        ("species:S:1:pos:R:3:f:R", "must be triplets"),
        ("species:S:1:pos:R:3:f:Q:1", "with types R, I, S or L"),
        ("species:S:1:xyz:R:3", "must hold pos:R:3"),
        ("pos:R:3:f:R:3", "must hold pos:R:3 and either species:S:1 or Z:I:1"),
    ],
)
def test_40_columns(parse_here, properties, match):
    refused(parse_here, f"1\nProperties={properties}\nH 0 0 0 1 1 1\n", match=match)


def test_40_results_that_are_not_finite_are_left_out_with_a_note(parse_here, water):
    text = water.replace("energy=-1.5", "energy=nan other=inf").replace("O 0 0 0 0 0 1", "O 0 0 0 0 0 nan")
    structures = parse_here(text * 2)
    (atoms, _) = structures.frames
    assert set(atoms.calc.results) == {"dipole"}
    assert atoms.info == {}
    left_out = "holds numbers that are not finite in 2 of 2 frames: left out"
    assert structures.notes == tuple(f"{name!r} {left_out}" for name in ("energy", "forces", "other"))


def test_41_mixed_periodicity_is_read_as_it_is(parse_here):
    (atoms,) = parse_here(f'1\n{HEADER} pbc="T T F"\nH 0 0 0\n').frames
    assert atoms.pbc.tolist() == [True, True, False]


def test_comment_that_does_not_end(parse_here):
    refused(parse_here, "1\na=" + "x" * 1_000_000 + "\nH 0 0 0\n", match="line 2 is longer than 200000 characters")


def read_or_refuse(parse_here, content, file_format):
    """Any other exception than ours fails the test."""
    with contextlib.suppress(StructureError):
        assert parse_here(content, file_format).frames


def test_damaged_trajectories(parse_here):
    buffer = io.BytesIO()
    ase.io.write(buffer, [molecule("H2O")] * 2, format="traj")
    whole = buffer.getvalue()
    for length in (30, 60, 200, 528):
        refused(parse_here, whole[:length], "traj")
    random = np.random.default_rng(1)
    for _ in range(100):
        damaged = bytearray(whole)
        for place in random.integers(24, len(whole), 3):
            damaged[place] = random.integers(256)
        read_or_refuse(parse_here, bytes(damaged), "traj")


def test_damaged_text_files(parse_here, water):
    def text_of(file_format, **options):
        buffer = io.BytesIO() if file_format == "cif" else io.StringIO()
        ase.io.write(buffer, bulk("NaCl", "rocksalt", a=5.6), format=file_format, **options)
        content = buffer.getvalue()
        return content.decode() if isinstance(content, bytes) else content

    files = {
        "extxyz": water,
        "cif": text_of("cif"),
        "poscar": text_of("vasp"),
        "pdb": text_of("proteindatabank"),
        "lammps-data": text_of("lammps-data", masses=True),
        "json": database_row(),
    }
    random = np.random.default_rng(2)
    for file_format, text in files.items():
        for _ in range(40):
            start, length = random.integers(len(text)), random.integers(1, 12)
            junk = "".join(random.choice(list("0-9.eE \n#_;'\"[]{}=T")) for _ in range(length))
            read_or_refuse(parse_here, text[:start] + junk + text[start + length :], file_format)
