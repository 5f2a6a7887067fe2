"""Ctrl-C ends the app in silence, whatever it is doing."""

import subprocess
import sys

import pytest

CODE = """
import os, signal, sys, types
from les_viz.ui import start
assert "streamlit" not in sys.modules  # it takes seconds, in which nobody would listen to the signal
import les_viz.ui
les_viz.ui.server = sys.modules["les_viz.ui.server"] = types.ModuleType("server")

def main(arguments):
    assert arguments == ["app.py"]
    {action}

les_viz.ui.server.main = main
start.main(["app.py"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
@pytest.mark.parametrize("action", ["os.kill(os.getpid(), signal.SIGINT)", "raise KeyboardInterrupt"])
def test_an_interrupt_ends_it_without_a_word(action):
    command = [sys.executable, "-c", CODE.replace("{action}", action)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (130, "")
