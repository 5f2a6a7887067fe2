"""The process that computes: an order in JSON on standard input, lines of JSON on standard output.

It ends when its parent closes standard input, even when the parent was killed.
"""

import json
import os
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from les_viz.errors import LesVizError
from les_viz.reference import equilibration
from les_viz.reference.tight_binding import Cluster, born_charges, charges_and_dipole, vibrations


def main() -> None:
    """Do what the first line of standard input says."""
    # Fortran writes to standard output as well: keep our own stream, send the rest to standard error.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        _say(out, result=_compute(order, out))
    except LesVizError as error:
        _say(out, problem=str(error))


def _compute(order: Mapping[str, Any], out: IO[str]) -> Mapping[str, Any]:
    cell = order["cell"]
    cluster = Cluster(
        atomic_numbers=np.array(order["atomic_numbers"], dtype=np.int64),
        positions=np.array(order["positions"], dtype=float),
        cell=None if cell is None else np.array(cell, dtype=float),
        charge=order["charge"],
    )
    if order["task"] == "charges":
        _say(out, progress=[0.0, f"GFN2-xTB of {len(cluster.positions)} atoms"])
        return charges_and_dipole(cluster)
    if order["task"] == "equilibration_charges":
        return equilibration.charges(cluster)
    steps = born_charges(cluster) if order["task"] == "born_charges" else vibrations(cluster)
    try:
        while True:
            _say(out, progress=list(next(steps)))
    except StopIteration as end:
        result: Mapping[str, Any] = end.value
        return result


def _say(out: IO[str], **message: object) -> None:
    out.write(json.dumps(message) + "\n")
    out.flush()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
