"""Starts the process of a run."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from les_viz.runs.directory import RunDirectory
from les_viz.runs.states import State, read_status, write_status

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


def start_worker(directory: RunDirectory, threads: int, *, resume: bool) -> subprocess.Popen[bytes]:
    """Start `les_viz.runs.worker` on a folder; it ends by itself when this process is gone.

    Whoever waits for it calls `states.note_end` then.

    Args:
        directory: of the run.
        threads: of the numerical libraries.
        resume: go on from the last checkpoint.
    """
    command = [sys.executable, "-m", "les_viz.runs.worker", str(directory.path), *(["--resume"] if resume else [])]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    path = [str(_PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    # Before, not after: a process that is quick may have said more by then.
    write_status(directory, replace(read_status(directory), state=State.PREPARING, pid=0))
    with directory.log.open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**environment, "PYTHONPATH": os.pathsep.join(path)},
            start_new_session=True,
        )
