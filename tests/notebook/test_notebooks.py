"""The notebooks run from top to bottom, and are stored without output."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))

EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300).execute()
shown = {kind for cell in notebook.cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
errors = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"]
assert not errors, errors
print(*sorted(shown))
"""


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_a_widget(notebook, tmp_path):
    pytest.importorskip("nbclient")
    pytest.importorskip("anywidget")
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    run = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(notebook)], capture_output=True, text=True, env=environment, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "application/vnd.jupyter.widget-view+json" in run.stdout


def test_there_are_notebooks_without_output():
    assert len(NOTEBOOKS) >= 3
    for notebook in NOTEBOOKS:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")], notebook.name
