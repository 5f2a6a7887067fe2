"""Files that are there whole or not at all; links and devices stay what they are."""

import os
import stat
import threading

import pytest

from les_viz.whole_file import write_whole


def test_content_is_replaced_and_nothing_is_left_beside(tmp_path):
    path = tmp_path / ("x" * 250)
    for content in (b"one", b"two"):
        write_whole(path, content, durable=True)
        assert path.read_bytes() == content
    assert os.listdir(tmp_path) == [path.name]


def test_what_a_link_points_to_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    link, target = tmp_path / "link", tmp_path / "far" / "target"
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_stays_a_pipe_and_is_written_to(tmp_path):
    pipe, heard = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_whole(pipe, b"through")
    reader.join(5)
    assert heard == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("les_viz.whole_file.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        write_whole(tmp_path / "file", b"content")
    assert os.listdir(tmp_path) == []
