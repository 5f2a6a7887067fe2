"""What the server makes ready before the first visitor comes."""

import subprocess
import sys

CODE = """
import sys
from les_viz.ui import server

assert "torch" not in sys.modules
server._PATIENCE_S = 0.0  # there is no runtime to wait for
server.import_engine()
server.read_first_structure()

from les_viz.io.bundled import read_bundled
from les_viz.ui.structures import sample_paths

assert {"torch", "les_viz.response.predict", "plotly"} <= set(sys.modules)
read_bundled(sample_paths()[0])
print(read_bundled.cache_info().hits)
"""


def test_engine_and_first_structure_are_ready():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
