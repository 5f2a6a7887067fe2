"""Runs other methods in a process of their own: it can be ended at any time, and a crash of it harms nobody."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from typing import IO, Any, Literal, cast

from les_viz.errors import SettingError
from les_viz.reference.tight_binding import Cluster

LONGEST_S = 600.0
MOST_ATOMS = 400
_LOOK_EVERY_S = 0.1

Order = Literal["charges", "born_charges", "vibrations", "equilibration_charges"]


def compute_aside(order: Order, cluster: Cluster) -> Generator[tuple[float, str], None, dict[str, Any]]:
    """Compute in another process.

    Args:
        order: what to compute.
        cluster: of what.

    Yields:
        How far it is, 0 to 1, and what it does, about ten times a second; closing the generator ends the process.

    Returns:
        The numbers, as `les_viz.reference.tight_binding` and `.equilibration` make them.

    Raises:
        SettingError: too large, too slow, or the method refused it.
    """
    if len(cluster.positions) > MOST_ATOMS:
        raise SettingError(
            f"the structure has {len(cluster.positions)} atoms: other methods are offered up to {MOST_ATOMS}"
        )
    command = [sys.executable, "-P", "-m", "les_viz.reference.worker"]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
    }
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    )
    try:
        _order(cast(IO[str], process.stdin), order, cluster)
        return (yield from _attend(process))
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            cast(IO[str], pipe).close()


def _order(pipe: IO[str], order: Order, cluster: Cluster) -> None:
    message = {
        "task": order,
        "atomic_numbers": cluster.atomic_numbers.tolist(),
        "positions": cluster.positions.tolist(),
        "cell": None if cluster.cell is None else cluster.cell.tolist(),
        "charge": cluster.charge,
    }
    pipe.write(json.dumps(message) + "\n")
    pipe.flush()


def _attend(process: subprocess.Popen[str]) -> Generator[tuple[float, str], None, dict[str, Any]]:
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=_read, args=(cast(IO[str], process.stdout), lines), daemon=True)
    reader.start()
    end = time.monotonic() + LONGEST_S
    progress = (0.0, "starting")
    while time.monotonic() < end:
        yield progress
        try:
            line = lines.get(timeout=_LOOK_EVERY_S)
        except queue.Empty:
            continue
        message = (
            json.loads(line)
            if line
            else {"problem": "the calculation ended without a result: the structure may be too large"}
        )
        if "problem" in message:
            raise SettingError(str(message["problem"]))
        if "result" in message:
            return cast(dict[str, Any], message["result"])
        progress = (float(message["progress"][0]), str(message["progress"][1]))
    raise SettingError(f"the calculation took longer than {LONGEST_S:g} s: use a smaller structure")


def _read(pipe: IO[str], lines: "queue.Queue[str]") -> None:
    """Pass on each line, then an empty one."""
    for line in pipe:
        lines.put(line)
    lines.put("")
