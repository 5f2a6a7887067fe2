"""The one-way street of ARCHITECTURE.md."""

import subprocess
import sys

RUN_CONTRACTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def test_import_contracts_hold(repository):
    run = subprocess.run(
        [sys.executable, "-c", RUN_CONTRACTS], cwd=repository, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 broken" in run.stdout


def test_every_package_folder_is_a_package(repository):
    folders = {path.parent for path in (repository / "les_viz").rglob("*.py") if "node_modules" not in path.parts}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").is_file()]
