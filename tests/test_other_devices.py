"""Nothing makes a tensor on the wrong device: the same numbers from a device that is not the CPU, pretended.

In processes of their own, as torch cannot forget a device that it was told of.
"""

import subprocess
import sys

import pytest

PATIENCE = 300
"""Seconds."""


@pytest.mark.parametrize("path", ["elsewhere_predictions.py", "train/elsewhere_trainings.py"])
def test_elsewhere(path, repository):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", repository / "tests" / path]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
