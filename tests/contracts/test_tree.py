"""Sizes that keep the tree readable, and versions that agree."""

import re
import subprocess
import tomllib

import pytest

import les_viz


@pytest.fixture(scope="module")
def tracked(repository):
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [repository / name for name in listing.stdout.split("\0") if name and (repository / name).is_file()]


def test_no_file_is_longer_than_400_lines(tracked):
    sources = [path for path in tracked if path.suffix in {".py", ".js"}]
    assert sources
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources}
    assert not {path: n for path, n in lengths.items() if n > 400}


def test_no_tracked_file_is_larger_than_2_mb(tracked):
    assert not [path for path in tracked if path.stat().st_size > 2_000_000]


def test_no_file_for_leftovers(tracked):
    assert not [path for path in tracked if path.name in {"utils.py", "helpers.py", "misc.py"}]


def test_version_is_the_same_everywhere(repository):
    citation = (repository / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^version: (\S+)$", citation, re.MULTILINE) == [les_viz.__version__]
    newest = re.search(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == les_viz.__version__


def test_constraints_pin_what_the_project_asks_for(repository):
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = (repository / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {pin.partition("==")[0].lower() for pin in pins if "==" in pin}
    asked = project["dependencies"] + project["optional-dependencies"]["test"]
    names = {re.split(r"[<>=!~ \[]", requirement)[0].lower() for requirement in asked}
    assert not names - pinned
    assert "torch==2.13.0" in pins
