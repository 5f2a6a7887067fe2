"""Files of models that the tests share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fake_checkpoints(tmp_path_factory) -> Path:
    """A folder of made-up checkpoints, written by another process (see fake_checkpoints.py)."""
    folder = tmp_path_factory.mktemp("checkpoints")
    script = Path(__file__).parents[1] / "support" / "fake_checkpoints.py"
    subprocess.run([sys.executable, script, folder], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return folder
