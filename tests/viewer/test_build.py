"""When the bundle is built again."""

import importlib.util
import os

import pytest


@pytest.fixture(scope="module")
def build(repository):
    spec = importlib.util.spec_from_file_location("hatch_build", repository / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError:
        pytest.skip("hatchling is not installed: it is only needed to build")
    return module


def test_a_bundle_older_than_its_sources_is_stale(build, tmp_path):
    source = tmp_path / build.SOURCES / "src" / "viewer.ts"
    source.parent.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (tmp_path / build.SOURCES / name).write_text("{}")
    source.write_text("")
    assert build.is_stale(tmp_path)
    bundle = tmp_path / build.BUNDLE
    bundle.parent.mkdir(parents=True)
    bundle.write_text("")
    newest = max(path.stat().st_mtime for path in tmp_path.rglob("*") if path.is_file())
    os.utime(bundle, (newest + 1, newest + 1))
    assert not build.is_stale(tmp_path)
    os.utime(source, (newest + 2, newest + 2))
    assert build.is_stale(tmp_path)


def test_a_bundled_package_without_a_licence_stops_the_build(build, tmp_path):
    for name in ("kept", "esbuild"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "package.json").write_text("{}")
    with pytest.raises(RuntimeError, match="kept carries no licence"):
        build.bundled_licences(tmp_path)
    (tmp_path / "kept" / "LICENSE").write_text("free")
    assert build.bundled_licences(tmp_path) == "==== kept ====\n\nfree"
