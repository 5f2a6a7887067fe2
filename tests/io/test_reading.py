"""The whole way: a path or an upload, a process of its own, and back; and that nothing else happens on it."""

import gzip
import os
import subprocess
import sys
import time
from pathlib import Path

import ase.io
import numpy as np
import pytest

import les_viz
from les_viz.errors import SettingError, StructureError
from les_viz.io.limits import ReadLimits
from les_viz.io.reading import read_bytes, read_structures

EVENTS: list[tuple[str, str]] = []
WATCHED = ("open", "subprocess.Popen", "os.system", "os.listdir", "socket.connect", "os.posix_spawn")


def watch(event: str, arguments: tuple) -> None:
    if event in WATCHED and EVENTS:
        EVENTS.append((event, str(arguments[0])))


sys.addaudithook(watch)


@pytest.fixture
def events():
    """What this process opens and starts from now on."""
    EVENTS[:] = [("start", "")]
    yield EVENTS
    EVENTS.clear()


@pytest.fixture
def water_file(tmp_path, water) -> Path:
    path = tmp_path / "water.extxyz"
    path.write_text(water)
    return path


def test_read_gives_one_structure_with_its_results(water_file):
    atoms = les_viz.read(water_file)
    assert isinstance(atoms, ase.Atoms)
    assert atoms.get_potential_energy() == -1.5
    np.testing.assert_array_equal(atoms.get_forces()[0], [0, 0, 1])


def test_one_process_is_started_and_nothing_else_is_opened(events, water_file):
    read_structures(water_file)
    started = [argument for event, argument in events if event in ("subprocess.Popen", "os.posix_spawn", "os.system")]
    assert started
    assert set(started) == {sys.executable}
    opened = [argument for event, argument in events if event == "open" and os.sep in argument]
    outside = [path for path in opened if not path.endswith((".py", ".pyc")) and "les_viz-" not in path]
    assert set(outside) == {str(water_file)}


@pytest.mark.parametrize(
    "name",
    [
        "a@0.xyz",
        "postgresql://user:word@host/base.xyz",
        "../../../etc/passwd.xyz",
        "nul\x00byte.xyz",
        "x" * 4096 + ".xyz",
        "\u202egnp.exe\u202c.xyz",
        "CON.xyz",
        "-.xyz",
        "a;rm -rf ~;.xyz",
    ],
)
def test_37_names_of_uploads_have_no_effect(events, water, name):
    structures = read_bytes(name, water.encode())
    assert len(structures.frames) == 1
    assert not [argument for event, argument in events if event in ("socket.connect", "os.listdir")]
    opened = [path for event, path in events if event == "open" and path.endswith(name[-8:])]
    assert opened == []
    with pytest.raises(StructureError) as caught:
        read_bytes(name, b"1\n")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("missing.xyz", r"^missing\.xyz: there is no such file; check the path$"),
        ("nul\x00byte.xyz", r"^nul byte\.xyz: it cannot be opened"),
        ("x" * 4096 + ".xyz", "it cannot be opened"),
        ("postgresql://user@host/base.json", r"^base\.json: there is no such file"),
    ],
)
def test_37_paths_that_cannot_be_opened(tmp_path, monkeypatch, name, match):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StructureError, match=match):
        les_viz.read(name)


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX")
def test_folders_pipes_and_devices_are_refused(tmp_path):
    (tmp_path / "folder.xyz").mkdir()
    os.mkfifo(tmp_path / "pipe.xyz")
    for name in ("folder.xyz", "pipe.xyz"):
        with pytest.raises(StructureError, match=f"{name}: it is not a file"):
            les_viz.read(tmp_path / name)
    with pytest.raises(StructureError, match="it is not a file"):
        les_viz.read("/dev/zero", format="xyz")


def test_compressed_text_is_read(water):
    assert len(read_bytes("w.xyz.gz", gzip.compress(water.encode()) * 2).frames) == 2
    with pytest.raises(StructureError, match="a compressed ASE trajectory is not read"):
        read_bytes("w.traj.gz", gzip.compress(b"- of Ulm"))


def test_format_can_be_given_where_the_name_does_not_tell(water):
    assert len(read_bytes("water.txt", water.encode(), format="xyz").frames) == 1


def test_errors_of_the_worker_carry_the_name_once():
    with pytest.raises(StructureError, match=r"^cut\.xyz: line 1 announces 2 atoms, but 1 lines follow"):
        read_bytes("folder/cut.xyz", b"2\n\nH 0 0 0\n")


@pytest.mark.parametrize("index", ["a", "1.5", "::0", "", "1:2:3:4", "9" * 40])
def test_an_index_that_is_none(water, index):
    with pytest.raises(StructureError, match="is no frame number"):
        read_bytes("w.xyz", water.encode(), index=index)


def test_read_takes_one_number(water_file):
    with pytest.raises(SettingError, match="takes one number; use read_structures for more"):
        les_viz.read(water_file, index=":")


def test_a_slice_is_an_index(water):
    assert len(read_bytes("w.xyz", (water * 4).encode(), index=slice(1, None, 2)).frames) == 2


def test_time_is_limited(water):
    data = (water * 300_000).encode()
    start = time.monotonic()
    with pytest.raises(StructureError, match=r"could not read big\.xyz: it needs more than 2 s of time"):
        read_bytes("big.xyz", data, limits=ReadLimits(max_frames=1_000_000, seconds=2))
    assert time.monotonic() - start < 12


def test_the_worker_loads_neither_torch_nor_streamlit(water):
    code = (
        "import sys, les_viz.io.worker as w; from les_viz.io.limits import ReadLimits;"
        f"w.parse({water!r}.encode(), w.Format.EXTXYZ, ':', ReadLimits());"
        "print([m for m in ('torch', 'streamlit', 'plotly', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_worker_may_not_open_files_while_it_parses(tmp_path):
    secret = tmp_path / "POTCAR"
    secret.write_text("secret")
    code = f"""
import os, les_viz.io.worker as w
w._close_the_files()
for attempt in (lambda: open({str(secret)!r}), lambda: os.listdir({str(tmp_path)!r}), lambda: open("new", "w")):
    try:
        attempt()
    except PermissionError:
        print("refused")
import colorsys
print("imports work")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split("\n")[:4] == ["refused"] * 3 + ["imports work"]


@pytest.mark.shared
def test_real_water_with_forces(shared):
    frames = read_structures(shared / "data" / "water_pbe0" / "val.extxyz.gz", index="::20").frames
    assert [len(atoms) for atoms in frames] == [192] * 4
    assert all(atoms.get_forces().shape == (192, 3) for atoms in frames)
