"""Who reads a trajectory leaves it to who writes it."""

import subprocess
import sys

import numpy as np

from les_viz.runs.trajectory import TrajectoryWriter, create


def test_a_reader_does_not_keep_a_run_from_going_on(tmp_path):
    """The page has the file open at the very moment when its run is resumed."""
    create(tmp_path / "trajectory.h5", np.array([8, 1]), periodic=False)
    code = (
        "import sys; from les_viz.runs.trajectory import TrajectoryReader as R\nwith R(sys.argv[1]): print(); input()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "trajectory.h5")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout.readline()
        TrajectoryWriter(tmp_path / "trajectory.h5").close()
        reader.communicate(b"\n")
    assert reader.returncode == 0
