"""File names as they are shown."""

import pytest

from les_viz.io.names import display_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("water.xyz", "water.xyz"),
        ("/home/someone/secret/water.xyz", "water.xyz"),
        ("C:\\Users\\someone\\water.xyz", "water.xyz"),
        ("../../etc/passwd", "passwd"),
        ("a\nb\tc\x00.xyz", "a b c .xyz"),
        ("\u202ezyx.exe", "zyx.exe"),
        ("", "unnamed file"),
        ("///", "unnamed file"),
        ("\u200b\u2066", "unnamed file"),
        ("Wasser für alle.xyz", "Wasser für alle.xyz"),
    ],
)
def test_display_name(name, shown):
    assert display_name(name) == shown


def test_long_names_keep_their_end():
    shown = display_name("x" * 5000 + ".extxyz")
    assert len(shown) == 60
    assert shown.endswith(".extxyz")
    assert "…" in shown
